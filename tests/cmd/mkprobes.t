#!/bin/sh
# mkprobes: what is to be sent, in which order, and what is refused.
. "${0%/*}/../lib.sh"

printf '%s\n' 198.18.0.1 2001:db8:1::1 198.18.3.1 >targets
seq 0 999 | awk '{ printf "198.18.%d.%d\n", $1 / 250, $1 % 250 + 1 }' >many

# rows line ...: these, spaces for tabs, are the records of "out".
rows() {
	for row
	do
		echo "$row"
	done | tr ' ' '\t' >want
	grep -v '^#' out | diff -u want -
}

small() {
	mkprobes --trace -m 3 -q 2 -e 1 <targets >out && golden mkprobes
}
ok 'a traceroute' small

# cover file count column ...: so many rows, no two alike in these columns.
cover() {
	f=$1 n=$2
	shift 2
	same_n=$(grep -v '^#' "$f" | cut -f "$(echo "$@" | tr ' ' ',')" |
	    sort -u | wc -l)
	[ "$(grep -vc '^#' "$f")" -eq "$n" ] && [ "$same_n" -eq "$n" ]
}
whole() {
	mkprobes --trace -f 2 -m 17 -q 2 --flows 3 <many >out &&
	    cover out 96000 1 3 4 5 &&
	    [ "$(grep -v '^#' out | cut -f 3 | sort -nu | tr '\n' ' ')" = \
	    "$(seq 2 17 | tr '\n' ' ')" ]
}
ok 'every ttl, flow and attempt of every target, once' whole
ok 'no ttl twice in a row' awk '/^#/ { next } $3 == was { exit 1 }
    { was = $3 }' out
ok 'the first attempts first' awk '/^#/ { next } $5 < was { exit 1 }
    { was = $5 }' out
# The targets of a hundred probes in a row are as good as all different.
ok 'targets are shuffled' awk '/^#/ { next } { t[$1]++ } ++n % 100 == 0 {
    for (a in t) { k++; delete t[a] } if (k < 80) exit 1; k = 0 }' out
order() {
	mkprobes --trace -q 1 -m 8 -e "$1" <many | grep -v '^#' >"$2"
}
seeds() {
	order 5 a && order 5 b && order 6 c && cmp a b && ! cmp a c &&
	    sort a >a.s && sort c >c.s && cmp a.s c.s
}
ok 'the order follows from the seed' seeds

