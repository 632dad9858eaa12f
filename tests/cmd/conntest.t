#!/bin/sh
# conntest on loopback: what is refused, TCP and UDP, IPv4 and IPv6, ports,
# a peer that is killed and comes back.  How many packets are sent depends on
# how busy the machine is; what became of them does not.
. "${0%/*}/../lib.sh"

base=$((20000 + $$ % 20000))
port=$base closed=$((base + 1)) silent=$((base + 2)) gone=$((base + 3))
pids=
stop_all() {
	for p in $pids
	do
		kill "$p" 2>/dev/null
	done
	rm -rf "$work"
}
trap stop_all EXIT
trap 'exit 130' INT TERM

refuse() {
	status 2 timeout 5 conntest "$@" 2>err || return 1
	grep -q "$says" err || { cat err; return 1; }
}
says='one of -l, -c and -p'
ok 'something to do is needed' refuse
says='unknown option: bandwith; tcp allows latency bandwidth dir= size='
ok 'an unknown option is refused with what is allowed' \
    refuse -c 'tcp://127.0.0.1:9?bandwith'
says='unknown option: colour; udp allows latency bandwidth pmtu gso'
ok '... for udp too' refuse -c 'udp://127.0.0.1:9?colour=1'
says='needs a value: size'
ok 'an option without its value' refuse -c 'tcp://127.0.0.1:9?size'
says='dscp is 0 to 63, not: 64'
ok 'a value out of bounds' refuse -c 'udp://127.0.0.1:9?dscp=64'
says='not tcp or udp: sctp'
ok 'another protocol' refuse -l sctp:9
says='1 to 65535: 70000'
ok 'no such port' refuse --ports 70000 127.0.0.1
says='ports of which hosts'
ok 'ports of nobody' refuse --ports 22
says='hosts are for -p'
ok 'hosts without ports' refuse -l tcp:9 127.0.0.1
says='nosuchhost.invalid'
ok 'a host that is not there' refuse -c tcp://nosuchhost.invalid:9
says='not a NAME:NUMBER: -:x'
ok 'a name that is none' refuse -N -:x -l tcp:9
says='already past'
ok 'an end that is past' refuse -l tcp:9 --end 1000

listener() {
	conntest -N srv:1 -l "tcp:$1" -l "udp:$1" --force -w "$2" &
	pid=$!
	pids="$pids $pid"
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20
	do
		conntest --wait 1s --ports "$1,udp:$1" 127.0.0.1 \
		    >/dev/null 2>&1 && return 0
		sleep .2
	done
	return 1
}
ok 'a listener' listener $port srv.rec
srv=$pid

