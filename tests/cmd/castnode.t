#!/bin/sh
# castnode: what a node does, and all that it does not do.
. "${0%/*}/../lib.sh"
. "$TOP/tests/nodes.sh"

castnode=$FAKETREE/libexec/castnode
HOME=$FAKEHOMES/ams; export HOME
mkdir "$HOME"
key=00112233445566778899aabbccddeeff

# asked line [input]: as sshd runs us when the key is restricted to castnode
asked() {
	printf '%b' "${2-}" | SSH_ORIGINAL_COMMAND=$1 "$castnode" >out 2>err
}

# state: everything there is that a node keeps
state() {
	find "$work" -mindepth 1 -path "$work/state*" -o -path "$work/out" -o \
	    -path "$work/err" -o -path "$work/t.log" -o \
	    -path "$work/hostile*" -o -printf '%p %s %Ts\n' | sort
	find / "$TOP" -maxdepth 1 -name '*canary*'
}

last() {
	tail -n 1 out | grep -Fqx "castnode: $1"
}

# --- what it does

ok 'hello says who we are' asked 'hello' '\n\n'
ok '... with versions' grep -qx 'catchreply [0-9.]*' out
ok '... and the time for each line read' sh -c '[ "$(sed "1,/^castnode: 0/d" out | grep -c "^[0-9.]*$")" = 2 ]'
ok 'open makes a run' asked 'open r1' "$key\n"
ok '... that is new' grep -qx new out
ok 'open again by its owner' asked 'castnode open r1' "$key\n"
ok '... it is known' grep -qx known out
ok 'open by another is refused' status 2 asked 'open r1' 'ffffffffffffffffffffffffffffffff\n'
ok '... and says so itself' last 2
ok 'the key is in no file' sh -c '! grep -rq 00112233 "$HOME"'

seq -f '198.18.%g.1' 1 200 | awk 'BEGIN { print "#fsdb -F t dst:a" } { print }
    END { print "# end: 200" }' | gzip -n >hostile.list
# not a shell's argument: it has bytes of all kinds
put() {
	SSH_ORIGINAL_COMMAND="put r1 hitlist.gz $1" "$castnode" >out 2>err
}
ok 'put the first 100 bytes' sh -c 'head -c 100 hostile.list |
    SSH_ORIGINAL_COMMAND="put r1 hitlist.gz 0" "$1" >out' - "$castnode"
ok 'put at another place is refused' status 1 put 50
ok 'put the rest' sh -c 'tail -c +101 hostile.list |
    SSH_ORIGINAL_COMMAND="put r1 hitlist.gz 100" "$1" >out' - "$castnode"
ok '... and it is the same' grep -q "$(sha256sum <hostile.list | cut -c 1-64)" out

origin='origin=src=192.0.2.1,probe=icmp'
ok 'a catcher starts' asked "start r1 catch node=ams:1 secs=60 $origin" "$key\n"
ok '... and captures' grep -qx capturing out
ok 'a second one is not started' asked "start r1 catch node=ams:1 secs=60 $origin" "$key\n"
ok '... as the first is alive' grep -qx alive out
ok 'only the owner starts' status 2 asked "start r1 send node=ams:1 secs=60 rate=1 $origin" 'ffffffffffffffffffffffffffffffff\n'
ok 'clean of a run that goes on is refused' status 1 asked 'clean r1'
ok 'a sender starts' asked "start r1 send node=ams:1 secs=60 rate=400 shard=1/2 seed=1 allow=198.18.0.0/15 $origin" "$key\n"
ok 'status waits for it' asked 'status r1 30'
ok '... until it is done' grep -q '^send 1 ended hitlist.gz 0 ' out
ok '... and the catcher is alive' grep -q '^catch 1 alive ' out
ok 'what is done is not done again' asked "start r1 send node=ams:1 secs=60 rate=400 shard=1/2 seed=1 allow=198.18.0.0/15 $origin" "$key\n"
ok '... but said' grep -qx 'done' out
read -r pid <"$HOME/castnet/runs/r1/catch.pid"
ok 'the key is in no argument or environment' sh -c '
	! tr "\0" "\n" <"/proc/$1/cmdline" | grep -q 00112233 &&
	! grep -q 00112233 "/proc/$1/environ"' - "$pid"
