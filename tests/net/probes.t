#!/bin/sh
# needs: filters
#
# What the kernel of a host, and of a router before it, makes of every type
# of probe; and pings that are sent when they are due.
. "$(dirname "$0")/../lib.sh"

if [ "$(id -u)" -ne 0 ] || ! ip netns add "prb$$s" 2>/dev/null
then
	echo "1..0 # SKIP needs root and network namespaces"
	exit 0
fi
site=prb$$s router=prb$$r host=prb$$h
pids=
clean() {
	for p in $pids
	do
		kill -9 "$p" 2>/dev/null
	done
	for ns in $site $router $host
	do
		ip netns del "$ns" 2>/dev/null
	done
	rm -rf "${work:?}"
}
trap clean EXIT
trap 'exit 130' INT TERM

awk 'BEGIN { for (i = 1; i <= 20; i++)
	printf "198.18.0.%d\n2001:db8:1::%x\n", i, i }' >targets
ip netns add "$router"
ip netns add "$host"
ip link add s netns "$site" address 02:00:00:00:00:01 type veth \
    peer name u netns "$router" address 02:00:00:00:00:02
ip link add dn netns "$router" address 02:00:00:00:00:03 type veth \
    peer name e0 netns "$host" address 02:00:00:00:00:04
ip -n "$site" -batch - <<-B
	link set lo up
	addr add 192.0.2.1/32 dev lo
	addr add 2001:db8:f::1/128 dev lo nodad
	addr add 10.9.0.0/31 dev s
	addr add fd09::/127 dev s nodad
	link set s up
	neigh add 10.9.0.1 lladdr 02:00:00:00:00:02 dev s nud permanent
	neigh add fd09::1 lladdr 02:00:00:00:00:02 dev s nud permanent
	route add default via 10.9.0.1
	route add default via fd09::1
B
ip -n "$router" -batch - <<-B
	link set lo up
	addr add 10.9.0.1/31 dev u
	addr add fd09::1/127 dev u nodad
	link set u up
	addr add 10.9.0.2/31 dev dn
	addr add fd09::2/127 dev dn nodad
	link set dn up
	neigh add 10.9.0.0 lladdr 02:00:00:00:00:01 dev u nud permanent
	neigh add fd09:: lladdr 02:00:00:00:00:01 dev u nud permanent
	neigh add 10.9.0.3 lladdr 02:00:00:00:00:04 dev dn nud permanent
	neigh add fd09::3 lladdr 02:00:00:00:00:04 dev dn nud permanent
	route add 192.0.2.1 via 10.9.0.0
	route add 2001:db8:f::1 via fd09::
	route add 198.18.0.0/16 via 10.9.0.3
	route add 2001:db8:1::/48 via fd09::3
B
ip -n "$host" -batch - <<-B
	link set lo up
	addr add 10.9.0.3/31 dev e0
	addr add fd09::3/127 dev e0 nodad
	link set e0 up
	neigh add 10.9.0.2 lladdr 02:00:00:00:00:03 dev e0 nud permanent
	neigh add fd09::2 lladdr 02:00:00:00:00:03 dev e0 nud permanent
	route add default via 10.9.0.2
	route add default via fd09::2
B
awk '/:/ { print "addr add " $1 "/128 dev lo nodad"; next }
    { print "addr add " $1 "/32 dev lo" }' targets | ip -n "$host" -batch -
on() {
	ns=$1
	shift
	nsenter --net="/run/netns/$ns" "$@"
}
on "$router" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
for ns in $router $host
do
	on "$ns" sysctl -qw net.ipv4.icmp_ratemask=0 net.ipv6.icmp.ratemask=127 \
	    net.ipv4.icmp_msgs_per_sec=100000
	for i in u dn e0
	do
		on "$ns" ethtool -K $i tx off >/dev/null 2>&1
	done
done

echo 000102030405060708090a0b0c0d0e0f >key
labs='--allow-prefix 198.18.0.0/15 --allow-prefix 2001:db8::/32'
from='192.0.2.1,2001:db8:f::1'

# run name type: the probes of "probes" from the site; what it catches goes
# to name.reply, what it sent to name.sent.
run() {
	n=$1 t=$2
	shift 2
	rm -f "$n.reply"
	nsenter --net="/run/netns/$site" catchreply -i s -k key -N site:1 -S "$from" -P "$t" \
	    --max-node 1 --end +60s --quiet -w "$n.reply" "$@" 2>"$n.err" &
	pid=$!
	pids="$pids $pid"
	i=0
	until grep -q '^# confined' "$n.reply" 2>/dev/null || [ $i -gt 100 ]
	do
		i=$((i + 1))
		sleep 0.05
	done
	# shellcheck disable=SC2086
	on "$site" sendprobes -i s -k key -N site:1 -S "$from" -P "$t" $labs \
	    -r 2000 -w "$n.sent" --force <probes || return 1
	sleep 0.3
	kill -TERM "$pid"
	wait "$pid"
	[ $? -eq 143 ]
}

