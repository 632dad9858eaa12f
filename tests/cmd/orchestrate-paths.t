#!/bin/sh
# orchestrate's ping, trace, tracelb and tracebox over a stand-in for ssh, on
# the paths that fakenode makes up.
# shellcheck disable=SC2086 # options are words
. "${0%/*}/../lib.sh"
. "$TOP/tests/nodes.sh"

printf '%s\n' ams 'sin user@sin' 'lax lax.example.net' >nodes.txt
base='-n nodes.txt -S 192.0.2.1 --allow-prefix 10.0.0.0/8 -w 0.3'
fast="$base -m 8"
for i in 1 2 3 4 5 6 7 8 9
do
	echo 10.1.$i.$((i * 20))
done >targets
read -r target <targets

orch() {
	orchestrate "$@" >out 2>err
}

# path target sender: the truth, one line a ttl, of what answers
path() {
	"$HELPER/fakenode" path "$1" "$2"
}

# found id target: what the run says, in the same form, by each sender
found() {
	zcat "runs/$1/hops.gz" | recawk -v t="$2" '
	$dst == t && $verdict != "none" { print $tx, $ttl, $from, $rx }' |
	    sort -u
}

# right id target sender ...: every hop that answers, at the site it arrives
# at, and no other
right() {
	id=$1 dst=$2
	shift 2
	for tx
	do
		path "$dst" "$tx" | sed "s/^/$tx /"
	done | sort -u >want
	found "$id" "$dst" >have
	diff want have
}

whole() {
	test -e "runs/$1/COMPLETE" && test ! -e "runs/$1/PARTIAL"
}