lb() {
	mkprobes --tracelb -m 4 <targets >out && cover out 72 1 3 4 5 &&
	    grep -qx '# paths: tracelb' out && grep -qx '# flows: 6' out &&
	    grep -qx '# confidence: 95' out &&
	    mkprobes --tracelb -m 4 --confidence 99 --per-trace <targets >out &&
	    cover out 96 1 3 4 5 && grep -qx '# queries: 3' out &&
	    grep -qx '# per-trace: yes' out
}
ok 'multipath: as many flows as rule out a second next hop' lb
# first_lb count ttls option ...: a first round of so many, with these ttls.
first_lb() {
	n=$1 ttls=$2
	shift 2
	mkprobes --tracelb "$@" <targets >out && cover out "$n" 1 3 4 5 &&
	    [ "$(grep -v '^#' out | cut -f 3 | sort -nu | tr '\n' ' ')" = \
	    "$(seq "${ttls% *}" "${ttls#* }" | tr '\n' ' ')" ]
}
ok 'multipath: ten ttls first' first_lb 180 '1 10'
ok 'but paths may have 30' grep -qx '# max-ttl: 30' out
ok '... ten from -f on' first_lb 180 '8 17' -f 8
ok '... none beyond -m' first_lb 90 '26 30' -f 26
ok '... as many as --until says' first_lb 540 '1 30' --until 30

box() {
	mkprobes --tracebox "$1" -m 1 -q 1 <targets >out && shift && rows "$@"
}
ok 'tracebox: a SYN with options' box 'IP/DSCP(10)/TCP/MSS/TS/PORT(443)/ECE' \
    '2001:db8:1::1 syn 443 1 0 0 40 MSS(1460)/TS/ECE' \
    '198.18.3.1 syn 443 1 0 0 40 MSS(1460)/TS/ECE' \
    '198.18.0.1 syn 443 1 0 0 40 MSS(1460)/TS/ECE'
ok 'and without' box IP/TCP '2001:db8:1::1 syn 1 0 0 NONE' \
    '198.18.3.1 syn 1 0 0 NONE' '198.18.0.1 syn 1 0 0 NONE'
ok 'tracebox: UDP' box 'IP/ECN(1)/UDP/SIZE(200)' \
    '2001:db8:1::1 udp 1 0 0 1 200' '198.18.3.1 udp 1 0 0 1 200' \
    '198.18.0.1 udp 1 0 0 1 200'
family() {
	status 1 mkprobes --tracebox IPv6/UDP -m 1 -q 1 <targets >out &&
	    rows '2001:db8:1::1 udp 1 0 0' &&
	    grep -q '^# counts: .*refused.family=2 ' out
}
ok 'a family that is asked for' family
spec() {
	status 2 mkprobes --tracebox "$1" <targets >out 2>err &&
	    [ ! -s out ] && [ "$(cat err)" = "mkprobes: $1: $2" ] ||
	    { cat err; return 1; }
}
ok 'refused: an option there is not' spec IP/TCP/MSS/FOO \
    'no such TCP option: FOO'
ok 'refused: a value' spec 'IP/TCP/WSCALE(15)' \
    'value out of range: WSCALE(15)'
ok 'refused: no IP' spec TCP/MSS 'does not begin with IP: TCP'

ping_rows() {
	mkprobes --ping -q 3 --interval 20ms <targets >out && rows '2001:db8:1::1 icmp 0 0 0' '198.18.3.1 icmp 0 0 6666' \
	    '198.18.0.1 icmp 0 0 13333' '2001:db8:1::1 icmp 0 1 20000' \
	    '198.18.3.1 icmp 0 1 26666' '198.18.0.1 icmp 0 1 33333' \
	    '2001:db8:1::1 icmp 0 2 40000' '198.18.3.1 icmp 0 2 46666' \
	    '198.18.0.1 icmp 0 2 53333' && grep -qx '# interval: 0.02' out &&
	    grep -qx '# paths: ping' out && ! grep -q max-ttl out
}
ok 'pings: each target every interval' ping_rows
long_ping() {
	echo 9.9.9.9 | mkprobes --ping -q 600 -P udp --interval 1ms >out &&
	    cover out 600 3 4 && grep -q '^9.9.9.9	udp	2	89	599000$' out
}
ok 'more than 255 of them go on with another flow' long_ping
crowd() {
	mkprobes --ping -q 2 <many >out && cover out 2000 1 4 &&
	    awk -F '\t' '/^#/ { next } $5 < was { exit 1 } { was = $5
		if ($1 in at && $5 - at[$1] != 1000000) exit 1; at[$1] = $5 }
		END { exit at["198.18.0.1"] < 1000000 }' out
}
ok 'a thousand targets, one interval apart' crowd

columns() {
	mkprobes --trace -m 1 -q 1 -P ack -p 8080 --dscp 46 --ecn 2 --flows 2 \
	    <targets >out && grep -q '^#fsdb -F t dst:a probe:a dport:q ttl:q flow:q attempt:q tos:q$' out &&
	    cover out 6 1 5 && grep -q '^198.18.0.1	ack	8080	1	1	0	186$' out
}
ok 'ports and type of service' columns
ok '--until leaves the rest to later rounds' sh -c \
    'mkprobes --trace -q 1 --until 9 <targets >out; grep -qx "# max-ttl: 30" out &&
     [ "$(grep -v "^#" out | cut -f 3 | sort -n | tail -n 1)" = 9 ]'

for bad in '' '--ping --trace' '--trace --tracebox IP/UDP' '--trace -f 9 -m 3' \
    '--trace --until 2 -f 3' '--trace -q 256' '--trace --tos 4 --ecn 1' \
    '--trace -P nonsense' '--trace -I -P udp' '--trace -I -p 80' \
    '--trace --flows 1025' '--trace -P chaos --flows 2' '--ping --flows 2' \
    '--tracebox IP/UDP -p 53' '--tracebox IP/UDP --tos 1' \
    '--tracelb --confidence 100' '--tracelb --confidence 0' '--trace x'
do
	# shellcheck disable=SC2086
	ok "asked wrongly: $bad" status 2 mkprobes $bad <targets
done

bad_lines() {
	printf '198.18.0.1\nnonsense\n198.18.0.1\n' >in
	status 1 mkprobes --trace -m 1 -q 1 <in >out 2>err &&
	    rows '198.18.0.1 udp 1 0 0' &&
	    grep -qx 'mkprobes: stdin:2: bad dst: nonsense' err &&
	    grep -qx '# counts: read=3 bad=1 duplicate=1 refused.family=0 targets=1 probes=1' out
}
ok 'lines that are no targets' bad_lines
cut_short() {
	printf '#fsdb -F t dst:a\n198.18.0.1\n' |
	    status 1 mkprobes --trace -m 1 -q 1 >out && rows '198.18.0.1 udp 1 0 0'
}
ok 'input that was cut short' cut_short
nothing() {
	mkprobes --trace </dev/null >out && ! grep -v '^#' out &&
	    mkprobes --ping </dev/null >out && grep -qx '# end: 0' out
}
ok 'no targets, no probes' nothing
hitlist() {
	echo 9.9.9.0/24 | mkhitlist -e 3 | mkprobes --trace -m 2 -q 1 >out &&
	    grep -qx '# seed: 3' out && grep -q '^#   | mkhitlist' out &&
	    cover out 2 1 3
}
ok 'a hitlist, and its metadata' hitlist
ok 'a full disk is exit 3' sh -c 'mkprobes --trace <many >/dev/full 2>err;
    [ $? -eq 3 ]'

# What sendprobes makes of them.
sent() {
	printf 'sixteen bytes ..' >key
	mkprobes "$@" <targets >probes && sendprobes --pcap p.pcap --force \
	    --allow-prefix 198.18.0.0/15 --allow-prefix 2001:db8::/32 \
	    -k key -P "$type" -S 192.0.2.1,2001:db8::1 <probes >sent &&
	    [ "$(grep -vc '^#' sent)" -eq "$(grep -vc '^#' probes)" ] &&
	    grep -qx "# paths: $paths" sent &&
	    "$HELPER/regen" key p.pcap <sent
}
type=udp paths=trace
ok 'sent and made again: trace' sent --trace -m 9 --flows 2 --size 300
type=syn paths=tracebox
ok 'sent and made again: tracebox' sent --tracebox \
    'IP/TOS(7)/TCP/MSS(1400)/WSCALE/TS/SACKP/CWR/PORT(443)' -m 4
type=ack paths=tracelb
ok 'sent and made again: tracelb' sent --tracelb -P ack -m 3 --dscp 12
type=icmp paths=ping
ok 'sent and made again: ping' sent --ping -q 300

# 2 million pairs of target and ttl in flat memory.
large() {
	seq 0 65535 | awk '{ printf "198.18.%d.%d\n", $1 / 256, $1 % 256 }' >big
	sh -c 'ulimit -v 300000; mkprobes --trace -m 32 -q 1 <big' |
	    tail -n 1 | grep -qx '# end: 2097152'
}
case ${OBJ-} in
*address*|*thread*) ;;		# sanitizers want all the address space
*)
	ok 'two million probes' large
	;;
esac
done_testing