# answers file ...: the replies by ttl, kind, icmp and authentication.
answers() {
	recawk '{ v = index($from, ":") ? 6 : 4
		who = $from == $dst ? "target" : "router"
		n[$ttl " " $kind " " $icmp " " $auth " " v " " who]++ }
		END { for (k in n) print k, n[k] }' "$1" | sort >out
	shift
	printf '%s\n' "$@" | sort | diff -u - out
}

# path type kind icmp4 icmp6 auth of the errors and answers ...
path() {
	t=$1
	mkprobes --trace -P "$t" -m 2 -q 2 --flows 3 <targets >probes &&
	    run "$t" "$t" --max-attempt 1 && answers "$t.reply" \
	    "1 ttl 11/0 $5 4 router 120" "1 ttl 3/0 $5 6 router 120" \
	    "2 $2 $3 $6 4 target 120" "2 $2 $4 $6 6 target 120"
}
ok 'icmp: time exceeded, echo' path icmp echo - - mac64 mac64
ok 'udp: time exceeded, port unreachable' path udp unreach 3/3 1/4 mac64 mac64
ok 'dns: time exceeded, port unreachable' path dns unreach 3/3 1/4 mac64 mac64
ok 'syn: time exceeded, reset' path syn rst - - tag32 tag32
ok 'synack: time exceeded, reset' path synack rst - - tag32 tag32
ok 'ack: time exceeded, reset' path ack rst - - tag32 tag32

# A SYN with everything there is, to a port that is open and one that is not.
boxes() {
	mkprobes --tracebox "$1" -m 2 -q 1 <targets >probes && shift &&
	    run box syn "$@"
}
closed() {
	boxes 'IP/DSCP(46)/ECN(1)/TCP/MSS(1300)/WSCALE(7)/SACKP/TS/MPCAPABLE' &&
	    answers box.reply '1 ttl 11/0 tag32 4 router 20' \
	    '1 ttl 3/0 tag32 6 router 20' '2 rst - tag32 4 target 20' \
	    '2 rst - tag32 6 target 20' &&
	    [ "$(recawk '$kind == "ttl" && $qtos == 185' box.reply | wc -l)" = 40 ]
}
ok 'a SYN with options, DSCP and ECN is answered and quoted' closed

# The host's own view: SACK, time stamps and window scale are understood.
cat >serve.py <<'P'
import socket, sys
s = socket.socket(socket.AF_INET6)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
s.bind(("::", 80))
s.listen(1000)
print("ready", flush=True)
sys.stdin.read()
P
open_port() {
	mkfifo hold
	nsenter --net="/run/netns/$host" python3 serve.py <hold >ready &
	pids="$pids $!"
	exec 9>hold
	i=0
	until grep -q ready ready || [ $i -gt 100 ]
	do
		i=$((i + 1))
		sleep 0.05
	done
	boxes 'IP/TCP/MSS(1300)/WSCALE(7)/SACKP/TS/ECE/CWR' --pcap box.pcap &&
	    exec 9>&- && answers box.reply '1 ttl 11/0 tag32 4 router 20' \
	    '1 ttl 3/0 tag32 6 router 20' '2 synack - tag32 4 target 20' \
	    '2 synack - tag32 6 target 20' || return 1
	tcpdump -nr box.pcap 'tcp[13] & 2 != 0' 2>/dev/null >dump
	[ "$(grep -c 'options \[mss [0-9]*,sackOK,TS val [0-9]* ecr [1-9][0-9]*,nop,wscale [0-9]*\]' dump)" = 20 ]
}
if command -v python3 >/dev/null && command -v tcpdump >/dev/null
then
	ok 'and its options are what a kernel takes up' open_port
fi

# Pings: when they are due, whatever the rate; half of them within 5 ms.
due() {
	mkprobes --ping -q 5 --interval 200ms <targets >probes && run ping icmp &&
	    answers ping.reply '64 echo - mac64 4 target 100' \
	    '64 echo - mac64 6 target 100' || return 1
	awk -F '\t' '/^#/ { next } FNR == NR { due[$1, $4] = $5; next }
		{ s = substr($1, 5) * 1e6; if (!n++) first = s
		late = s - first - due[$5, $8]
		early += late < -1000; soon += late < 5000 }
		END { if (n != 200 || early || soon < 100) {
			print n, early, soon; exit 1 } }' probes ping.sent
}
ok 'pings leave when they are due' due
done_testing
