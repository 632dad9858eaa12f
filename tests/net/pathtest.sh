# shellcheck shell=sh
# Sourced by tests on the lab for paths, after lib.sh: the lab, and traces by
# castnet's filters and by other people's tools, as rows of target, flow, ttl,
# address for pathjudge.awk.

: "${work:?}"
missing=
for tool in ip ethtool nft nsenter unshare ssh ${wants-}
do
	command -v "$tool" >/dev/null || missing="$missing $tool"
done
[ -x /usr/sbin/sshd ] || missing="$missing sshd"
if [ "$(id -u)" != 0 ] || [ -n "$missing" ]
then
	echo "1..0 # SKIP needs root and:${missing:- nothing else}"
	exit 0
fi

CASTNET_LABDIR=$work/labs CASTNET_LABNAME=${labname:?}$$
export CASTNET_LABDIR CASTNET_LABNAME
A4=192.0.2.1 A6=2001:db8:a::1		# the service
U4=203.0.113.5 U6=2001:db8:e:1::1	# the first site's own
SITES='ams fra nyc'
pids='' round=''

lab() {
	sh "$TOP/share/lab/pathlab" "$@"
}

leave() {
	for p in $pids
	do
		kill -9 "$p" 2>/dev/null
	done
	[ ! -d "$CASTNET_LABDIR/$CASTNET_LABNAME" ] || lab down >/dev/null
	rm -rf "$work"
}
trap leave EXIT
trap 'exit 130' INT TERM

# at node command [arg ...]: in its network, with our files.
at() {
	node=$1
	shift
	ip netns exec "$CASTNET_LABNAME-$node" "$@"
}

# field name: awk that makes c("name") of the columns of an Fsdb file.
# shellcheck disable=SC2016
awk_cols='
	function c(name) { return name in at ? $(at[name]) : "-" }
	/^#fsdb/ {
		split($0, h, " ")
		for (i = 4; i in h; i++) {
			sub(/:.*/, "", h[i])
			at[h[i]] = i - 3
		} }
	/^#/ { next }'

# probe_file ttls flows attempts <targets: probe records, shuffled by ttl.
probe_file() {
	echo '#fsdb -F t dst:a ttl:l flow:l attempt:l'
	awk -v ttls="$1" -v flows="$2" -v tries="$3" '
		{ dst[NR] = $1 }
		END {
			for (a = 0; a < tries; a++)
				for (t = 1; t <= ttls; t++)
					for (f = 0; f < flows; f++)
						for (i = 1; i <= NR; i++)
							print dst[i] "\t" t "\t" f "\t" a
			print "# end: " ttls * flows * tries * NR
		}'
}

# Options of catchreply and matchresults beyond the usual.
CATCH='' MATCH=''