# unique id: no probe was sent twice by a node
unique() {
	zcat "runs/$1"/nodes.d/*/sent.*.gz | recawk '
	seen[$node, $dst, $probe, $ttl, $flow, $attempt]++ { print; bad = 1 }
	END { exit bad || !NR }'
}

# --- what is measured

ok 'trace' orch $fast trace "$target" --id t1
ok '... complete' whole t1
ok '... every hop of every sender, at the site that caught it' right t1 "$target" ams sin lax
ok '... no probe twice' unique t1
ok '... and printed, with the run directory last' sh -c '
    grep -q "^traceroute to '"$target"' from sin" out &&
    [ "$(tail -n 1 out)" = "run directory: $PWD/runs/t1" ]'
ok '... which is kept' diff out runs/t1/table
ok '... nothing is left on the nodes' sh -c '! ls "$FAKEHOMES"/*/castnet/runs/* 2>/dev/null'
ok '... nor the key' test ! -e runs/t1/key
ok '... and no catcher' sh -c '! ls "$FAKEWIRE"/*/* 2>/dev/null'
ok 'from one node, under a restricted key, of a file of targets' sh -c '
    mkdir -p "$FAKEHOMES/user@sin"; : >"$FAKEHOMES/user@sin/forced"
    orchestrate '"$fast"' trace -T targets --senders sin --id t2 >out 2>err'
rm "$FAKEHOMES/user@sin/forced"
ok '... complete' whole t2
ok '... all of them' sh -c '
    [ "$(grep -c "^traceroute to .* from sin" out)" -eq 9 ] && ! grep -q "from ams" out'
all_right() {
	while read -r t
	do
		right t2 "$t" sin || return 1
	done <targets
}
ok '... every hop' all_right
ok 'the first two hops, then what is needed' orch $fast trace "$target" --until 2 --id t4
ok '... complete' whole t4
ok '... the same hops' sh -c '
    hops() { zcat "runs/$1/hops.gz" | recawk "\$verdict != \"none\" && \$ttl < 6 { print \$tx, \$ttl, \$from, \$rx }" | sort -u; }
    hops t1 >want; hops t4 | diff want -'
ok '... in rounds' sh -c 'zcat runs/t4/hops.gz | recawk "\$round > 0 { n++ } END { exit !n }"'
ok '... no probe twice' unique t4
ok 'a file may have comments, names of columns, and be compressed' sh -c '
    { echo "#fsdb -F t score:d dst:a"; awk "{ print \"1\t\" \$1 }" targets | head -n 3
	echo "# end: 3"; } | gzip >targets.gz
    orchestrate '"$base"' ping -T targets.gz --id t3 --interval 10ms -q 2 >out 2>err'
ok '... of which there are three' sh -c '[ "$(wc -l <runs/t3/targets)" -eq 3 ]'
ok 'ping' orch $base ping "$target" -q 4 --interval 10ms --id p1
ok '... four from each' sh -c '
    [ "$(grep -c "^4 packets transmitted" out)" -eq 3 ]'
ok 'tracelb' orch $fast tracelb "$target" --senders ams --id l1
ok '... complete' whole l1
ok '... both ways' sh -c '
    zcat runs/l1/hops.gz | recawk "\$ttl == 2 { a[\$from] } END { for (x in a) print x }" |
	grep -c "^100.2.[01]" | grep -qx 2'
ok '... no probe twice' unique l1
ok 'tracebox' orch $fast tracebox "$target" --senders ams --id b1 --spec 'IP/TCP/MSS(1460)/WSCALE(7)'
ok '... complete' whole b1
ok '... with the options asked for' sh -c '
    zcat runs/b1/nodes.d/ams/probes.1.gz | grep -q "MSS(1460)/WSCALE(7)"'
ok '-I is by ICMP' sh -c '
    orchestrate '"$fast"' trace '"$target"' -I --senders ams --id i1 >out 2>err &&
    zcat runs/i1/hops.gz | recawk "\$probe != \"icmp\" { exit 1 }"'
ok 'list' orch list
ok '... names them' grep -Eq '^t1 +trace +complete +3 +1$' out

# --- show

ok 'show' orch show t1
ok '... as mPlane does' sh -c '
    [ "$(sed -n 1p out)" = "result: measure" ] &&
    grep -qx "    label       : t1" out &&
    grep -Eqx "    token       : [0-9a-f]{32}" out &&
    grep -Eqx "    when        : [-0-9]{10} [0-9:.]{15} \.\.\. [-0-9]{10} [0-9:.]{15}" out'
ok '... with parameters' sh -c '
    grep -qx " *destination.ip4: '"$target"'" out && grep -qx " *scamper.trace.maxttl: 8" out'
ok '... and a result for each probe' sh -c '
    [ "$(grep -c "^          result [0-9]*:" out)" -eq "$(zcat runs/t1/hops.gz | grep -vc "^#")" ]'

# --- by mPlane's names

ok 'capabilities' orch capabilities -n nodes.txt -S 192.0.2.1,2001:db8::1
ok '... each an object of its own' sh -c '
    jq -es "length == 3 * (4 * 2 + 4 * 2 + 14)" out || jq -s length out'
ok '... the fourteen of mPlane among them' sh -c '
    [ "$(jq -r "select(.node == \"sin\") | .capability" out | grep -c "ip[46]$")" -eq 14 ]'
ok '... with parameters and ranges' sh -c '
    jq "select(.node == \"ams\" and .capability == \"trace-standard-ip6\") |
	.parameters[\"scamper.trace.maxttl\"] == {option: \"--max-ttl\", range: \"1 ... 255\"} and
	.results == [\"scamper.trace.hop.ip6\", \"rtt.ms\", \"rtt.us\"]" out | grep -qx true'
ok 'one is asked for by its name and parameters' sh -c '
    orchestrate '"$base"' ping-average-ip4 destination.ip4='"$target"' castnet.ping.count=3 \
	--interval 10ms --senders ams --id m1 >out 2>err'
ok '... and shown as it was' sh -c '
    orchestrate show m1 >out && grep -qx " *delay.twoway.icmp.us.min: [0-9]*" out &&
    grep -qx " *delay.twoway.icmp.count: 3" out && grep -qx " *castnet.ping.count: 3" out'
ok 'a parameter it does not have' status 2 orch $base ping-average-ip4 "$target" scamper.trace.dport=7

# --- what goes wrong

printf 'ams\ndown-fra\nlax\n' >down.txt
ok 'a node is down: nothing is measured' status 2 orch ${fast} -n down.txt trace "$target" --id d1
ok '... it is named' grep -q '^orchestrate: down-fra: .*timed out' err
ok '... nothing is left' sh -c '! ls -d runs/d1 "$FAKEHOMES"/*/castnet/runs/* 2>/dev/null'
for node in ams user@sin lax.example.net
do
	echo '0 send' >"$FAKEHOMES/$node/cut"
done
ok 'all links are cut as the senders start' status 1 orch $fast trace "$target" --id u1
ok '... resume fetches what was sent' orch resume u1
ok '... every hop' right u1 "$target" ams sin lax
ok '... and nothing was sent twice' sh -c '! ls runs/u1/nodes.d/*/sent.2.gz 2>/dev/null'
ok 'with --partial it is, and flagged' status 1 orch $fast -n down.txt trace "$target" --partial --id d2
ok '... with the reason' grep -q '^partial: down-fra: .*timed out' out
ok '... and hops' right d2 "$target" ams lax

for d in "$FAKEHOMES"/*/castnet/runs/d2
do
	rm -rf "$d"
done

in_run() {
	for _ in $(seq 200)
	do
		[ ! -e "runs/$1/started" ] || return 0
		sleep 0.05
	done
	return 1
}
# A run of about three seconds with something done to it in the middle.
disturbed() {
	orchestrate $fast -r 70 trace -T targets --senders ams --id "$1" >out 2>err &
	orch_pid=$!
	in_run "$1" && sleep 1 && eval "$2"
	wait $orch_pid
}
pid_of() {
	cat "$FAKEHOMES/$1/castnet/runs/"*"/$2.pid"
}
right_all() {
	whole "$1" && unique "$1" || return 1
	while read -r t
	do
		right "$1" "$t" ams || return 1
	done <targets
}
ok 'a sender is killed' disturbed k1 'kill -9 $(pid_of ams send)'
ok '... the rest is sent, and all found' right_all k1
ok 'a catcher is killed' disturbed k2 'kill -9 $(pid_of user@sin catch)'
ok '... what it may have missed is sent again' right_all k2
ok 'orchestrate is killed' status 137 disturbed k3 'kill -9 $orch_pid'
ok '... which is no complete run' test ! -e runs/k3/COMPLETE
ok '... resume' orch resume k3
ok '... makes it complete and right' right_all k3
ok 'SIGTERM ends it in good order' status 143 disturbed k4 'kill $orch_pid'
ok '... with what there is' grep -q '^partial: stopped in round 1' runs/k4/table
ok '... its rows are valid' sh -c '
    zcat runs/k4/hops.gz | recawk "\$verdict == \"unreach\" { n++ } END { exit n < 20 }"'
ok '... and shown' status 1 orch show k4
ok '... as far as there are any' sh -c 'grep -q "^    partial     : stopped" out'
ok '... resume sends the rest' orch resume k4
ok '... and is right' right_all k4
ok 'stop and fetch from elsewhere' status 137 disturbed k5 '
    kill -9 $orch_pid; orchestrate stop k5; orchestrate fetch k5 >out'
ok '... is partial' grep -q '^partial: fetched' runs/k5/table
ok '... and can be resumed' orch resume k5
ok '... and is right' right_all k5

# A node that answers pull, and what says the same, with files of its choice.
mv "$FAKETREE/libexec/castnode" "$FAKETREE/libexec/honest"
cat >"$FAKETREE/libexec/castnode" <<'END'
#!/bin/sh
case "$HOME $1 ${3-}" in
*/lax*' pull '*|*/lax*' end '*|*/lax*' start send')
	[ "$1" != start ] || echo sending
	echo 'catch 1 alive - - 1 -'
	echo "castnode: file $(cat "$FAKEHOMES/offer")"
	echo hello
	echo 'castnode: 0' ;;
*)	exec "${0%/*}/honest" "$@" ;;
esac
END
chmod +x "$FAKETREE/libexec/castnode"
sum=$(echo hello | sha256sum | cut -c 1-64)
dishonest() {	# dishonest offer: nothing of it is taken
	echo "$1" >"$FAKEHOMES/offer"
	status 1 orch $fast ping-detail-ip4 destination.ip4="$target" --patience 1 --id "h$2" ||
	    return 1
	grep -q '^partial: lax: lost' out && [ ! -e canary ] && [ ! -e "runs/h$2/key.gz" ] &&
	    ! grep -rqx hello "runs/h$2" --exclude=status.part
}
fast=$base
n=0
for name in ../../../../canary ../../key.gz reply./../../../canary.gz reply.1.gz/x \
    sent.x.gz hosts -rf sent.1.gz.part
do
	n=$((n + 1))
	ok "a node that offers $name is not believed" dishonest "$name 0 6 $sum" $n
done
ok '... nor one that counts wrongly' dishonest "sent.1.gz 9 6 $sum" 20
ok '... nor one that gives other bytes' dishonest "reply.1.gz 0 6 00$(echo "$sum" | cut -c 3-)" 21
mv "$FAKETREE/libexec/honest" "$FAKETREE/libexec/castnode"
fast="$base -m 8"
for d in "$FAKEHOMES"/*/castnet/runs/h*
do
	touch "$d/catch.stop"
	kill "$(cat "$d/catch.pid")" 2>/dev/null
done

# --- again and again

ok 'every two seconds, of a file that changes' sh -c '
    head -n 2 targets >some
    orchestrate '"$fast"' -w 0.1 trace -T some --senders ams --id w --when "now + 5s / 2s" >out 2>err &
    pid=$!
    until [ -e runs/w-001/started ]; do sleep 0.05; done
    head -n 3 targets >some
    wait $pid'
ok '... all rounds' whole w-002
ok '... two targets, then three' sh -c '
    [ "$(wc -l <runs/w-001/targets) $(wc -l <runs/w-002/targets)" = "2 3" ]'
ok '... that can be compared' sh -c 'diffrounds runs/w-00*/hops.gz >out'

# --- the manual page

# examples: the commands of EXAMPLES that are about paths, one a line
examples() {
	sed -n '/^The path to an address/,/^\.Ed/p' "$TOP/man/orchestrate.1" |
	    sed -n '/^\.Bd/,/^\.Ed/p' | grep -v '^\.' | sed 's/\\e$/\\/' |
	    sed -e ':a' -e '/\\$/N; s/\\\n *//; ta'
}
run_examples() (
	mkdir -p page && cd page || exit 1
	sed 's/$/ source=192.0.2.1/' ../nodes.txt >nodes.txt
	printf '9.9.9.9\n8.8.8.8\n' >targets.txt
	examples | sed 's/24h/7s/; s/5m/3s/' >list
	n=0
	while read -r line
	do
		sh -c "$line" >out.$n 2>err.$n </dev/null ||
		    { echo "$line"; cat "err.$n"; exit 1; }
		[ -s "out.$n" ] || { echo "$line: nothing"; exit 1; }
		n=$((n + 1))
	done <list
	[ $n -eq 5 ]
)
ok 'the examples' run_examples

# --- what is refused before anything starts

SSH=$work/nossh; export SSH
printf '#!/bin/sh\n[ "$1" = -V ] || touch "%s/called"\n' "$work" >nossh
chmod +x nossh
hostile() {
	rc=0
	orchestrate $fast --id bad "$@" >out 2>err || rc=$?
	[ $rc -eq 2 ] && [ ! -e called ] && [ ! -e canary ] && [ ! -e runs/bad ] &&
	    head -n 1 err | grep -q '^orchestrate: .'
}
refused=0 asked=0
while read -r word
do
	asked=$((asked + 1))
	if hostile trace -- "$word"
	then
		refused=$((refused + 1))
	else
		echo "# target: $word"
	fi
	printf '10.1.1.1\n%s\n' "$word" >bad
	asked=$((asked + 1))
	if hostile trace -T bad && grep -q '^orchestrate: bad:2: ' err
	then
		refused=$((refused + 1))
	else
		echo "# in a file: $word: $(cat err)"
	fi
done <<'END'
-oProxyCommand=touch${IFS}canary
$(touch${IFS}canary)
`touch${IFS}canary`
10.1.1.1;touch${IFS}canary
10.1.1.1|sh
10.1.1.256
10.1.1
1.2.3.4.5
2001:db8::1::2
2001:db8
:::
1:2:3:4:5:6:7:8:9
12345::
10.1.1.1/24
../../etc/passwd
/etc/passwd
a..b
-a
a-
.
*
?
[a]
{a,b}
"a"
\\a
END
ok "each of $asked hostile targets is refused" test "$refused" -eq "$asked"
for words in 'trace' 'trace 10.1.1.1 -T targets' 'trace -T none' 'trace -T .' \
    'trace 192.168.1.1' 'trace 2001:db8::1' 'trace -4 -S 192.0.2.1 2001:db8::1' \
    'trace 10.1.1.1 -m 0' 'trace 10.1.1.1 -m 256' 'trace 10.1.1.1 -q 0' \
    'trace 10.1.1.1 -w -1' 'trace 10.1.1.1 -f 9 -m 5' 'trace 10.1.1.1 -t 256' \
    'trace 10.1.1.1 -p 0' 'trace 10.1.1.1 -P nonsense' 'trace 10.1.1.1 --spec IP' \
    'trace 10.1.1.1 --interval 1s' 'trace 10.1.1.1 -H targets' \
    'trace 10.1.1.1 --responsive' 'ping 10.1.1.1 -m 5' 'ping 10.1.1.1 --interval x' \
    'tracelb 10.1.1.1 --confidence 100' 'tracelb 10.1.1.1 --max-probes 0' \
    'tracebox 10.1.1.1 --spec nonsense' 'tracebox 10.1.1.1 --spec IP/TCP/MSS(99999999)' \
    'tracebox 10.1.1.1 --spec $(touch${IFS}canary)' 'tracebox 10.1.1.1 -p 80' \
    'trace 10.1.1.1 --senders nobody' 'trace 10.1.1.1 -O src=192.0.2.1'
do
	ok "$words is refused" hostile $words
done
ok 'path options are not for catchments' hostile catchments -H targets -q 3
ok '--dry-run asks no node' sh -c '
    orchestrate '"$fast"' trace '"$target"' --dry-run >out && [ ! -e called ]'
ok '... but says what it would' grep -q 'castnode start .* send node=lax:3 list=probes.1.gz rate=1000' out
ok '... whole, node by node, however they come' sh -c '
    dests=$(awk "!/^#/ { print (NF > 1 && \$2 !~ /=/ ? \$2 : \$1) }" nodes.txt)
    for i in 1 2 3 4 5 6
    do
	orchestrate '"$fast"' trace '"$target"' --dry-run >out &&
	    [ "$(sed -n "s/.* -- \(.*\) castnode start .* catch .*/\1/p" out)" = "$dests" ] &&
	    [ "$(grep -c " castnode " out)" -eq $(($(echo "$dests" | wc -l) * 4)) ] || exit 1
    done'
ok '... and keeps nothing' sh -c '[ "$(ls runs | wc -l)" -eq "$(ls -d runs/*/options | wc -l)" ]'
done_testing
