#!/bin/sh
# conntest against paths that misbehave by plan: every counter exact, delays
# and offsets as planted; loss, dead links, other addresses survived.
. "${0%/*}/../lib.sh"

base=$((10000 + $$ % 10000))
port=$base shim=$((base + 1))
pids='' spaces=''
leave() {
	for p in $pids
	do
		kill "$p" 2>/dev/null
	done
	for s in $spaces
	do
		ip netns del "$s" 2>/dev/null
	done
	rm -rf "$work"
}
trap leave EXIT
trap 'exit 130' INT TERM

conntest -N srv:1 -l udp:$port -l tcp:$port -w srv.rec --max-rate 50M \
    2>srv.err &
srv=$!
pids=$srv
for _ in 1 2 3 4 5 6 7 8 9 10
do
	conntest --wait 500ms --ports $port 127.0.0.1 >/dev/null 2>&1 && break
	sleep .3
done

# path uri-options setting ...: a turn through the shim; records in out, the
# truth in truth
path() {
	opts=$1
	shift
	rm -f truth
	"$HELPER/udpshim" $shim $port truth "$@" &
	path_pid=$!
	pids="$pids $path_pid"
	sleep .2
	timeout 60 conntest -N cli:2 --turns 1 --interval 500ms --force \
	    -o off -w out -c "udp://127.0.0.1:$shim?$opts" || return 1
	kill $path_pid
	wait $path_pid
}

# as_planted: the totals are the truth
as_planted() {
	recawk '$event == "total" && $dir != "rt" && $test == "latency" {
		print $dir, "sent", $sent, "rcvd", $rcvd, "lost", $lost, "dup", $dup, "reord", $reord, "bursts", $bursts, "burst_max", $burst_max }' out >got
	sed -n 's/ min_us.*//p' truth | diff - got
}

# delays: medians within 50 us of what the shim did
delays() {
	awk '/^up|^down/ { split($0, w); print $1, $NF / 1000 }' truth >want
	recawk 'BEGIN { while ((getline line <"want") > 0) { split(line, w, " "); p50[w[1]] = w[2] } }
	    $event == "total" && $dir == "rt" { rtt = $rtt_p50_ms; d = rtt - p50["up"] - p50["down"] }
	    END { print "median", rtt, "planted", p50["up"] + p50["down"], "ms"; if (d < 0) d = -d; exit !(d < 0.050 + rtt / 256) }' out
}

ok 'loss, doubles, reordering, both ways' path 'time=4s&interval=2ms' \
    seed=7 up-drop=5 up-dup=3 up-late=4 up-by=9000 up-delay=3000 \
    down-drop=4 down-dup=2 down-late=5 down-by=11000 down-delay=2000
ok '... every counter is exact' as_planted
cp out first.rec
ok 'delays alone' path 'time=3s&interval=5ms' up-delay=5000 down-delay=3000
ok '... medians within 50 us' delays
ok '... nothing lost' as_planted
ok '30 % loss on the way there' path 'time=3s&interval=5ms' seed=3 up-drop=30
ok '... every counter is exact' as_planted
ok '30 % loss on the way back' path 'time=3s&interval=5ms' seed=4 down-drop=30
ok '... every counter is exact' as_planted
ok 'bandwidth with 30 % loss both ways ends' path \
    'bandwidth&dir=both&time=2s&rate=2M&size=500' seed=5 up-drop=30 down-drop=30
ok '... all that was sent is received or lost' sh -c '
    recawk '\''$event == "total" && $test == "bandwidth" { print $sent, $rcvd, $lost, $state
	n += $sent == $rcvd + $lost && $lost > $sent / 5 && $lost < $sent * .4 }
    END { exit n != 2 }'\'' out'

# offset: the clock that the shim set apart, within the bound
offset() {
	recawk 'BEGIN { getline line <"truth"; split(line, w, " "); start = w[3]; skew = w[5]; ppm = w[7] }
	    { is = -$offset_ms; truth = skew + ($time - start) * ppm / 1000
	      d = is - truth; if (d < 0) d = -d
	      if (d > $err_ms) { print is, truth, $err_ms; bad++ }
	      n++ }
	    END { print n, "offsets, the last", is, "truth", truth, "error", $err_ms; exit !n || bad }' off
}
ok 'a clock 100 ms apart that drifts by 50 ppm' path 'time=5s&interval=5ms' \
    skew=100 ppm=50 up-delay=4000 down-delay=1000 up-late=20 up-by=3000