# start_catch dir type: a catcher at every site, ready; key and files in dir.
start_catch() {
	catchers="" n=0
	for s in $SITES
	do
		n=$((n + 1))
		# shellcheck disable=SC2086 # options are words
		ip netns exec "$CASTNET_LABNAME-$s" catchreply $CATCH -i eth0 -S "$A4,$A6" -P "$2" -N "$s:$n" \
		    -k "$1/key" --max-node 3 --quotes --end +60s -w "$1/reply.$s.gz" \
		    --pcap "$1/$s.pcap" --quiet 2>"$1/catch.$s.err" &
		catchers="$catchers $!" pids="$pids $!"
	done
	for s in $SITES
	do
		tries=0
		until gzip -cdf "$1/reply.$s.gz" 2>/dev/null |
		    grep -q '^# confined'
		do
			tries=$((tries + 1))
			[ "$tries" -lt 200 ] || { cat "$1"/*.err; return 1; }
			sleep 0.05
		done
	done
	eval "catchers_$1=\$catchers"
}

# end_catch dir
end_catch() {
	eval "set -- \$catchers_$1"
	for p
	do
		kill -TERM "$p"
		wait "$p" || [ $? -eq 143 ] || return 1
	done
}

# send_from dir site type pps [option ...] <probes; round may be set.
send_from() {
	d=$1 s=$2 type=$3 pps=$4
	shift 4
	case $s in
	ams) n=1 ;;
	fra) n=2 ;;
	*) n=3 ;;
	esac
	at "$s" sendprobes -i eth0 -S "$A4,$A6" -P "$type" -N "$s:$n" \
	    -k "$d/key" -r "$pps" --allow-prefix 240.0.0.0/4 \
	    --allow-prefix 3fff::/20 -w "$d/sent.$s${round:+.$round}.gz" \
	    --quiet "$@" 2>"$d/send.$s.err" ||
	    { cat "$d/send.$s.err"; return 1; }
}

match_hops() {
	# shellcheck disable=SC2086 # options are words
	matchresults $MATCH --hops -k "$1/key" "$1"/sent.*.gz "$1"/reply.*.gz >"$1/hops"
}

# trace dir site type pps probes [option ...]: all of it, hops in dir/hops
trace() {
	mkdir "$1"
	od -An -N 16 -t x1 /dev/urandom | tr -d ' \n' >"$1/key"
	dir=$1 probes=$5
	start_catch "$1" "$3" || return 1
	from=$2 as=$3 rate=$4
	shift 5
	send_from "$dir" "$from" "$as" "$rate" "$@" <"$probes" || return 1
	sleep 0.5
	end_catch "$dir" && match_hops "$dir"
}

# rounds dir site type pps probes: until no more is wanted, 12 times at most;
# hops in dir/hops.
rounds() {
	mkdir "$1"
	od -An -N 16 -t x1 /dev/urandom | tr -d ' \n' >"$1/key"
	dir=$1 from=$2 as=$3 rate=$4 round=0
	cp "$5" "$dir/probes.0"
	start_catch "$dir" "$as" || return 1
	while [ "$(grep -vc '^#' "$dir/probes.$round")" -gt 0 ]
	do
		[ "$round" -lt 12 ] || { echo 'no end to it'; return 1; }
		send_from "$dir" "$from" "$as" "$rate" \
		    <"$dir/probes.$round" || return 1
		sleep 0.3
		# The catchers are still writing: it exits 1 and says so.
		match_hops "$dir" 2>"$dir/match.err"
		round=$((round + 1))
		nextround "$dir/hops" >"$dir/probes.$round" 2>"$dir/next.err" ||
		    [ $? -eq 1 ] || { cat "$dir/next.err"; return 1; }
		echo "round $round: $(grep -vc '^#' "$dir/probes.$round") more"
	done
	round=
	end_catch "$dir" && match_hops "$dir"
}

# hop_rows file: of castnet; no further than an answer that is final.
hop_rows() {
	awk -F '\t' -v OFS='\t' "$awk_cols"'
		{ k = c("dst") SUBSEP c("flow") }
		c("verdict") == "none" || (k in end && c("ttl") > end[k]) { next }
		c("kind") != "ttl" { end[k] = c("ttl") }
		{ print c("dst"), c("flow"), c("ttl"), c("from") }' "$1"
}

# judge rows [family ...]: against the lab's truth, for a sender
judge() {
	rows=$1 sender=$2
	shift 2
	lab truth -s "$sender" >truth.all
	cut -f 1 "$rows" | sort -u >asked
	awk -F '\t' 'NR == FNR { asked[$1] = 1; next } $2 in asked' \
	    asked truth.all >truth.asked
	awk -F '\t' -f "$TOP/tests/net/pathjudge.awk" "$@" truth.asked "$rows"
}

# receivers hops sender: whose packets came elsewhere than they should
receivers() {
	lab truth -s "$2" | awk -F '\t' -v OFS='\t' '$4 == "node" {
		print $2, $3, $5, $6 }' >receivers.truth
	awk -F '\t' -v OFS='\t' "$awk_cols"' c("verdict") != "none" {
		print c("dst"), c("ttl"), c("from"), c("rx"), c("sites") }' \
	    "$1" >receivers.rows
	awk -F '\t' 'NR == FNR {
			site[$1, $3] = $4
			next
		}
		$4 != site[$1, $3] || $5 != $4 { print; bad++ }
		{ n[$4]++ }
		END {
			for (i in n)
				print i, n[i]
			exit bad > 0 || length(n) != 3
		}' receivers.truth receivers.rows
}

# count_of what file ...: the sum of a counter in the last counts of files
count_of() {
	what=$1
	shift
	for f
	do
		gzip -cdf "$f" | awk -v w="$what" '/^# counts: / { v = 0
			for (i = 3; i <= NF; i++)
				if (index($i, w "=") == 1)
					v = substr($i, length(w) + 2) }
			END { print v + 0 }'
	done | awk '{ n += $1 } END { print n + 0 }'
}