# row file condition: exactly the rows that should hold it do; at least one
row() {
	recawk "$2 { n++; if (!($3)) { print; bad++ } }
	    END { if (!n) print \"no such row\"; exit !n || bad }" "$1"
}

# udp host: a turn of latency: nothing is lost on loopback
udp() {
	timeout 20 conntest -N cli:2 --turns 1 --interval 200ms --hist -o off \
	    --force -c "udp://$1:$port?time=1s&interval=10ms&dscp=46&ecn=1&ttl=77&name=srv" >out
}
for host in 127.0.0.1 '[::1]'
do
	ok "udp latency to $host" udp "$host"
	ok '... everything is accounted for' row out \
	    '$event == "total" && $dir == "rt"' \
	    '$sent >= 10 && $rcvd == $sent && $lost == 0 && $dup == 0 && $reord == 0 && $late == 0 && $state == "whole"'
	ok '... in each direction' row out \
	    '$event == "total" && $dir != "rt"' \
	    '$sent >= 10 && $rcvd == $sent && $lost == 0 && $jitter_ms != "-"'
	ok '... round trips in order' row out \
	    '$event == "total" && $dir == "rt"' \
	    '$rtt_min_ms + 0 <= $rtt_p50_ms + 0 && $rtt_p50_ms + 0 <= $rtt_p90_ms + 0 && $rtt_p90_ms + 0 <= $rtt_p99_ms + 0 && $rtt_p99_ms + 0 <= $rtt_max_ms + 0 && $hist ~ /^[0-9]+:[0-9]+/'
	ok '... TTL, DSCP and ECN arrive' row out \
	    '$event == "total" && $dir == "up"' \
	    '$ttl == 77 && $dscp == 46 && $ecn == 1'
	ok '... and come back with the DSCP' row out \
	    '$event == "total" && $dir == "down"' '$dscp == 46'
	ok '... the clock is our own, within its bound' row out \
	    '$event == "total" && $dir == "rt"' \
	    '$owd_err_ms != "-" && $offset_ms <= $owd_err_ms + 0 && -$offset_ms <= $owd_err_ms + 0'
	ok '... intervals add up to no more than the total' sh -c '
	    recawk '\''$dir == "rt" && $event == "interval" { n += $sent; k++ }
	    $dir == "rt" && $event == "total" { t = $sent }
	    END { exit !(k >= 3 && n > 0 && n <= t) }'\'' out'
	ok '... offsets for matchresults' row off 1 \
	    '$node == "cli" && $peer == "srv" && $err_ms > 0 && $offset_ms <= $err_ms + 0 && -$offset_ms <= $err_ms + 0'
done

plain() {
	timeout 20 conntest --turns 1 \
	    -c "udp://127.0.0.1:$port?time=500ms&interval=10ms&size=44" >out
}
ok 'plain RFC 8762' plain
ok '... loses nothing' row out '$event == "total" && $dir == "rt"' \
    '$sent >= 5 && $rcvd == $sent && $size == 44'
ok '... what the reflector received it cannot tell' row out \
    '$event == "total" && $dir == "up"' '$rcvd == "-" && $lost == "-"'

bandwidth() {
	timeout 30 conntest -N cli:2 --turns 1 -c "$1" >out
}
ok 'udp bandwidth both ways' bandwidth \
    "udp://127.0.0.1:$port?bandwidth&time=1s&rate=8M&dir=both&size=1000"
ok '... all that was sent is received or lost' row out \
    '$event == "total" && $test == "bandwidth"' \
    '$state == "whole" && $sent >= 200 && $sent <= 1001 && $rcvd + $lost == $sent && $rcvd > 100 && $bps > 1000000 && $bps < 8400000'
ok '... with latency under load' row out \
    '$event == "total" && $test == "loaded" && $dir == "rt"' \
    '$rcvd >= 2 && $rtt_p50_ms > 0'
ok 'udp in trains' bandwidth \
    "udp://[::1]:$port?bandwidth&time=500ms&rate=40M&gso"
ok '... says so' row out '$event == "total" && $test == "bandwidth"' \
    '$io == "gso" && $rcvd + $lost == $sent && $rcvd > 100'
for host in 127.0.0.1 '[::1]'
do
	ok "tcp to $host: latency, then bandwidth both ways" bandwidth \
	    "tcp://$host:$port?latency&bandwidth&dir=both&time=1s&interval=10ms&size=100K"
	ok '... one connection' sh -c \
	    'test "$(recawk '\''$event == "connect"'\'' out | wc -l)" -eq 1'
	ok '... latency' row out \
	    '$event == "total" && $test == "latency" && $dir == "rt"' \
	    '$sent >= 10 && $rcvd == $sent && $lost == 0 && $rtt_p50_ms > 0'
	ok '... bandwidth' row out \
	    '$event == "total" && $test == "bandwidth"' \
	    '$bps > 1000000 && $state == "whole" && $sent == $rcvd && $size == 102400 && $limit != "-"'
	ok '... latency under load' row out \
	    '$event == "total" && $test == "loaded" && $dir == "rt"' \
	    '$rcvd >= 2 && $rcvd == $sent'
done
ok 'tcp at a rate' bandwidth "tcp://127.0.0.1:$port?bandwidth&time=1s&rate=20M"
ok '... is kept' row out '$event == "total" && $test == "bandwidth"' \
    '$bps > 2000000 && $bps < 25000000 && $limit == "rate"'
ok 'small messages' bandwidth "tcp://127.0.0.1:$port?bandwidth&time=500ms&size=36&dir=down"
ok '... each is counted' row out '$event == "total" && $test == "bandwidth"' \
    '$rcvd == $sent && $rcvd > 1000'
ok 'messages larger than what they are sent from' bandwidth \
    "tcp://127.0.0.1:$port?bandwidth&time=500ms&size=5MB&dir=both&name=large"
