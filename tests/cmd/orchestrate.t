#!/bin/sh
# orchestrate over a stand-in for ssh, with fakenode for what needs a network.
# shellcheck disable=SC2086 # options are words
. "${0%/*}/../lib.sh"
. "$TOP/tests/nodes.sh"

# hitlist prefix count: one address in each /24
hitlist() {
	awk -v p="$1" -v n="$2" 'BEGIN { for (i = 0; i < n; i++)
		printf "%s.%d.%d.%d\n", p, i / 256, i % 256, i * 7 % 256 }'
}
hitlist 10 300 >list
gzip -n <list >hitlist.gz
"$HELPER/fakenode" truth <list | sort >truth
printf '%s\n' 'ams unicast=203.0.113.1' '# closed' 'sin  user@sin unicast=203.0.113.2' \
    'lax lax.example.net lat=33.9 lon=-118.4 unicast=203.0.113.3' >nodes.txt
origin='-S 192.0.2.1 --allow-prefix 10.0.0.0/8'
fast="$origin -r 300 -c 1"

# orch arg ...: as a user types it
orch() {
	orchestrate "$@" >out 2>err
}

# rows file: "target site" of a result; 0 for silent
rows() {
	zcat "$1" | awk -F '\t' '!/^#/ { print $2, $5 == "ok" ? $4 : 0 }' |
	    sed 's/ams$/1/; s/sin$/2/; s/lax$/3/' | sort
}

# true_rows file: equal to the truth, but for anycast targets, which answer
# the site that happens to ask
true_rows() {
	rows "$1" >rows
	join truth rows | awk '$2 != "any" && $2 != $3 { print; bad = 1 }
	    $2 == "any" && $3 == 0 { print; bad = 1 }
	    END { exit bad || NR != '"$(wc -l <truth)"' }'
}

whole() {	# whole id: complete, and right
	test -e "runs/$1/COMPLETE" && test ! -e "runs/$1/PARTIAL" &&
	    true_rows "runs/$1/result.gz"
}

# --- catchments

