# pathjudge.awk - are these hops what the topology has?
#
# awk -F '\t' -f pathjudge.awk TRUTH ROWS
#
# TRUTH is from "pathlab truth"; ROWS are target, flow, ttl, address.  Every
# row has to be a node of its ttl, two rows of a flow at ttls in a row a
# link, and every ttl whose nodes always answer and were not met before (which
# would be a loop, or a shorter way) has to have a row.  Behind a router that
# balances by packet, rows of one flow need not be linked.
# lax=1: rows may be missing.  whole=1: also every node and every link that is not behind a silent node.

FNR == 1 { file++ }
file == 1 && $4 == "node" {
	node[$2, $3, $5] = $7
	seen[$2] = 1
	if ($7 ~ /loss/ && !($2 in lossy))
		lossy[$2] = $3
	if ($7 ~ /silent|limit/ || ($2 in lossy && $3 > lossy[$2]) ||
	    ($2, $5) in before)
		unsure[$2, $3] = 1
	else
		sure[$2, $3] = 1
	before[$2, $5] = 1
	if ($3 > last[$2])
		last[$2] = $3
	if ($7 ~ /packet/ && !($2 in packet))
		packet[$2] = $3
	next
}
file == 1 && $4 == "link" {
	link[$2, $3, $5, $6] = 1
	next
}
file == 2 && /^#/ { next }
file == 2 {
	rows++
	if (!($1 in seen))
		wrong("a target not asked for")
	else if (!(($1, $3, $4) in node) && !($1 in lossy && $3 > last[$1] &&
	    $1 == $4))
		wrong("not a node of this ttl")
	at[$1, $2, $3] = $4
	got[$1, $3] = 1
	gotnode[$1, $3, $4] = 1
	if (($1, $2, $3 - 1) in at)
		pair($1, $2, $3 - 1)
	if (($1, $2, $3 + 1) in at)
		pair($1, $2, $3)
}

END {
	for (i in sure) {
		split(i, k, SUBSEP)
		if (!lax && !(i in got) && !(i in unsure))
			missing(k[1] " ttl " k[2])
	}
	if (whole) {
		for (i in node) {
			split(i, k, SUBSEP)
			if (node[i] !~ /silent/ && !(i in gotnode))
				missing(k[1] " ttl " k[2] " node " k[3])
		}
		for (i in link) {
			split(i, k, SUBSEP)
			if (!(i in gotlink) && (k[1], k[2], k[3]) in gotnode &&
			    (k[1], k[2] + 1, k[4]) in gotnode)
				missing(k[1] " ttl " k[2] " link " k[3] " " k[4])
		}
	}
	for (i in seen)
		targets++
	printf "%d targets, %d rows, %d wrong, %d missing\n", targets, rows, \
	    nwrong, nmissing
	exit !(rows > 0 && nwrong + nmissing == 0)
}

function pair(d, f, t,	a, b) {
	a = at[d, f, t]
	b = at[d, f, t + 1]
	if (d in packet && t > packet[d])
		return
	if (!((d, t, a, b) in link))
		wrong("not a link: " a " " b)
	gotlink[d, t, a, b] = 1
}

function wrong(why) {
	if (++nwrong <= 20)
		print why ": " $0
}

function missing(what) {
	if (++nmissing <= 20)
		print "missing: " what
}
