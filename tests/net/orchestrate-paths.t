#!/bin/sh
# needs: filters
#
# orchestrate's path verbs over real ssh, on paths whose every hop, and the
# site its answers arrive at, the lab says.
. "${0%/*}/../lib.sh"
labname=Op
. "$TOP/tests/net/pathtest.sh"
TMPDIR=$work; export TMPDIR		# where sockets of ssh are

lab_up() {
	lab up chain cross d3 silent mss >up.log 2>&1 || { cat up.log; return 1; }
	nodes=$(lab nodes)
}

# orch id arg ...
orch() {
	id=$1
	shift
	lab ctl orchestrate "$@" -n "$nodes" --allow-prefix 240.0.0.0/4 \
	    --allow-prefix 3fff::/20 --runs "$work/runs" --id "$id" \
	    >"$id.out" 2>"$id.err"
}

# targets path ...
targets() {
	lab targets "$@" | tr '\n' ' '
}

# right id path ...: by each sender, every node of the paths at its ttl, its
# answer at its site, and nothing else up to the target
right() {
	id=$1
	shift
	for s in $SITES
	do
		lab truth -s "$s" "$@" | awk -F '\t' -v s="$s" '
		$4 == "node" && $7 != "silent" && $5 ~ /[.:]/ { print $2, s, $3, $5, $6 }'
	done | sort >want
	zcat "runs/$id/hops.gz" | awk "$awk_cols"'
	c("verdict") == "none" { next }
	c("from") == c("dst") {
		k = c("dst") " " c("tx")
		if (!(k in end) || c("ttl") < end[k]) { end[k] = c("ttl"); at[k] = c("rx") }
		next
	}
	{ print c("dst"), c("tx"), c("ttl"), c("from"), c("rx") }
	END { for (k in end) { split(k, w, " "); print k, end[k], w[1], at[k] } }' |
	    sort -u >have
	diff want have && [ -s want ]
}

ok 'a lab of five paths' lab_up
# shellcheck disable=SC2046 # words
ok 'trace, both families, from all sites' orch t trace $(targets chain cross silent)
ok '... complete' test -e runs/t/COMPLETE
ok '... every hop at the site its answers go to, no other' right t chain cross silent
ok '... nothing is left at the sites' sh -c '
    [ -z "$(find "$CASTNET_LABDIR"/*/site/*/home/castnet/runs -mindepth 1)" ]'
ok '... the master connections are closed' sh -c '
    for _ in $(seq 50); do
	ps -eo args | grep "^ssh: .*mux" | grep -Fq "$TMPDIR" || exit 0
	sleep 0.1
    done; exit 1'
# shellcheck disable=SC2046 # words
two_at_once() {
	orch i trace -I $(targets chain cross) &
	other=$!
	orch u trace $(targets chain cross) || { wait $other; return 1; }
	wait $other
}
ok 'two at once from the same address, one by ICMP' two_at_once
ok '... each right' right i chain cross
ok '... and apart' right u chain cross
# shellcheck disable=SC2046 # words
ok 'tracelb' orch l tracelb $(targets d3) --senders ams
ok '... all three ways' sh -c '
    zcat runs/l/hops.gz | recawk "\$ttl == 4 && \$verdict == \"unreach\" { a[\$dst, \$from] }
	END { for (x in a) n++; exit n != 6 }"'
# shellcheck disable=SC2046 # words
ok 'tracebox' orch b tracebox $(targets mss) --senders ams --spec 'IP/TCP/MSS(1460)/SACKP'
ok '... what is changed' grep -q 'TCP::Options::MSS' b.out
# shellcheck disable=SC2046 # words
ok 'ping' orch p ping $(targets chain) -q 3 --interval 20ms
ok '... all answered' sh -c '[ "$(grep -c "3 packets transmitted, 3 received" p.out)" -eq 6 ]'
ok 'show' sh -c '
    orchestrate show b --runs "$PWD/runs" >out && grep -q "scamper.tracebox.hop.modifications: .*TCP::Options::MSS" out'
timed() {
	dst=$(lab targets -4 chain)
	t0=$(date +%s%N)
	orch s trace "$dst" --senders ams || return 1
	echo "# trace of five hops in $((($(date +%s%N) - t0) / 1000000)) ms" >time
}
ok 'one trace' timed
waits() {
	dst=$(lab targets -4 silent)
	t0=$(date +%s%N)
	orch w trace "$dst" --senders ams -w 2.5 || return 1
	ms=$((($(date +%s%N) - t0) / 1000000))
	echo "$ms ms"
	[ $ms -ge 2500 ]
}
ok 'what is silent has its time' waits
cat time
done_testing
