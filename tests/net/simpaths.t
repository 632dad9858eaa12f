#!/bin/sh
# needs: filters
#
# Simulated paths: every hop of every target is where the graph has it, came
# to the site its way back leads to, and nothing else is said: probes of three
# types to SIMPATHS (300) targets of each family, at every TTL, from two sites,
# over balancers, silent and limited routers, labels and short quotes.
. "$(dirname "$0")/../lib.sh"
. "$here/sim.sh"
: "${SENDERS:?}"

echo 000102030405060708090a0b0c0d0e0f >key
count=${SIMPATHS-300} EXPECT='--max-attempt 1'

# probes n: every TTL of every second target, in an order that spares routers.
probes() {
	echo "#fsdb -F t dst:a ttl:l flow:l attempt:l"
	targets "$count" "$count" | awk -v n="$1" '
		BEGIN { srand(7) }
		NR % 2 == n - 1 { for (t = 1; t <= 26; t++)
			printf "%d %s\t%d\t%d\t0\n", 1e6 * rand(), $1, t, NR % 7 }' |
	    sort -n | awk '{ print $2 "\t" $3 "\t" $4 "\t" $5 }
		END { print "# end: " NR }'
}

# walk type pps: from both senders, caught at all sites
walk() {
	mkdir "$1"
	sim -k key -w "$1/truth" --topology mix --graph "$1/graph" \
	    -f forged=0.05,foreign=0.05,truncated=0.02 || return 1
	catch "$1" "-S $A4,$A6 -P $1" && send_paths "$1" "$2" && stop
}

send_paths() {
	d=$1 senders="" n=0
	for s in $SENDERS
	do
		n=$((n + 1))
		"$lab" in net "$s" sendprobes -i eth0 -S "$A4,$A6" -P "$1" \
		    -N "$s:$n" -k key -r "$2" --allow-prefix 10.128.0.0/10 \
		    --allow-prefix 2001:db8::/32 -w "$d/sent.$s.gz" --quiet \
		    <"probes.$n" 2>"$d/send.$s.err" &
		senders="$senders $!" pids="$pids $!"
	done
	for p in $senders
	do
		wait "$p" || return 1
	done
}

hops() {
	matchresults --hops --late "${LATE}ms" "$1"/sent.*.gz "$1"/reply.*.gz \
	    >"$1/hops"
}

# What siminet did with each probe, and what hops say of it.
equal_hops() {
	awk -F '\t' -v OFS='\t' "$awk_cols"' { print c("src"), c("dst"),
	    c("probe"), c("ttl"), c("flow"), c("attempt"), c("site"),
	    c("verdict"), c("rx"), c("from"), c("kind"), c("icmp"),
	    c("replies"), c("sites") }' "$1/truth" | sort >want.rows
	awk -F '\t' -v OFS='\t' "$awk_cols"' { print c("src"), c("dst"),
	    c("probe"), c("ttl"), c("flow"), c("attempt"), c("tx"),
	    c("verdict"), c("rx"), c("from"), c("kind"), c("icmp"),
	    c("replies"), c("sites") }' "$1/hops" | sort >got.rows
	no_difference
}

# on_the_graph dir sender: rows of that sender, judged by its graph
on_the_graph() {
	awk -F '\t' -v s="$2" '$1 == s || /^#/' "$1/graph" >graph
	awk -F '\t' -v OFS='\t' -v s="$2" "$awk_cols"' c("tx") == s &&
	    (c("verdict") == "unreach" || c("verdict") == "ok") &&
	    (c("from") != c("dst") || !reached[c("dst")]++) {
		print c("dst"), c("flow"), c("ttl"), c("from") }' "$1/hops" >rows
	awk -F '\t' -f "$TOP/tests/net/pathjudge.awk" -v lax="${3-0}" graph rows
}

# What an IPv6 router with a label quotes of a dns probe does not tell its
# TTL: counted, and made no hop of.
is_vague() {
	n=$(sed -n 's/^# counts: .* vague=\([0-9]*\) .*/\1/p' "$1/hops")
	echo "$n"
	[ "$n" -gt 0 ]
}

# Errors came to other sites than they were provoked from, and at all of them.
all_receive() {
	awk -F '\t' "$awk_cols"' c("kind") == "ttl" { n[c("tx") " " c("rx")]++ }
	    END { for (i in n) print i, n[i] }' "$1/hops" | sort
	[ "$(awk -F '\t' "$awk_cols"' c("kind") == "ttl" { print c("tx"),
	    c("rx") }' "$1/hops" | sort -u | wc -l)" -eq 8 ]
}

ok 'four sites' "$lab" up net ams fra nyc sin
probes 1 >probes.1
probes 2 >probes.2
for type in icmp udp syn ack
do
	ok "$type: probes at every TTL" walk $type 3000
	ok '... as probes(7) says' conform $type
	ok '... none lost but on purpose' lossless $type
	ok '... every packet counted' counted $type
	ok '... matched' hops $type
	ok '... every hop as it was, at the site it came to' equal_hops $type
	for s in $SENDERS
	do
		ok "... and on the graph, from $s" on_the_graph $type "$s"
	done
	ok '... at every site' all_receive $type
done
ok 'dns: probes at every TTL' walk dns 3000
ok '... matched' hops dns
for s in $SENDERS
do
	ok "... nothing that is not on the graph, from $s" on_the_graph dns "$s" 1
done
ok '... what is vague is no hop' is_vague dns
done_testing
