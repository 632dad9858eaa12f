#!/bin/sh
# needs: filters
#
# Every rewrite that is planted on the lab is reported by the first router
# behind it and all that follow, and nothing else is, with whole quotes and
# with 8 bytes of them; what the target itself answers is never compared.
. "${0%/*}/../lib.sh"
labname=x
. "$TOP/tests/net/pathtest.sh"
boxes='mss strip dscp bleach seq id window nat boxes short balanced'
plain='chain away d4'

# A SYN whose IPID is rewritten is known by its sequence number alone: that
# is enough when few probes are to be expected, and when asked for.
CATCH='--max-attempt 1' MATCH='--min-auth tag16'

# What each hop should show, by the known topology.  A box is on the way of a
# flow that was at its address before; 8 bytes show what is of IP, and ports
# and sequence number.
expect() {
	lab truth >truth
	awk -F '\t' -v OFS='\t' '
		FILENAME == "truth" && $4 == "node" {
			short[$2, $3, $5] = $7 ~ /quote8/
			next
		}
		FILENAME == "truth" && $4 == "box" {
			n = ++boxes[$2]
			from[$2, n] = $3
			by[$2, n] = $5
			what[$2, n] = $6
			next
		}
		FILENAME == "truth" { next }
		/^#fsdb/ {
			split($0, h, " ")
			for (i = 4; i in h; i++) {
				sub(/:.*/, "", h[i])
				at[h[i]] = i - 3
			}
			next
		}
		/^#/ { next }
		{
			d = $at["dst"]
			t = $at["ttl"]
			f = $at["from"]
			k = d SUBSEP $at["flow"]
			gsub(/\([^)]*\)/, "", $at["mods"])
			if ($at["verdict"] == "none")
				next
			was[k, t] = f
			if (f == d && $at["kind"] != "unreach") {
				print d, t, f, "-", $at["mods"]
				next
			}
			delete want
			for (i = 1; i <= boxes[d]; i++)
				if (from[d, i] <= t && seen(k, i) && shows(i))
					want[what[d, i]] = 1
			m = split($at["mods"], got, ",")
			s = ""
			for (i = 1; i <= m; i++)
				if (got[i] in want) {
					s = s "," got[i]
					delete want[got[i]]
				} else if (got[i] != "same")
					s = s ",too much: " got[i]
			for (i in want)
				s = s ",missing: " i
			print d, t, f, s == "" ? "same" : substr(s, 2), \
			    $at["mods"]
		}
		function seen(k, i) { return was[k, from[d, i] - 1] == by[d, i] }
		function shows(i) {
			if (what[d, i] ~ /TCP/ && $at["probe"] != "syn")
				return 0
			return !short[d, t, f] || what[d, i] ~ /^IP|TCP::SeqNumber/
		}' truth "$1" >expected
}

# as_planted dir rows: of so many rows at least, each says what it should
as_planted() {
	expect "$1/hops"
	awk -F '\t' '$4 != $5 { print; bad++ } END { exit bad > 0 }' expected ||
	    return 1
	wc -l <expected
	[ "$(wc -l <expected)" -ge "$2" ]
}

# reports dir change ...: each was found somewhere.
reports() {
	shift
	for change
	do
		cut -f 5 expected | tr , '\n' | grep -qxF -e "$change" ||
		    { echo "no $change"; return 1; }
	done
}

# classes dir class ...: these and no other
classes() {
	awk -F '\t' "$awk_cols"' c("kind") == "ttl" { print c("qclass") }' \
	    "$1/hops" | sort | uniq -c
	[ "$(awk -F '\t' "$awk_cols"' c("kind") == "ttl" { print c("qclass") }' \
	    "$1/hops" | sort -u | tr '\n' ' ')" = "$2" ]
}

# all_hops dir: none is missing, so none was left out for want of authority.
all_hops() {
	hop_rows "$1/hops" >rows
	judge rows ams && gzip -cdf "$1/hops" | grep '^# counts'
}

# box dir type spec paths: a tracebox of these paths in both families
box() {
	# shellcheck disable=SC2086 # paths are words
	lab targets $4 | mkprobes --tracebox "$3" -m 10 -q 1 >probes &&
	    trace "$1" ams "$2" 1000 probes
}

# shellcheck disable=SC2086 # paths are words
ok 'the lab' lab up $boxes $plain
ok 'by TCP' box tcp syn \
    'IP/DSCP(46)/ECN(2)/TCP/MSS(1460)/WSCALE(7)/SACKP/TS/MPCAPABLE' \
    "$boxes $plain"
ok '... as planted, and nothing else' as_planted tcp 150
ok '... at every hop' all_hops tcp
ok '... everything that is planted is seen' reports tcp TCP::Options::MSS \
    -TCP::Options::SACKPermitted -TCP::Options::TSOPT \
    -TCP::Options::WSOPT-WScale -TCP::Options::MPTCP TCP::Window \
    TCP::SeqNumber IP::ID IP::DiffServicesCP IP::ECN IPv6::DiffServicesCP \
    IPv6::ECN
ok '... from whole quotes and short ones' classes tcp 'full l3+8 '
ok 'by UDP' box udp udp 'IP/DSCP(46)/ECN(2)/UDP' "$boxes $plain"
ok '... as planted, but for what is of TCP' as_planted udp 150
ok '... at every hop' all_hops udp
ok 'by ICMP' box icmp icmp 'IP/DSCP(46)/ECN(2)/ICMP' "$boxes $plain"
ok '... as planted, but for what is of TCP' as_planted icmp 150
ok '... at every hop' all_hops icmp
ok 'down' lab down
done_testing