kill -9 "$pid"
ok 'a killed catcher is followed by another' sh -c '
	for i in $(seq 100)
	do
		SSH_ORIGINAL_COMMAND="status r1" "$1" >out
		! grep -q "^catch 1 dead .*137" out || ! grep -q "^catch 2 alive" out || exit 0
		sleep 0.1
	done
	exit 1' - "$castnode"
ok 'stop ends it' asked 'stop r1 all'
ok 'status says so' asked 'status r1'
ok '... the second was asked to end' grep -q '^catch 2 ended - 143 ' out
ok 'fetch from an offset' asked 'fetch r1 sent.1.gz 10'
size=$(stat -c %s "$HOME/castnet/runs/r1/sent.1.gz")
ok '... says the size' sh -c 'head -n 1 out | grep -qx "castnode: size '"$size"' [0-9a-f]*"'
ok '... and gives the rest' sh -c 'tail -n +2 out | cmp - "$1" && false ||
    { tail -c +11 "$1" >rest && tail -n +2 out | cmp - rest; }' - "$HOME/castnet/runs/r1/sent.1.gz"
ok 'half the hitlist was sent' sh -c '
    [ "$(zcat "$HOME/castnet/runs/r1/sent.1.gz" | grep -vc "^#")" -eq 100 ]'
ok 'a sender that was killed leaves off where the next begins' sh -c '
	c=$1 k=$2 o=$3
	ask() { SSH_ORIGINAL_COMMAND=$1 "$c" >out; }
	echo "$k" | ask "open r2" && ask "put r2 hitlist.gz 0" <hostile.list
	start="start r2 send node=ams:1 secs=60 rate=100 seed=1 allow=198.18.0.0/15 $o"
	echo "$k" | ask "$start"
	sleep 1.2
	kill -9 $(cat "$HOME/castnet/runs/r2/send.pid")
	ask "status r2 9"
	grep -q "^send 1 dead" out || exit 1
	echo "$k" | ask "$start" && ask "status r2 9"
	grep -q "^send 2 ended hitlist.gz 0" out
' - "$castnode" "$key" "$origin"
ok '... so that all are sent' sh -c '
    [ "$(zcat "$HOME"/castnet/runs/r2/sent.?.gz | awk -F"\t" "!/^#/ { print \$5 }" | sort -u | wc -l)" -eq 200 ]'
ok '... and few of them twice' sh -c '
    [ "$(zcat "$HOME"/castnet/runs/r2/sent.?.gz | grep -vc "^#")" -lt 290 ]'
ok 'a sender whose list fails does not end well' sh -c '
	c=$1 k=$2 o=$3
	ask() { SSH_ORIGINAL_COMMAND=$1 "$c" >out; }
	echo "$k" | ask "open r3" && ask "put r3 hitlist.gz 0" <hostile.list
	echo "$k" | ask "start r3 send node=ams:1 secs=60 rate=100 shard=3/2 seed=1 $o"
	ask "status r3 9"
	grep -q "^send 1 [a-z]* hitlist.gz 2 " out
' - "$castnode" "$key" "$origin"
ok 'a sender whose time is over is not done' sh -c '
	c=$1 k=$2 o=$3
	ask() { SSH_ORIGINAL_COMMAND=$1 "$c" >out; }
	echo "$k" | ask "open r4" && ask "put r4 hitlist.gz 0" <hostile.list
	start="start r4 send node=ams:1 rate=100 seed=1 allow=198.18.0.0/15 $o"
	echo "$k" | ask "$start secs=1" && ask "status r4 9"
	grep -q "^send 1 ended hitlist.gz 124 " out || { cat out; exit 1; }
	echo "$k" | ask "$start secs=60" && ask "status r4 9"
	grep -q "^send 2 ended hitlist.gz 0 " out
' - "$castnode" "$key" "$origin"
ok '... the next sends the rest' sh -c '
    [ "$(zcat "$HOME"/castnet/runs/r4/sent.?.gz | grep -vc "^#")" -eq 200 ]'
# Whoever asked may be cut off, and ask again while the first is still at it.
ok 'ten starts at once are one sender' sh -c '
	c=$1 k=$2 o=$3
	ask() { SSH_ORIGINAL_COMMAND=$1 "$c" >"$2"; }
	echo "$k" | ask "open r7" out && ask "put r7 hitlist.gz 0" out <hostile.list
	for i in 0 1 2 3 4 5 6 7 8 9
	do
		echo "$k" | ask "start r7 send node=ams:1 secs=60 rate=400 seed=1 allow=198.18.0.0/15 $o" start.$i &
	done
	wait
	[ "$(cat start.? | grep -cx sending)" -eq 1 ] &&
	    [ "$(cat start.? | grep -cEx "alive|done")" -eq 9 ] &&
	    ask "status r7 9" out && ! grep -q "^send 2" out &&
	    grep -q "^send 1 ended hitlist.gz 0 " out
' - "$castnode" "$key" "$origin"
# A sender that takes its time to write down what it has, and counts.
mkdir -p slow/bin slow/libexec
cp "$castnode" "$castnode-run" slow/libexec/
ln -s "$FAKETREE/bin/mkhitlist" "$FAKETREE/bin/catchreply" slow/bin/
cat >slow/bin/sendprobes <<'END'
#!/bin/sh
asked=
trap 'asked=1; echo asked >>asked' TERM
until [ -n "$asked" ]; do sleep 0.05; done
for _ in $(seq 60); do sleep 0.05; done
exit 143
END
chmod +x slow/bin/sendprobes
ok 'a sender is asked to end once, however often we are' sh -c '
	c=$1 k=$2 o=$3
	ask() { SSH_ORIGINAL_COMMAND=$1 "$c" >"$2"; }
	echo "$k" | ask "open r8" out && ask "put r8 hitlist.gz 0" out <hostile.list
	echo "$k" | ask "start r8 send node=ams:1 secs=60 rate=400 seed=1 allow=198.18.0.0/15 $o" out
	for i in 0 1 2
	do
		ask "stop r8 all" stop.$i &
		first=$!
	done
	sleep 0.5
	kill -9 "$first"
	wait
	ask "stop r8 all" out && ask "status r8" out &&
	    grep -q "^send 1 ended hitlist.gz 143 " out &&
	    [ "$(wc -l <"$HOME/castnet/runs/r8/asked")" -eq 1 ]
' - "$PWD/slow/libexec/castnode" "$key" "$origin"
# probes file count: so many probes of ten targets
probes() {
	awk -v n="$2" 'BEGIN { print "#fsdb -F t dst:a probe:a ttl:l attempt:l"
		for (i = 0; i < n; i++)
			printf "198.18.%d.1\ticmp\t%d\t0\n", i % 10, i / 10 + 1
		print "# end: " n }' >"$1"
}
probes probes.1 50
ok 'a list of probes' sh -c '
	c=$1 k=$2 o=$3
	ask() { SSH_ORIGINAL_COMMAND=$1 "$c" >out; }
	echo "$k" | ask "open r5" && ask "put r5 probes.1.gz 0" <probes.1 &&
	echo "$k" | ask "start r5 catch node=ams:1 secs=60 attempts=9 prompt=yes $o" &&
	echo "$k" | ask "start r5 send node=ams:1 secs=60 rate=400 list=probes.1.gz round=0 allow=198.18.0.0/15 $o"
' - "$castnode" "$key" "$origin"
ok '... pull waits until it is sent' asked 'pull r5 9 1:0 1'
ok '... says so' grep -aq '^send 1 ended probes.1.gz 0 ' out
ok '... and has what was sent' sh -c '
	grep -aq "castnode: file sent.1.gz 0 [0-9]* [0-9a-f]*$" out &&
	[ "$(zcat "$HOME/castnet/runs/r5/sent.1.gz" | grep -vc "^#")" -eq 50 ]'
ok '... and ends well' last 0
ok '... no list of probes is sent twice' asked "start r5 send node=ams:1 secs=60 rate=400 list=probes.1.gz $origin" "$key\n"
ok '... but said to be sent' grep -qx 'done' out
ok 'pull goes on from an offset' sh -c '
	ask() { SSH_ORIGINAL_COMMAND=$1 "$2" >out; }
	r=$HOME/castnet/runs/r5
	ask "stop r5 all" "$1" && ask "pull r5 0 1:20 2" "$1" &&
	size=$(stat -c %s "$r/reply.1.gz") &&
	grep -aqx "castnode: file reply.1.gz 20 $size $(sha256sum <"$r/reply.1.gz" | cut -c 1-64)" out &&
	! grep -aq "castnode: file sent" out &&
	sed "1,/^castnode: file/d" out | head -c $((size - 20)) >got &&
	tail -c +21 "$r/reply.1.gz" | cmp - got' - "$castnode"
ok 'a catcher that starts says hello too' asked "start r6 catch node=ams:1 secs=60 attempts=9 prompt=yes new=yes hello=yes $origin" "$key\n\n\n"
ok '... as it begins, with versions, and the time for each line read' sh -c '
	sed "/^castnode: 0/q" out >words && grep -qx new words && grep -qx capturing words &&
	    grep -qx "catchreply [0-9.]*" words && grep -q "^disk [0-9]" words &&
	    [ "$(sed "1,/^castnode: 0/d" out | grep -c "^[0-9.]*$")" = 2 ]'
ok 'a sender that starts says what pull would' sh -c '
	c=$1 k=$2 o=$3
	{ echo "$k"; echo none; cat probes.1; } | SSH_ORIGINAL_COMMAND="start r6 send node=ams:1 secs=60 rate=400 list=probes.1.gz bytes=$(stat -c %s probes.1) pull=9:1:0:1 allow=198.18.0.0/15 $o" "$c" >out
' - "$castnode" "$key" "$origin"
ok '... that it is sending' sh -c 'head -n 1 out | grep -qx sending'
ok '... when it has sent all' grep -aq '^send 1 ended probes.1.gz 0 ' out
ok '... with what was sent' grep -aq 'castnode: file sent.1.gz 0 [0-9]* [0-9a-f]*$' out
ok '... and ends well' last 0
ok '... and stops' asked 'end r6 1:0 2'
ok 'clean takes a run away' asked 'clean r2'
ok '... wholly' test ! -e "$HOME/castnet/runs/r2"

# --- what it does not do

cat >hostile <<END

help
sh
eval
exec sh
supervise $HOME/castnet/runs/r1 send 1 1
castnode supervise $HOME/castnet/runs/r1 catch 9 9
castnode castnode hello
sudo
act hello
set_path
cat /etc/passwd
hello there
open
open ..
open .
open -p
open /etc
open r1 r2
open r/1
open a$(printf '%065d' 0)
fetch r1
fetch r1 owner 0
fetch r1 key 0
fetch r1 ../r1/owner 0
fetch r1 /etc/passwd 0
fetch r1 reply.1.gz
fetch r1 reply.1.gz -1
fetch r1 reply.1.gz 01
fetch r1 reply.1.gz 1e3
fetch r1 reply.1.gz 0x10
fetch r1 reply.1.gz 9999999999999
fetch r1 reply.0.gz 0
fetch r1 reply.gz 0
fetch r1 reply.1.gz.part 0
fetch r1 .reply.1.gz 0
fetch r1 hitlist.gz 0
fetch ../r1 reply.1.gz 0
fetch ./r1 reply.1.gz 0
fetch -r1 reply.1.gz 0
put r1 owner 0
put r1 catch.lock 0
put r1 reply.1.gz 0
put r1 .ssh/authorized_keys 0
put r1 ../../.profile 0
put r1 hitlist.gz
put r1 hitlist.gz 0 0
put r1 -hitlist.gz 0
put r1 redo.0.gz 0
put r1 probes.0.gz 0
put r1 probes.gz 0
put r1 ../probes.1.gz 0
pull
pull r1
pull r1 0 1:0
pull r1 0 1:0 1 1
pull r1 -1 1:0 1
pull r1 1000 1:0 1
pull r1 0 0:0 1
pull r1 0 1 1
pull r1 0 1:-1 1
pull r1 0 1:01 1
pull r1 0 1:0 0
pull r1 0 1:0 /etc/passwd
pull ../r1 0 1:0 1
fetch r1 probes.1.gz 0
start r1 catch node=a:1 secs=1 $origin attempts=0
start r1 catch node=a:1 secs=1 $origin attempts=1e2
start r1 catch node=a:1 secs=1 $origin prompt=no
start r1 catch node=a:1 secs=1 $origin quotes=1
start r1 catch node=a:1 secs=1 $origin buffer=16
start r1 catch node=a:1 secs=1 $origin buffer=0M
start r1 catch node=a:1 secs=1 $origin new=no
start r1 catch node=a:1 secs=1 $origin hello=no
start r1 send node=a:1 secs=1 $origin rate=1 pull=1
start r1 send node=a:1 secs=1 $origin rate=1 pull=1:1:0:0
start r1 send node=a:1 secs=1 $origin rate=1 pull=1000:1:0:1
start r1 send node=a:1 secs=1 $origin rate=1 pull=1:1:0:1:1
start r1 send node=a:1 secs=1 $origin rate=1 pull=-1:1:0:1
start r1 send node=a:1 secs=1 $origin rate=1 list=probes.1.gz bytes=0
start r1 send node=a:1 secs=1 $origin rate=1 list=probes.1.gz bytes=99999999
end
end r1
end r1 1:0
end r1 0:0 1
end r1 1:0 1 1
end r1 1:0 -1
end ../r1 1:0 1
start r1 catch node=a:1 secs=1 $origin prompt=yes=yes
start r1 send node=a:1 secs=1 $origin rate=1 round=-1
start r1 send node=a:1 secs=1 $origin rate=1 round=1000
start r1 send node=a:1 secs=1 $origin rate=1 list=probes.1.gz.part
start r1 send node=a:1 secs=1 $origin rate=1 list=probes.1.gz:x
start r1 send node=a:1 secs=1 $origin rate=1 list=../probes.1.gz
sum r1 owner
sum r1 /etc/passwd
sum r1
status
status r1 1000
status r1 -1
status r1 1 1
stop
stop r1
stop r1 both
stop r1 -9
clean
clean .
clean ..
clean /
clean r1/..
clean r1 r2
start r1
start r1 sh
start r1 supervise node=a:1 secs=1 $origin
start r1 catch
start r1 catch node=a:1 secs=1
start r1 catch node=a:1 $origin
start r1 catch secs=1 $origin
start r1 catch node=a secs=1 $origin
start r1 catch node=a:0 secs=1 $origin
start r1 catch node=-a:1 secs=1 $origin
start r1 catch node=a/b:1 secs=1 $origin
start r1 catch node=a:1 secs=0 $origin
start r1 catch node=a:1 secs=-1 $origin
start r1 catch node=a:1 secs=99999999 $origin
start r1 catch node=a:1 secs=1 origin=
start r1 catch node=a:1 secs=1 origin=-w
start r1 catch node=a:1 secs=1 origin=src
start r1 catch node=a:1 secs=1 origin=src=/etc/passwd
start r1 catch node=a:1 secs=1 $origin iface=
start r1 catch node=a:1 secs=1 $origin iface=-w
start r1 catch node=a:1 secs=1 $origin iface=eth0/../x
start r1 catch node=a:1 secs=1 $origin iface=averylongname123
start r1 catch node=a:1 secs=1 $origin -w /etc/x
start r1 catch node=a:1 secs=1 $origin w=/etc/x
start r1 catch node=a:1 secs=1 $origin --force
start r1 send node=a:1 secs=1 $origin rate=
start r1 send node=a:1 secs=1 $origin rate=-1
start r1 send node=a:1 secs=1 $origin rate=1e9
start r1 send node=a:1 secs=1 $origin rate=999999999
start r1 send node=a:1 secs=1 $origin rate=1 list=/etc/passwd
start r1 send node=a:1 secs=1 $origin rate=1 list=owner
start r1 send node=a:1 secs=1 $origin rate=1 shard=1
start r1 send node=a:1 secs=1 $origin rate=1 shard=1/0
start r1 send node=a:1 secs=1 $origin rate=1 seed=-1
start r1 send node=a:1 secs=1 $origin rate=1 delay=-1
start r1 send node=a:1 secs=1 $origin rate=1 delay=99999
start r1 send node=a:1 secs=1 $origin rate=1 allow=198.18.0.0
start r1 send node=a:1 secs=1 $origin rate=1 allow=-x/1
start r1 send node=a:1 secs=1 $origin rate=1 key=$key
hello; touch $work/canary
hello && touch $work/canary
hello | touch $work/canary
hello & touch $work/canary
\$(touch $work/canary)
\`touch $work/canary\`
hello > $work/canary
hello < /etc/passwd
open "r3"
open 'r3'
open r\\3
open r*
open r?
open [r]3
open ~
open \$HOME
open {a,b}
hello #
!hello
$(printf 'hello\ttab')
$(printf 'hello\001')
$(printf 'hello\rhello')
$(printf 'h\303\251llo')
$(printf '%0600d' 0)
$(printf 'hello%0600d' 0)
sh -c 'PATH=/tmp exec castnode "\$@"' castnode hello
END
state >state.0
refused=0
while IFS= read -r line
do
	rc=0
	asked "$line" "$key\n" || rc=$?
	if [ $rc -eq 2 ] && last 2 && state | cmp -s - state.0
	then
		refused=$((refused + 1))
	else
		echo "# exit $rc: $line"
	fi
done <hostile
ok "all of $(wc -l <hostile) hostile lines are refused, nothing is written" \
    test "$refused" -eq "$(wc -l <hostile)"
ok 'a command of two lines is refused' status 2 asked 'hello
touch canary'
ok 'a command of 10,000 characters is refused' status 2 asked "$(printf '%010000d' 0)"
ok 'a hundred words are refused' status 2 asked "hello $(seq -s ' ' 100)"
ok 'supervise is not to be had from outside' sh -c '
    SSH_ORIGINAL_COMMAND="hello" "$1" supervise . catch 1 1 </dev/null | grep -q "^castnode: 0"' - "$castnode"

# A thousand: good lines into which something is put that no line may have,
# and lines of random characters with at least one of these.
awk -v work="$work" -v origin="$origin" 'BEGIN {
	srand(20260101)
	n = split("hello|open r9|fetch r1 reply.1.gz 0|put r1 hitlist.gz 0|sum r1 sent.1.gz|status r1 0|pull r1 0 1:0 1|stop r1 all|clean r1|start r1 catch node=a:1 secs=1 " origin "|start r1 send node=a:1 secs=1 rate=1 " origin, good, "|")
	m = split(";touch W/canary;~$(touch W/canary)~`touch W/canary`~|sh~&~>W/canary~<W/hostile~\\~*~?~\"~'\''~$IFS~${HOME}~$@~!~#~(~)~{~}~[~]~^~\t~\001~\033[2J~\177~\303\251~\377", bad, "~")
	for (i = 1; i <= m; i++) gsub("W", work, bad[i])
	for (i = 0; i < 700; i++) {
		line = good[1 + int(rand() * n)]
		at = int(rand() * (length(line) + 1))
		print substr(line, 1, at) bad[1 + int(rand() * m)] substr(line, at + 1)
	}
	for (i = 0; i < 300; i++) {
		line = ""
		for (k = int(rand() * 120); k >= 0; k--)
			line = line sprintf("%c", 32 + int(rand() * 95))
		print line substr(";$`|&<>\"\\*?#~(){}[]!^", 1 + int(rand() * 21), 1)
	}
}' >hostile.1000
refused=0
while IFS= read -r line
do
	rc=0
	asked "$line" "$key\n" || rc=$?
	if [ $rc -eq 2 ] && last 2
	then
		refused=$((refused + 1))
	else
		printf '# exit %d: %s\n' $rc "$line"
	fi
done <hostile.1000
ok 'of 1,000 hostile lines each is refused' test "$refused" -eq 1000
ok '... and nothing executed or written' sh -c 'cmp - state.0' <<END
$(state)
END
done_testing
