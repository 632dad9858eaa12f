#!/bin/sh
# needs: filters
#
# Two orchestrators at once on the same nodes and the same prefix, with keys
# of their own: both are right, neither sees the other's replies.
. "${0%/*}/../lib.sh"
labname=t
. "$TOP/tests/net/labtest.sh"

ok 'a lab of three sites' lab_up 3 8
{ lab hitlist -4 1500; lab hitlist -6 1500; } >hitlist

# both type: two runs side by side
both() {
	orch_start "a$1" -r 400 -P "$1"
	first=$orch_pid
	orch "b$1" -r 400 -P "$1" && wait $first
}

# overlap type: did they send at the same time?
overlap() {
	for id in "a$1" "b$1"
	do
		zcat "runs/$id/result.gz" | recawk '
		NR == 1 { min = max = $sent_time }
		$sent_time < min { min = $sent_time }
		$sent_time > max { max = $sent_time }
		END { printf "%.6f %.6f\n", min, max }'
	done | awk '{ from[NR] = $1; to[NR] = $2 }
	    END { exit !(from[1] < to[2] && from[2] < to[1]) }'
}

# alone id: every reply is to a probe of this run's own logs
alone() {
	zcat "runs/$1/result.gz" | sed -n 's/^# counts: //p' >counts
	cat counts
	grep -q ' unlogged=0 ' counts && grep -q ' unsent=0 ' counts &&
	    grep -q ' dup=0 ' counts
}

for type in icmp syn dns
do
	ok "two runs by $type" both $type
	ok '... at the same time' overlap $type
	ok '... with different keys' sh -c '
	    [ "$(zcat runs/[ab]$1/nodes.d/*/sent.1.gz | grep "^# key: " | sort -u | wc -l)" -eq 2 ]' - $type
	for id in a$type b$type
	do
		ok "... $id is right" right "$id"
		ok '... and saw its own replies only' alone "$id"
	done
done
done_testing
