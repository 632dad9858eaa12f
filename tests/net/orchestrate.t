#!/bin/sh
# needs: filters
#
# orchestrate over real ssh and real BGP: every verb, both families, and what
# is left of a run whose orchestrator was killed.
. "${0%/*}/../lib.sh"
labname=o
. "$TOP/tests/net/labtest.sh"

# rows file condition: how many records it is true of
rows() {
	zcat "$1" | recawk "$2 { n++ } END { print n + 0 }"
}
same() {
	[ "$1" = "$2" ] || { echo "$1, not $2"; return 1; }
}

ok 'a lab of four sites' lab_up 4 12
{ lab hitlist -4 600; lab hitlist -6 600; } >hitlist
targets=$(wc -l <hitlist)

all_nodes() {
	lab ctl orchestrate nodes -n "$nodes" >nodes.out &&
	    same "$(grep -c ' ok$' nodes.out)" 4
}
ok 'nodes' all_nodes

ok 'catchments of both families' orch c -r 500
ok '... each as BGP has it' right c
ok '... one row per target' same "$(rows runs/c/result.gz 1)" "$targets"
answer=$(rows runs/c/result.gz '$verdict == "ok"')
ok '... nothing is left at the sites' sh -c '
    [ -z "$(find "$CASTNET_LABDIR"/*/site/*/home/castnet/runs -mindepth 1)" ]'

ok 'latency' orch l latency -r 500
ok '... each as BGP has it' right l
ok '... each from the site that catches, with its round trip' same \
    "$(rows runs/l/result.gz '$tx == $rx && $rtt_ms + 0 > 0')" "$answer"

ok 'unicast' orch u unicast -r 500 --gap 0
ok '... the best site of each that answers' same \
    "$(rows runs/u/best.gz '$best != "-" && $best_rtt_ms + 0 > 0')" "$answer"
ok '... what anycast loses is never negative' same \
    "$(rows runs/u/best.gz '$loss_ms == "-" || $loss_ms + 0 < 0')" 0
ok '... four round trips of each' same \
    "$(rows runs/u/best.gz 'split($rtts, x, ",") == 4')" "$answer"

ok 'census' orch s census -r 500
ok '... each as BGP has it, from every site' right s
ok '... four probes of each' same \
    "$(rows runs/s/census.gz '$sent == 4')" "$targets"
ok '... nothing here is anycast itself' same \
    "$(rows runs/s/census.gz '$nsites > 1')" 0
ok '... what answers answers all four' same \
    "$(rows runs/s/census.gz '$nsites == 1 && $answered == 4')" "$answer"

for type in dns chaos syn
do
	ok "catchments by $type" orch "p$type" -r 500 -P $type
	ok '... each as BGP has it' right "p$type"
done

killed() {
	orch_start k -r 100
	for _ in $(seq 400)
	do
		[ ! -e runs/k/started ] || break
		sleep 0.05
	done
	sleep 0.5
	kill -9 "$orch_pid"
	wait "$orch_pid"
	[ ! -e runs/k/COMPLETE ]
}
ok 'orchestrate is killed' killed
ok '... resume' resume k
ok '... each as BGP has it' right k
ok '... nothing was sent twice' same "$(zcat runs/k/nodes.d/*/sent.*.gz |
    grep -vc '^#')" "$targets"
done_testing