ok 'catchments' orch -n nodes.txt $fast --id c1
ok '... complete, and each target at its site' whole c1
ok '... the table is kept' diff out runs/c1/table
ok '... every probe is accounted for' sh -c '
    [ "$(sed -n "s/.*probes$//p; /^[a-z-]/ s/.* //p" out | awk "{ n += \$1 } END { print n }")" -eq 300 ]'
ok '... nothing is left on the nodes' sh -c '! ls "$FAKEHOMES"/*/castnet/runs/* 2>/dev/null'
ok '... nor the key' test ! -e runs/c1/key
ok '... and no catcher' sh -c '! ls "$FAKEWIRE"/*/* 2>/dev/null'
ok '... everything is there to do it again' sh -c '
    cd runs/c1 && ls nodes.txt hitlist hitlist.gz options versions plan \
    nodes.d/ams/sent.1.gz nodes.d/lax/reply.1.gz nodes.d/sin/catch.1.log'
ok 'a run of that name is there' status 2 orch -n nodes.txt $fast --id c1
ok '... and is left as it was' whole c1
ok 'one sender of three, under a restricted key' sh -c '
    mkdir -p "$FAKEHOMES/ams"; : >"$FAKEHOMES/ams/forced"
    orchestrate -n nodes.txt '"$fast"' --id c2 --senders ams --quiet >out 2>err'
rm "$FAKEHOMES/ams/forced"
ok '... complete and right' whole c2
ok '... only it sent' sh -c '! ls runs/c2/nodes.d/sin/sent.*'
ok '--quiet is quiet' test ! -s err
ok 'show' orch show c1
ok '... prints the table' diff out runs/c1/table
ok 'list' orch list
ok '... names the runs' grep -Eq '^c1 +catchments +complete +3 +300$' out

# --- other verbs

ok 'latency' orch latency -n nodes.txt $fast --id l1
ok '... every probe sent by the site that catches' sh -c '
    zcat runs/l1/result.gz | awk -F "\t" "!/^#/ && (\$3 != \$4 || \$8 == \"-\") { exit 1 }"'
ok '... of what answered' sh -c '
    [ "$(zcat runs/l1/result.gz | grep -vc "^#")" -eq "$(grep -vc " 0$" truth)" ]'
ok 'unicast' orch unicast -n nodes.txt $fast --gap 0 --id u1
ok '... three round trips of each target that answers' sh -c '
    recawk "{ n += split(\$rtts, x, \",\") } END { print n }" runs/u1/best.gz >n
    [ "$(cat n)" -eq $((3 * $(grep -vc " 0$" truth))) ]'
ok '... the best is the least of them, the loss against it' sh -c '
    recawk "{
	split(\$rtts, x, \",\"); min = 1e9
	for (i in x) { split(x[i], y, \":\"); at[y[1]] = y[2]; if (y[2] < min) min = y[2] }
	if (\$best_rtt_ms + 0 != min || at[\$best] + 0 != min) bad = 1
	d = at[\$rx] - min - \$loss_ms
	if (d > 0.002 || d < -0.002) bad = 1
    } END { if (bad || !NR) print \"bad\" }" runs/u1/best.gz | wc -c | grep -qx 0'
ok 'census' orch census -n nodes.txt $fast --gap 1s --id s1
ok '... finds just the targets that are anycast' sh -c '
    recawk "\$nsites > 1 { print \$dst }" runs/s1/census.gz | sort >anycast
    awk "\$2 == \"any\" { print \$1 }" truth | diff anycast -'
ok '... sites are a gap apart' sh -c '
    recawk "\$tx == \"ams\" { a[\$dst] = \$sent_time } \$tx == \"sin\" { b[\$dst] = \$sent_time }
	END { for (t in a) { d = b[t] - a[t]; if (d < .5 || d > 9) print t, d } }" \
	runs/s1/result.gz | wc -l | grep -qx 0'
ok 'census --responsive' orch census --responsive -n nodes.txt $fast --gap 0 --id s2
ok '... leaves out what is silent' sh -c '
    [ "$(recawk "END { print NR }" runs/s2/census.gz)" -gt 0 ] &&
    [ "$(zcat runs/s2/census.gz | grep -vc "^#")" -eq "$(grep -vc " 0$" truth)" ]'

# --- what goes wrong

printf 'ams\ndown-fra\nlax\n' >down.txt
ok 'a node is down: nothing is measured' status 2 orch -n down.txt $fast --id d1
ok '... it is named' grep -q '^orchestrate: down-fra: .*timed out' err
ok '... nothing is left' sh -c '! ls -d runs/d1 "$FAKEHOMES"/*/castnet/runs/* 2>/dev/null'
ok 'with --partial it is, and flagged' status 1 orch -n down.txt $fast --partial --id d2
ok '... with the reason' grep -q '^partial: down-fra: .*timed out' out
ok '... and never complete' sh -c '[ -e runs/d2/PARTIAL ] && [ ! -e runs/d2/COMPLETE ]'
ok 'the key stays for resume, for its owner' sh -c '
    [ "$(stat -c %a runs/d2/key)" = 600 ]'
for d in "$FAKEHOMES"/*/castnet/runs/d2
do
	rm -rf "$d"
done

# in_run id: wait until senders of the run are sending
in_run() {
	for _ in $(seq 200)
	do
		[ ! -e "runs/$1/started" ] || return 0
		sleep 0.05
	done
	return 1
}

# A run of about three seconds with something done to it in the middle.
disturbed() {	# disturbed id command: exit status is orchestrate's
	orchestrate -n nodes.txt $origin -r 35 -c 1 --id "$1" >out 2>err &
	orch_pid=$!
	in_run "$1" && sleep 1 && eval "$2"
	wait $orch_pid
}
pid_of() {	# pid_of node kind
	cat "$FAKEHOMES/$1/castnet/runs/"*"/$2.pid"
}

ok 'a sender is killed' disturbed k1 'kill -9 $(pid_of ams send)'
ok '... the run is complete and right' whole k1
ok '... in two parts' test -e runs/k1/nodes.d/ams/sent.2.gz
ok 'a catcher is killed' disturbed k2 'kill -9 $(pid_of user@sin catch)'
ok '... the run is complete and right' whole k2
ok '... in two parts' test -e runs/k2/nodes.d/sin/reply.2.gz
ok '... with targets sent again' test -s runs/k2/redo.1
ok 'orchestrate is killed' status 137 disturbed k3 'kill -9 $orch_pid'
ok '... which is no complete run' test ! -e runs/k3/COMPLETE
ok '... but an interrupted one' sh -c 'orchestrate list | grep -q "^k3 *catchments *\(interrupted\|running\)"'
ok 'resume' orch resume k3
ok '... makes it complete and right' whole k3
ok '... without sending again' sh -c '
    [ "$(zcat runs/k3/nodes.d/*/sent.*.gz | grep -vc "^#")" -eq 300 ]'
ok 'resume of a complete run prints its table' orch resume k3
ok '... again' diff out runs/k3/table
ok 'a node loses everything but its files' status 137 disturbed k4 '
    kill -9 $orch_pid; touch $FAKEHOMES/lax.example.net/castnet/runs/k4/catch.stop
    kill -9 $(pid_of lax.example.net send); kill -9 $(pid_of lax.example.net catch)'
ok '... resume makes it right' orch resume k4
ok '... wholly' whole k4
ok 'SIGTERM ends it in good order' status 143 disturbed k5 'kill $orch_pid'
ok '... with what there is' grep -q '^partial: .*did not send all' runs/k5/table
ok '... what was never sent is listed' sh -c '
    [ $(($(wc -l <runs/k5/unsent) + $(zcat runs/k5/nodes.d/*/sent.*.gz | grep -vc "^#"))) -eq 300 ]'
ok '... resume sends just that' orch resume k5
ok '... and is right' whole k5
ok '... nothing twice' sh -c '
    [ "$(zcat runs/k5/nodes.d/*/sent.*.gz | grep -vc "^#")" -eq 300 ]'
ok 'stop and fetch from elsewhere' status 137 disturbed k6 '
    kill -9 $orch_pid; orchestrate stop k6; orchestrate fetch k6 >out'
ok '... is partial' grep -q '^partial: fetched' runs/k6/table
ok '... and can be resumed' orch resume k6
ok '... and is right' whole k6
# The sender runs, but its node could not say so: nothing of it is thrown away.
for node in ams user@sin lax.example.net
do
	echo '0 send' >"$FAKEHOMES/$node/cut"
done
ok 'all links are cut as the senders start' status 1 orch -n nodes.txt $fast --id k8
ok '... which it says' grep -qx 'orchestrate: ams: no answer' err
ok '... and that there is nothing yet' grep -qx 'orchestrate: no node has given any records yet' err
ok '... resume fetches it' orch resume k8
ok '... and is right' whole k8
ok '... with all that was sent the first time' sh -c '
    cd runs/k8/nodes.d && [ "$(zcat */sent.1.gz | grep -vc "^#")" -eq 300 ] &&
    ! ls */sent.2.gz 2>/dev/null'
ok 'a link is cut in a fetch' sh -c '
    . "$TOP/tests/cmd/orchestrate.cut"; cut_link runs/k7 '"'$fast'"
ok '... which goes on where it was' whole k7

# --- what is refused before anything starts

SSH=$work/nossh; export SSH
printf '#!/bin/sh\n[ "$1" = -V ] || touch "%s/called"\n' "$work" >nossh
chmod +x nossh
refused=0 asked=0
refuse() {	# refuse printf-format: a nodes file
	# shellcheck disable=SC2059 # the format is what is tried
	printf -- "$1" >bad.txt
	asked=$((asked + 1)) rc=0
	orchestrate -n bad.txt $fast --id bad >out 2>err || rc=$?
	if [ $rc -eq 2 ] && [ -s err ] && [ ! -s out ] && [ ! -e called ] &&
	    [ ! -e runs/bad ] && [ ! -e canary ]
	then
		refused=$((refused + 1))
	else
		echo "# exit $rc: $1"
	fi
}
refuse ''
refuse '# nothing\n\n'
refuse '-oProxyCommand=touch${IFS}canary\n'
refuse 'ams -oProxyCommand=touch${IFS}canary\n'
refuse 'ams ams;touch\\tcanary\n'
refuse 'ams;touch canary\n'
refuse '$(touch canary)\n'
refuse 'ams `touch${IFS}canary`\n'
refuse '../../etc/cron.d/x\n'
refuse '..\n'
refuse '.\n'
refuse 'ams/../sin\n'
refuse 'ams\nsin\nams\n'
refuse 'ams ams nonsense\n'
refuse 'ams ams key=value\n'
refuse 'ams ams rate=1e9\n'
refuse 'ams ams rate=0\n'
refuse 'ams ams rate=5 rate=6\n'
refuse 'ams ams lat=91\n'
refuse 'ams ams lon=-180.5\n'
refuse 'ams ams iface=eth0;x\n'
refuse 'ams ams iface=-w\n'
refuse 'ams ams source=/etc/passwd\n'
refuse 'ams ams source=192.0.2.1,2001:db8::1,192.0.2.2\n'
refuse 'ams ams sudo=maybe\n'
refuse 'ams ams castnode=/bin/sh\n'
refuse 'ams ams castnode=sh;/castnode\n'
refuse 'ams user@-x\n'
refuse 'ams a@b@c\n'
refuse 'ams\000sin\n'
refuse 'ams\033[2J\n'
refuse 'h\303\251llo\n'
refuse 'ams am\001s\n'
refuse "$(printf '%0254d' 0)\n"
refuse 'ams\rsin\n'
refuse '!ams\n'
refuse '~ams\n'
refuse '{a,b}\n'
refuse 'ams*\n'
refuse '%%h\n'
ok "each of $asked hostile nodes files is refused" test "$refused" -eq "$asked"
hostile() {	# hostile option value ...: exit 2, ssh not called
	status 2 orch -n nodes.txt "$@" && [ ! -e called ] && [ ! -e canary ]
}
ok 'a nodes file that is a directory' status 2 orch -n . $fast
ok 'a nodes file that is not there' status 2 orch -n none $fast
for words in '--id ../x' '--id -x' '--id a;b' '-r -1' '-r 1e9' '-S x' '-S 192.0.2.1;x' \
    '-P icmp;x' '-P ../x' '-i eth0/..' '-i -w' '-e x' '-c 5y' '-t 0' '-O src' \
    '-O src=;x' '--senders nobody' '--senders ../ams' '--source-port 0' \
    '--when yesterday' '--when now+' '--when now/x' '--gap x' '--parallel 0' \
    '--allow-prefix ;x/8' '--sample x' '--block x' '--nonsense' '-r' '-z' '-H none' \
    '-b none' 'catchments x'
do
	# shellcheck disable=SC2086 # words
	ok "$words is refused" hostile $origin $words
done
ok 'a verb that is none' status 2 orch nonsense -n nodes.txt
ok 'no anycast address' hostile --allow-prefix 10.0.0.0/8
ok 'an id with a slash' status 2 orch show ../x
ok 'no nodes' status 2 orch catchments
SSH=$TOP/tests/fakessh
ok '--dry-run asks no node' sh -c '
    SSH="$PWD/nossh" orchestrate -n nodes.txt '"$fast"' --dry-run >out && [ ! -e called ]'
ok '... but says what it would' grep -q 'castnode start .* send node=lax:3 list=hitlist.gz rate=300' out
ok '... whole, node by node, however they come' sh -c '
    dests=$(awk "!/^#/ { print (NF > 1 && \$2 !~ /=/ ? \$2 : \$1) }" nodes.txt)
    for i in 1 2 3 4 5 6
    do
	SSH="$PWD/nossh" orchestrate -n nodes.txt '"$fast"' --dry-run >out &&
	    [ "$(sed -n "s/.* -- \(.*\) castnode hello$/\1/p" out)" = "$dests" ] &&
	    [ "$(grep -c " castnode " out)" -eq $(($(echo "$dests" | wc -l) * 5)) ] || exit 1
    done'
ok '... and keeps nothing' sh -c '[ "$(ls runs | wc -l)" -eq "$(ls -d runs/*/options | wc -l)" ]'

# --- again and again, and elsewhere

ok 'twice in four seconds' orch -n nodes.txt $origin -r 2000 -c 0 --id w --when 'now + 1s / 1s'
ok '... is a run' whole w-001
ok '--when START ... END' orch -n nodes.txt $origin -r 2000 -c 0 --id v --when "now ... $(date -u -d '+9 seconds' '+%Y-%m-%d %H:%M:%S')"
ok '... run after run' whole v-002
ok 'nodes' orch nodes -n nodes.txt
ok '... each in a row' sh -c '[ "$(grep -c " ok$" out)" -eq 3 ]'
ok 'nodes: one is down' status 1 orch nodes -n down.txt
ok '... and says why' grep -q '^down-fra .*timed out' out
ok 'push' sh -c 'PATH=$FAKETREE/bin:$PATH orchestrate push -n nodes.txt >out 2>err'
ok '... to castnet in the home' sh -c 'cd "$FAKEHOMES/ams/castnet" &&
    for f in castnode castnode-run bin/catchreply bin/conntest
    do
	[ -x $f ] || exit 1
    done'
mv "$FAKETREE/libexec" "$FAKETREE/gone"
ok '... which is found there' orch nodes -n nodes.txt
ok '... and does it' orch -n nodes.txt $origin -r 2000 -c 0 --id p
done_testing