ok '... arrive whole' row out '$event == "total" && $test == "bandwidth"' \
    '$rcvd == $sent && $rcvd >= 1 && $state == "whole" && $size == 5242880'
ok 'path MTU of loopback, up to 4000 bytes' bandwidth \
    "udp://127.0.0.1:$port?pmtu&size=4000"
ok '... is all of it' row out '$event == "pmtu"' '$pmtu == 4028'

ports() {
	status 1 timeout 20 conntest --wait 500ms \
	    --ports "$port,$closed,udp:$port,udp:$closed" 127.0.0.1 ::1 >out
}
ok 'ports: not all are open' ports
ok '... in order, each with its state' sh -c '
    recawk "\$event == \"port\" { printf \"%s %s %d %s %s\n\", \$addr, \$proto, \$port - '"$base"', \$state, \$error }" out >got
    for a in 127.0.0.1 ::1
    do
	echo "$a tcp 0 open -"; echo "$a tcp 1 closed ECONNREFUSED"
	echo "$a udp 0 open -"; echo "$a udp 1 closed ECONNREFUSED"
    done | diff - got'
ok 'all open: exit 0' timeout 20 conntest --ports $port 127.0.0.1 -w ports.rec

closed_peer() {
	status 1 timeout 20 conntest --turns 1 --end +2s \
	    -c "$1://127.0.0.1:$closed?time=1s&interval=50ms" >out
}
for proto in tcp udp
do
	ok "$proto: nobody there is exit 1" closed_peer $proto
	ok '... every attempt is on record' row out '$event == "fail"' \
	    '$state == "closed" && $error == "ECONNREFUSED" && $attempt >= 1'
done

# restart proto: kill the listener, start it again, the client goes on
restart() {
	listener $gone one.rec || return 1
	timeout 30 conntest -N cli:2 --end +7s --interval 200ms --force \
	    -w again.rec -c "$1://127.0.0.1:$gone?interval=10ms" &
	cli=$!
	sleep 1.5
	kill -9 "$pid"
	wait "$pid" 2>/dev/null
	sleep 2
	date +%s.%N >restarted
	conntest -N srv:1 -l "tcp:$gone" -l "udp:$gone" --force -w two.rec &
	pid=$!
	pids="$pids $pid"
	wait $cli || return 1
	kill "$pid"
	wait "$pid"
	[ $? -eq 143 ]
}
for proto in tcp udp
do
	ok "$proto: peer killed and restarted" restart $proto
	ok '... was open, closed, and open again' sh -c '
	    recawk '\''$event ~ /^(open|close|fail)$/ { print $event, $state, $error, $attempt }'\'' again.rec >got
	    awk '\''$1 == "open" { n++ } $1 == "close" { c++ } $1 == "fail" && !/ECONNREFUSED/ { bad++ }
	    END { exit !(n == 2 && c >= 1 && !bad) }'\'' got || { cat got; false; }'
	ok '... and recovered within two seconds' sh -c '
	    recawk '\''$event == "open" { o = $time }
	    END { getline t <"restarted"; print o - t
	    exit !(o - t > 0 && o - t < 2) }'\'' again.rec'
	ok '... and claims nothing of the time between' sh -c '
	    recawk '\''$event == "total" && $dir == "up" && ($rcvd != "-" || $lost != "-") { bad++ }
	    $event == "total" && $dir == "rt" { n += $sent == $rcvd + $lost }
	    END { exit !n || bad }'\'' again.rec'
	ok '... and measures again' sh -c '
	    recawk '\''$event == "open" { n = 0 } $event == "interval" && $dir == "rt" && $rcvd > 5 { n++ }
	    END { exit !(n >= 3) }'\'' again.rec'
done

ended() {
	kill "$srv"
	wait "$srv"
	[ $? -eq 143 ] && grep -q '^# interrupted: SIGTERM' srv.rec &&
	    grep -q '^# end: ' srv.rec
}
ok 'the listener ends in order' ended
ok '... and has seen every peer' row srv.rec \
    '$event == "total" && $test == "bandwidth"' '$local == "srv" && $peer != "-"'
ok '... what we sent is what it reflected' row srv.rec \
    '$event == "total" && $test == "reflect"' '$lost == 0 && $dup == 0'
done_testing
