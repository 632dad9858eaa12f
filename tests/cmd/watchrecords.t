#!/bin/sh
# watchrecords without a terminal, and on one (tmux).
. "${0%/*}/../lib.sh"

rows() {	# count: so many result records from four sites
	echo '#fsdb -F t hex:a dst:a tx:a rx:a verdict:a from:a kind:a rtt_ms:d rttl:q replies:q sites:a sent_time:d auth:a'
	awk -v n="$1" 'BEGIN {
		split("ams fra nyc sin", site, " ")
		for (i = 0; i < n; i++)
			printf "%08x\t10.0.%d.%d\tams\t%s\tok\t-\techo\t%d.%03d\t60\t1\t-\t1700000000.%09d\tmac64\n", \
			    167772160 + i, i / 256, i % 256, site[i % 4 + 1], i % 97, i % 1000, i
		print "# end: " n }'
}

by_site() {
	watchrecords --plain --by rx --columns verdict,rtt_ms "$@"
}

rows 1000 >whole
ok 'lines without a terminal' sh -c 'watchrecords --by rx --columns rtt_ms whole >out'
ok 'a line per key, with the last record' sh -c "
    awk '{ print \$1, \$2, \$4 }' out | diff - - <<END
rx records rtt_ms
ams 250 26.996
fra 250 27.997
nyc 250 28.998
sin 250 29.999
END"
ok 'from standard input, sorted' sh -c \
    'gzip <whole | watchrecords --plain --by rx --sort rtt_ms --reverse |
    [ "$(awk "NR > 1 { printf \$1 }")" = sinnycfraams ]'
ok 'the usual key' sh -c \
    'watchrecords --plain whole | head -n 1 | grep -q "^rx *verdict *records *per_s *hex"'
sed '$d' whole >cut
ok 'a cut stream is exit 1' status 1 watchrecords cut
ok '... and shown all the same' sh -c \
    '[ "$(watchrecords cut 2>/dev/null | wc -l)" = 5 ]'
ok 'no such column is exit 2' status 2 watchrecords --by what whole
ok 'nor to sort by' status 2 watchrecords --by rx --columns kind --sort rtt_ms whole
ok 'no records at all is exit 2' status 2 watchrecords /dev/null
ok 'nor is any text' sh -c 'echo hello | { watchrecords; [ $? = 2 ]; }'
ok 'no such file is exit 2' status 2 watchrecords missing
ok 'a full disk is exit 3' sh -c 'watchrecords whole >/dev/full; [ $? = 3 ]'
# A stream that goes on: lines appear while it does.
mkfifo pipe
watchrecords --by rx --columns kind --every 200ms <pipe >live &
watcher=$!
{ sed '/^# end/d' whole; sleep 1; } >pipe
ok 'lines come while the stream goes on' grep -q '^sin' live
wait "$watcher"
ok 'a stream without its end is exit 1' [ $? = 1 ]

if ! command -v tmux >/dev/null
then
	done_testing
	exit
fi

# --- on a terminal ---------------------------------------------------------

. "$TOP/tests/screen.sh"
trap 'tm kill-server 2>/dev/null; rm -rf "$work"' EXIT

# screen columns lines command: run it in a terminal of that size
screen() {
	tm kill-server 2>/dev/null
	server=$((server + 1))
	tm -f /dev/null new-session -d -x "$1" -y "$2" "PATH=$PATH; cd $work; $3; echo status \$? >status; stty -a >stty; exec sleep 60"
}

for size in '80 24' '200 50'
do
	rm -f status stty
	# shellcheck disable=SC2086 # two words
	ok "$size: a table" screen $size 'watchrecords whole'
	ok '... with its status line' shows '^result: 1000 records, 4 rows, ended  sorted by rx'
	ok '... and its rows' shows '^sin +ok +250'
	ok '... no line too long' sh -c "! grep -q '.\{$((${size% *} + 1))\}' pane"
	tm send-keys '>'
	ok '... sorted by another column' shows 'sorted by verdict'
	tm send-keys r
	ok '... the other way round' shows 'sorted by verdict down'
	tm send-keys Right
	ok '... moved to the right' shows '^rx +verdict +per_s'
	tm send-keys '?'
	ok '... the keys' shows 'sort the other way round'
	tm send-keys '?'
	ok '... and away' shows '^fra +ok'
	tm resize-window -x 60 -y 10 2>/dev/null
	ok '... in a smaller window' sh -c 'sleep 0.5'
	ok '... still there' shows '^ams +ok'
	tm send-keys q
	ok '... quits' shows '^ *$'
	for _ in 1 2 3 4 5 6 7 8 9 10
	do
		[ ! -s stty ] || break
		sleep 0.2
	done
	ok '... with status 0' grep -q 'status 0' status
	ok '... the terminal as it was' sh -c 'grep -qw icanon stty && grep -qw echo stty'
done

rm -f status stty
rm -f status stty
ok 'on a terminal again' screen 80 24 'sh -c "echo \$\$ >watcher; exec watchrecords whole"'
ok '... shown' shows '^sin +ok'
ok 'kill -TERM' kill -TERM "$(cat watcher)"
for _ in 1 2 3 4 5 6 7 8 9 10
do
	[ ! -s stty ] || break
	sleep 0.2
done
ok '... is exit 143' grep -q 'status 143' status
ok '... and leaves the terminal as it was' sh -c \
    'grep -qw icanon stty && grep -qw echo stty'
done_testing