ok '... is found, within the bound' offset
ok '... the bound is half the shortest round trip' sh -c '
    recawk "{ e = \$err_ms } END { print e; exit !(e > 2 && e < 3.2) }" off'
one_way() {
	awk '/^up|^down/ { print $1, $NF / 1000 }' truth >want
	recawk 'BEGIN { while ((getline line <"want") > 0) { split(line, w, " "); p50[w[1]] = w[2] } }
	    $event == "total" && $dir != "rt" { d = $owd_p50_ms - p50[$dir]; if (d < 0) d = -d
	      print $dir, $owd_p50_ms, p50[$dir], $owd_err_ms; if (d > $owd_err_ms + .05) bad++; n++ }
	    END { exit n != 2 || bad }' out
}
ok '... one-way delays are within it' one_way

ok 'an address that changes behind a NAT' path 'time=4s&interval=5ms' rebind=2
ok '... loses next to nothing, the session goes on' sh -c '
    recawk '\''$event == "total" && $dir == "up" { print $sent, $rcvd, $lost; n = $sent > 400 && $lost <= 20 && $rcvd + $lost == $sent }
    END { exit !n }'\'' out'

# Nothing that anyone sends makes the listener send more than came.
amplify() {
	"$HELPER/amplify" 127.0.0.1 $port 20000 1
}
ok 'no bytes beyond those that came, without a cookie' amplify
ok '... and the listener lives' timeout 20 conntest -w alive --turns 1 --force \
    -c "udp://127.0.0.1:$port?time=300ms&interval=10ms"

kill $srv
wait $srv
ok 'the listener saw the address move' sh -c '
    recawk '\''$event == "moved" { n++ } END { exit !n }'\'' srv.rec'

row_loss() {
	recawk '$proto == "udp" && $event == "total" { print $dir, $sent, $rcvd, $lost, $state
	    if ($dir == "rt") ok += $lost > $sent * .15 && $lost < $sent * .45 && $rcvd + $lost == $sent
	    else ok += $rcvd + $lost == $sent }
	    END { exit ok != 3 }' loss.rec
}

# renumber space interface old new: deleting a first address takes the others
# of its network with it
renumber() {
	ip -n "$1" addr add "$4/24" dev "$2"
	ip -n "$1" addr del "$3/24" dev "$2"
	ip -n "$1" addr add "$4/24" dev "$2" 2>/dev/null
}

