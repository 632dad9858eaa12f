#!/bin/sh
# needs: filters
#
# orchestrate conntest: all sites of the lab to each other, and what the
# offsets it measures are good for.
. "${0%/*}/../lib.sh"
labname=m
. "$TOP/tests/net/labtest.sh"

orchestrate() {
	sh "$TOP/share/lab/lab" ctl orchestrate -n "$nodes" --runs "$work/runs" \
	    "$@"
}

ok 'a lab of six sites' lab_up 6 8
ok 'a mesh in one command' sh -c '
    sh "$TOP/share/lab/lab" ctl orchestrate -n "$1" --runs runs --id m \
	--time 2s conntest >table' - "$nodes"
ok 'every pair, both ways, holds' sh -c '
    [ "$(awk "NR > 3 && \$NF == \"ok\"" table | wc -l)" = 30 ]'
ok 'nothing is lost' sh -c '
    [ "$(awk "NR > 3 && \$5 !~ /^0\//" table | wc -l)" = 0 ]'
# One machine, one clock: the truth is 0.
ok 'offsets: every pair once, the truth within the bound' awk -F '\t' '
    /^#/ { next }
    { n++; pair[$1 < $2 ? $1 " " $2 : $2 " " $1]++
      if ($3 > $4 || -$3 > $4 || $4 <= 0 || $4 > 5) { print; bad = 1 } }
    END { for (p in pair) if (pair[p] > 1) bad = 1; exit bad || n != 15 }' \
    runs/m/offsets
ok 'the run is complete' [ -e runs/m/COMPLETE ]
ok 'nothing of it is left on a node' sh -c '
    for s in ams iad sin gru syd fra
    do
	sh "$TOP/share/lab/lab" exec $s sh -c "
	    ! ls castnet/runs/* 2>/dev/null | grep . && ! pgrep conntest" || exit 1
    done'
ok 'orchestrate nodes shows it' sh -c '
    sh "$TOP/share/lab/lab" ctl orchestrate -n "$1" --runs runs nodes |
    grep -Eq "^ams +iad .* ok$"' - "$nodes"

lab hitlist -4 200 >hitlist
target=$(lab truth -4 | awk '$4 == "answers" && $2 == "sin" { sub(/0\/.*/, "1", $1); print $1; exit }')
ok 'a trace uses it' orchestrate --id t -S 192.0.2.1 --allow-prefix 240.0.0.0/4 \
    -I --senders ams trace "$target"
ok 'replies at another site have a time and its bound' recawk '
    $tx == "ams" && $rx == "sin" && $rtt_ms != "-" && $rtt_err_ms != "-" { n++ }
    END { exit n == 0 }' runs/t/hops.gz
ok 'a map does when it is given' sh -c '
    sh "$TOP/share/lab/lab" ctl orchestrate -n "$1" --runs runs --id c -c 1 \
	-H hitlist --allow-prefix 240.0.0.0/4 -4 --offsets runs/m/offsets >out' - "$nodes"
ok '... and has times between sites' recawk '
    $verdict == "ok" && $tx != $rx { if ($rtt_ms == "-") bad++; else n++ }
    END { exit bad > 0 || n == 0 }' runs/c/result.gz
ok 'right all the same' lab check runs/c/result.gz

# A site that lets nobody in, and one that is down.
lab exec sin sh -c 'nft "table ip t { chain i { type filter hook input priority 0; tcp dport 8620 drop; udp dport 8620 drop; }; }"'
orchestrate --id d --time 1s conntest >table 2>err
ok 'a filter is noticed' [ $? = 1 ]
ok '... for those to it' sh -c '
    [ "$(awk "NR > 3 && \$2 == \"sin\" && /tcp filtered|tcp silent/" table | wc -l)" = 5 ]'
ok '... and no others' sh -c '
    [ "$(awk "NR > 3 && \$1 != \"sin\" && \$2 != \"sin\" && \$NF == \"ok\"" table | wc -l)" = 20 ]'
ok '... nor is the run complete' [ ! -e runs/d/COMPLETE ]
lab kill syd
orchestrate --id k --time 1s --partial conntest >table 2>err
ok 'a dead node is left out' grep -q '^orchestrate: syd: ' err
ok '... of the table too' sh -c '
    ! grep -q syd table && awk "NR > 3 && \$1 != \"sin\" && \$2 != \"sin\"" table | grep -q "ok$"'
done_testing
