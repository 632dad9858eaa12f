#!/bin/sh
# watchrecords over ssh, as one looks at a node: on the node's own sshd, in a
# terminal of tmux; and without a terminal.
. "${0%/*}/../lib.sh"
labname=watch
. "${0%/*}/labtest.sh"

if ! command -v tmux >/dev/null
then
	echo '1..0 # SKIP needs tmux'
	exit 0
fi
. "$TOP/tests/screen.sh"
trap 'tm kill-server 2>/dev/null; leave' EXIT

ok 'a lab' lab_up 1 2
read -r site there _ <<END
$(grep -v '^#' "$nodes")
END
home=$CASTNET_LABDIR/$CASTNET_LABNAME/site/$site

# The node's file, and what it should look like.
{
	echo '#fsdb -F t hex:a dst:a tx:a rx:a verdict:a from:a kind:a rtt_ms:d rttl:q replies:q sites:a sent_time:d auth:a'
	awk 'BEGIN {
		for (i = 0; i < 1000; i++)
			printf "%08x\t10.0.%d.%d\tams\ts%02d\tok\t-\techo\t%d.%03d\t60\t1\t-\t1700000000.%09d\tmac64\n", \
			    167772160 + i, i / 256, i % 256, i % 40, i % 97, i % 1000, i
		print "# end: 1000" }'
} >"$home/whole"

# remote arg ...: ssh to the node
cat >remote <<END
#!/bin/sh
exec sh '$TOP/share/lab/lab' ctl ssh -F /dev/null -o BatchMode=yes \\
    -o UserKnownHostsFile='${nodes%/*}/known_hosts' "\$@"
END
chmod +x remote

ok 'without a terminal: lines' sh -c \
    "./remote -- $there watchrecords /run/lab/whole >got </dev/null"
# All but how many came a second.
same() {
	for f in want got
	do
		awk '{ $4 = ""; print }' $f >$f.cut
	done
	[ "$(wc -l <want)" = 41 ] && diff want.cut got.cut
}
watchrecords --plain "$home/whole" >want
ok '... the same as here' same
ok '... and not a byte that moves a cursor' sh -c \
    '! LC_ALL=C grep -q "[^ -~]" got'
./remote -- "$there" cat /run/lab/whole </dev/null | watchrecords >got
ok 'records piped over ssh are shown here' same

# screen columns lines command: run it on the node in a terminal of that
# size; what is left of the node's terminal, and of ours
screen() {
	tm kill-server 2>/dev/null
	server=$((server + 1))
	rm -f status stty "$home/status" "$home/stty"
	cat >far <<-END
	$3
	echo status \$? >/run/lab/status
	stty -a >/run/lab/stty
	echo the end of it
	END
	tm -f /dev/null new-session -d -x "$1" -y "$2" \
	    "cd $work; ./remote -t -- $there \"\$(cat far)\"; echo status \$? >status; stty -a >stty; exec sleep 60"
}

# ended: the node's command and ssh itself, within five seconds
ended() {
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25
	do
		[ ! -s stty ] || [ ! -s "$home/stty" ] || return 0
		sleep 0.2
	done
	return 1
}

sane() {
	for t in stty "$home/stty"
	do
		for mode in icanon echo isig opost icrnl
		do
			grep -qw $mode "$t" || { cat "$t"; return 1; }
		done
	done
	grep -q '^the end of it' pane
}

# fills columns lines: no line is too long, and the rows fill the screen, or
# come to do so within five seconds
fills() {
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25
	do
		tm capture-pane -p >pane
		awk -v c="$1" -v l="$2" 'length > c { bad++ }
		    /^s[0-9][0-9] +ok/ { n++ }
		    END { exit bad || n != (l - 2 < 40 ? l - 2 : 40) }' pane &&
		    return 0
		sleep 0.2
	done
	cat pane
	return 1
}

for size in '80 24' '200 50'
do
	# shellcheck disable=SC2086 # two words
	ok "$size: a table" screen $size 'watchrecords /run/lab/whole'
	ok '... with its status line' shows \
	    '^result: 1000 records, 40 rows, ended  sorted by rx'
	ok '... its rows' shows '^s19 +ok +25'
	# shellcheck disable=SC2086
	ok '... that fill the screen and no more' fills $size
	tm send-keys '>'
	ok '... sorted by another column' shows 'sorted by verdict'
	tm resize-window -x 60 -y 12
	ok '... a smaller window is filled' fills 60 12
	tm resize-window -x 120 -y 40
	ok '... and a larger one' fills 120 40
	tm send-keys q
	ok '... quits' shows '^the end of it'
	ok '... with its status' sh -c "grep -qx 'status 0' '$home/status'"
	ok '... and so does ssh' ended
	ok '... both terminals as they were' sane
done

# What one would look at: a test that goes on.
ok 'a stream that goes on' screen 100 30 \
    'conntest -N here:1 -l udp:4000 -c "udp://127.0.0.1:4000?interval=20ms&name=self" --interval 200ms --end +20s |
    watchrecords --columns sent,rcvd,rtt_p50_ms'
ok '... is shown' shows '^here +self +udp +rt +latency +[0-9]'
ok '... and goes on' shows '^here +self +udp +rt +latency +([5-9]|[1-9][0-9]) '
tm kill-server

ok 'on a terminal again' screen 80 24 \
    'sh -c "echo \$\$ >/run/lab/watcher; exec watchrecords /run/lab/whole"'
ok '... shown' shows '^s19 +ok'
ok 'kill -TERM' lab exec "$site" kill -TERM "$(cat "$home/watcher")"
ok '... ends it' ended
ok '... the screen is given back' shows '^the end of it'
ok '... is exit 143' grep -qx 'status 143' "$home/status"
ok '... both terminals as they were' sane
done_testing