# Two nodes and a link between them, which goes down.
a=Gct-a-$$ b=Gct-b-$$
if [ "$(id -u)" = 0 ] && ip netns add $a 2>/dev/null
then
	spaces="$a $b"
	ip netns add $b
	ip -n $a link add eth0 type veth peer name eth0 netns $b
	for n in $a $b
	do
		ip -n "$n" link set lo up
		ip -n "$n" link set eth0 up
	done
	ip -n $a addr add 192.0.2.1/24 dev eth0
	ip -n $b addr add 192.0.2.2/24 dev eth0
	ip netns exec $b conntest -N b:2 -l udp:$port -l tcp:$port -w b.rec &
	far=$!
	pids="$pids $far"
	sleep 1
	ip netns exec $a conntest -N a:1 -w a.rec --end +22s --interval 500ms \
	    -c "udp://192.0.2.2:$port?interval=10ms" \
	    -c "tcp://192.0.2.2:$port?interval=10ms" &
	near=$!
	pids="$pids $near"
	sleep 4
	ip -n $b link set eth0 down
	sleep 10
	date +%s.%N >up
	ip -n $b link set eth0 up
	wait $near
	status=$?
	ok 'a link down for ten seconds' test $status -eq 0
	for proto in udp tcp
	do
		ok "... $proto is there again within two seconds" sh -c '
		    recawk '\''$proto == "'$proto'" && $event == "open" { o = $time; n++ }
		    END { getline t <"up"; print n, o - t; exit !(n == 2 && o - t > 0 && o - t < 2) }'\'' a.rec'
		ok "... $proto: the failure is on record" sh -c '
		    recawk '\''$proto == "'$proto'" && $event == "close" && $error != "-" { print; n++ }
		    END { exit !n }'\'' a.rec'
	done
	# The other end is killed, and is there again three seconds later.
	ip netns exec $a conntest -N a:1 -w kill.rec --end +9s --interval 500ms \
	    -c "udp://192.0.2.2:$port?interval=10ms" \
	    -c "tcp://192.0.2.2:$port?interval=10ms" &
	near=$!
	pids="$pids $near"
	sleep 2
	date +%s.%N >killed
	kill -9 $far
	sleep 3
	date +%s.%N >up
	ip netns exec $b conntest -N b:2 -l udp:$port -l tcp:$port -w b2.rec &
	far=$!
	pids="$pids $far"
	wait $near
	for proto in udp tcp
	do
		ok "a peer that is killed: $proto is there within two seconds of its return" sh -c '
		    recawk '\''BEGIN { getline t <"up"; getline k <"killed" } $proto != "'$proto'" { next }
		    $event ~ /open|close|fail|connect/ { print $time - t, $event, $error }
		    $event == "close" && $error != "-" && $time > k && $time < t { closed++ }
		    $event == "open" { o = $time - t; n++ }
		    $event == "interval" && $dir == "rt" && $time - t > 2 && $rcvd > 5 { after++ }
		    END { exit !(n == 2 && closed == 1 && o > 0 && o < 2 && after) }'\'' kill.rec'
	done
	# Our own address is another from one moment to the next.
	ip netns exec $a conntest -N a:1 --end +9s --interval 500ms -w addr.rec \
	    -c "udp://192.0.2.2:$port?interval=10ms" \
	    -c "tcp://192.0.2.2:$port?interval=10ms" &
	near=$!
	sleep 2.5
	renumber $a eth0 192.0.2.1 192.0.2.7
	date +%s.%N >up
	wait $near
	renumber $a eth0 192.0.2.7 192.0.2.1
	for proto in udp tcp
	do
		ok "another address of our own: $proto is there within two seconds" sh -c '
		    recawk '\''BEGIN { getline t <"up" } $proto == "'$proto'" && $event == "open" { o = $time - t }
		    $proto == "'$proto'" && $event ~ /open|close|fail|connect/ { print $time - t, $event, $error }
		    $proto == "'$proto'" && $event == "interval" && $dir == "rt" && $time - t > 3 && $rcvd > 5 { n++ }
		    END { print n, o; exit !(n && o > 0 && o < 2) }'\'' addr.rec'
	done
	# A NAT between them is given another address, forgets what it knew
	# and drops what it does not know, in silence.
	r=Gct-r-$$
	ip netns add $r
	spaces="$spaces $r"
	ip -n $a link add eth1 type veth peer name eth1 netns $r
	ip -n $b link add eth1 type veth peer name eth2 netns $r
	for at in "$a eth1" "$b eth1" "$r eth1" "$r eth2"
	do
		ip -n "${at% *}" link set "${at#* }" up
	done
	ip -n $a addr add 10.9.0.2/24 dev eth1
	ip -n $r addr add 10.9.0.1/24 dev eth1
	ip -n $r addr add 198.51.100.101/24 dev eth2
	ip -n $b addr add 198.51.100.2/24 dev eth1
	ip -n $a route add 198.51.100.0/24 via 10.9.0.1
	ip netns exec $r sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
	ip netns exec $r nft -f - <<-'EON'
	add table ip t
	add chain ip t out { type nat hook postrouting priority 100; }
	add rule ip t out oif eth2 masquerade
	add chain ip t through { type filter hook forward priority 0; }
	add rule ip t through ct state invalid drop
	EON
	ip netns exec $r sh -c \
	    'echo 0 >/proc/sys/net/netfilter/nf_conntrack_tcp_loose'
	ip netns exec $a conntest -N a:1 --end +8s --interval 250ms -w nat.rec \
	    -c "udp://198.51.100.2:$port?interval=10ms&name=udp" \
	    -c "tcp://198.51.100.2:$port?interval=10ms&name=idle" \
	    -c "tcp://198.51.100.2:$port?bandwidth&interval=10ms&time=6s&rate=50M&name=up" \
	    -c "tcp://198.51.100.2:$port?bandwidth&interval=10ms&time=6s&rate=50M&dir=down&name=down" &
	near=$!
	sleep 4
	renumber $r eth2 198.51.100.101 198.51.100.102
	date +%s.%N >moved
	wait $near
	for name in idle up down
	do
		ok "an address changed behind a NAT: tcp, $name, is there within two seconds" sh -c '
		    recawk '\''BEGIN { getline t <"moved" } $peer != "'$name'" { next }
		    $event ~ /open|close|fail|connect/ { print $time - t, $event, $error }
		    $event == "close" && $error == "ETIMEDOUT" { closed++ }
		    $event == "open" { o = $time - t; n++ }
		    $event == "interval" && $dir == "rt" && $rcvd > 5 && $time - t > 2 { after++ }
		    END { exit !(n == 2 && closed == 1 && o > 0 && o <= 2 && after) }'\'' nat.rec'
	done
	ok '... udp never stops, and loses next to nothing' sh -c '
	    recawk '\''BEGIN { getline t <"moved" } $peer != "udp" { next }
	    $event ~ /open|close|fail|connect/ { print $time - t, $event, $error; n++ }
	    $event == "interval" && $dir == "rt" && $time - t > .3 && $time - t <= 2 { r += $rcvd }
	    $event == "total" && $dir == "rt" { print $sent, $rcvd, $lost; ok = $lost * 20 < $sent }
	    END { print n, r; exit !(n == 2 && r > 100 && ok) }'\'' nat.rec'
	ip netns del $r
	# 30 % loss on the way there, then on the way back.
	for hook in input output
	do
		ip netns exec $b nft -f - <<-EON
		add table inet loss
		add chain inet loss c { type filter hook $hook priority 0; }
		add rule inet loss c numgen random mod 100 < 30 drop
		EON
		ip netns exec $a conntest -N a:1 --end +6s --interval 500ms \
		    -c "tcp://192.0.2.2:$port?interval=20ms&latency&bandwidth&time=1s&rate=1M&size=4K" \
		    -c "udp://192.0.2.2:$port?interval=20ms" >loss.rec 2>loss.err
		ip netns exec $b nft delete table inet loss
		ok "30 % loss at the $hook: udp counts it" row_loss
		ok '... tcp goes on' sh -c '
		    recawk '\''$proto == "tcp" && $dir == "rt" && $rcvd > 0 { n++; r += $rcvd; l = $time } { end = $time }
		    $proto == "tcp" && $event ~ /open|close|fail/ { print $event, $error }
		    END { print n, r, end - l; exit !(n >= 3 && r >= 20) }'\'' loss.rec'
	done
	# What a filter says, and what it does not say.
	ip netns exec $b nft -f - <<-'EON'
	add table inet t
	add chain inet t in { type filter hook input priority 0; }
	add rule inet t in tcp dport 81 drop
	add rule inet t in tcp dport 82 reject with icmpx admin-prohibited
	add rule inet t in tcp dport 83 reject
	add rule inet t in tcp dport 84 reject with tcp reset
	EON
	ip netns exec $a conntest --wait 1s --ports $port,80-84 192.0.2.2 \
	    192.0.2.3 >ports.rec 2>ports.err
	ip -n $a route add unreachable 198.51.100.0/24
	ip netns exec $a conntest --wait 1s --ports 80 198.51.100.1 198.18.0.1 \
	    >none.rec 2>none.err
	ok 'ports: open, closed, filtered, unreachable are told apart' sh -c '
	    recawk "{ print \$addr, \$port, \$state, \$error }" ports.rec none.rec >got
	    { echo 192.0.2.2 '$port' open -
	    echo 192.0.2.2 80 closed ECONNREFUSED
	    echo 192.0.2.2 81 filtered ETIMEDOUT
	    echo 192.0.2.2 82 filtered EHOSTUNREACH
	    echo 192.0.2.2 83 filtered ECONNREFUSED
	    echo 192.0.2.2 84 closed ECONNREFUSED
	    for p in '$port' 80 81 82 83 84; do echo 192.0.2.3 $p filtered ETIMEDOUT; done
	    echo 198.51.100.1 80 unreachable EHOSTUNREACH
	    echo 198.18.0.1 80 unreachable ENETUNREACH; } | diff - got'
	# A path narrower than the links at its ends, and nobody tells.
	ip -n $a link set eth0 mtu 1400
	ip netns exec $a conntest --turns 1 -c "udp://192.0.2.2:$port?pmtu" \
	    >pmtu.rec
	ok 'path MTU of a narrow link' sh -c '
	    recawk '\''$event == "pmtu" { print $pmtu; n = $pmtu }
	    END { exit n != 1400 }'\'' pmtu.rec'
	kill $far
	wait $far
else
	ok 'two nodes and a link between them # SKIP needs root' true
fi
done_testing
