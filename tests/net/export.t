#!/bin/sh
# needs: filters
#
# A path of two routers, traced and pinged by castnet and by scamper: as
# scamper's JSON the one says what the other says.
. "${0%/*}/../lib.sh"

missing=
for tool in ip ethtool jq scamper tcpdump
do
	command -v $tool >/dev/null || missing="$missing $tool"
done
if [ "$(id -u)" != 0 ] || [ -n "$missing" ]
then
	echo "1..0 # SKIP needs root and:${missing:- nothing else}"
	exit 0
fi

a=xe$$a r=xe$$r s=xe$$s b=xe$$b
leave() {
	for ns in $a $r $s $b
	do
		ip netns del "$ns" 2>/dev/null
	done
	rm -rf "$work"
}
trap leave EXIT
trap 'exit 130' INT TERM

# link from to number: 10.77.N.1 and fd77:N::1 at one end, 2 at the other
link() {
	ip link add "e$3" netns "$1" type veth peer name "w$3" netns "$2" &&
	    ip -n "$1" addr add "10.77.$3.1/24" dev "e$3" &&
	    ip -n "$2" addr add "10.77.$3.2/24" dev "w$3" &&
	    ip -n "$1" addr add "fd77:$3::1/64" dev "e$3" nodad &&
	    ip -n "$2" addr add "fd77:$3::2/64" dev "w$3" nodad || return 1
	for end in "$1 e$3" "$2 w$3"
	do
		ip -n "${end% *}" link set "${end#* }" up || return 1
		ip netns exec "${end% *}" ethtool -K "${end#* }" tx off >/dev/null 2>&1
	done
}

raise() {
	for ns in $a $r $s $b
	do
		ip netns add "$ns" && ip -n "$ns" link set lo up || return 1
	done
	link $a $r 1 && link $r $s 2 && link $s $b 3 &&
	    ip -n $a route add default via 10.77.1.2 &&
	    ip -n $b route add default via 10.77.3.1 &&
	    ip -n $r route add 10.77.3.0/24 via 10.77.2.2 &&
	    ip -n $s route add 10.77.1.0/24 via 10.77.2.1 &&
	    ip -n $a -6 route add default via fd77:1::2 &&
	    ip -n $b -6 route add default via fd77:3::1 &&
	    ip -n $r -6 route add fd77:3::/64 via fd77:2::2 &&
	    ip -n $s -6 route add fd77:1::/64 via fd77:2::1 || return 1
	for ns in $r $s $b
	do
		ip netns exec "$ns" sysctl -qw net.ipv4.ip_forward=1 \
		    net.ipv6.conf.all.forwarding=1 net.ipv4.icmp_ratemask=0 \
		    net.ipv6.icmp.ratemask=127 || return 1
	done
	for host in 10.77.3.2 fd77:3::2
	do
		ip netns exec $a ping -q -c 1 -W 5 $host || return 1
	done
}
ok 'a path of two routers' raise

echo 10.77.3.2 >targets
echo fd77:3::2 >>targets

# measure probe argument ...: hops of both targets
measure() {
	origins="-O src=10.77.1.1,probe=$1 -O src=fd77:1::1,probe=$1"
	shift
	mkprobes "$@" --quiet --force -w probes <targets || return 1
	# shellcheck disable=SC2086 # origins are words
	{
		ip netns exec $a catchreply --quiet --force -i e1 $origins \
		    -k key -N ams:1 --quotes -w reply --end +8s 2>err &
		sleep 2
		ip netns exec $a sendprobes --quiet --force -i e1 $origins \
		    --allow-prefix 10.77.0.0/16 --allow-prefix fd77::/16 \
		    -k key -N ams:1 -r 100 -w sent <probes || return 1
		wait $! || { cat err; return 1; }
	}
	matchresults --hops -k key --force -w hops sent reply
}
head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n' >key

# What every member of a hop says that both know.
same='[.type, .dst, .stop_reason, .stop_data, .hop_count, (.hops[] | [.addr,
    .probe_ttl, .icmp_type, .icmp_code, .icmp_q_ttl, .icmp_q_tos, .reply_ttl,
    .reply_tos, .tcp_flags])]'
trace() {
	measure "$1" --trace -P "$1" -q 1 -m 5 || return 1
	exportrecords -F scamper hops | jq -c "$same" | sort >ours
	while read -r target
	do
		ip netns exec $a scamper -O json -c "trace $2" -i "$target"
	done <targets | grep '"trace"' | jq -c "$same" | sort >theirs
	[ "$(wc -l <theirs)" -eq 2 ] && diff theirs ours
}
ok 'trace by UDP' trace udp '-P udp-paris'
ok 'trace by ICMP' trace icmp '-P icmp-paris'

same_ping='[.type, .method, .src, .dst, .ping_sent, .statistics.replies,
    .statistics.loss, (.responses[] | [.from, .seq, .reply_ttl, .reply_proto,
    .icmp_type, .icmp_code])]'
ping_same() {
	measure icmp --ping -q 3 --interval 200ms || return 1
	exportrecords -F scamper hops | jq -c "$same_ping" | sort >ours
	while read -r target
	do
		ip netns exec $a scamper -O json -c 'ping -c 3 -i 0.2' -i "$target"
	done <targets | grep '"ping"' | jq -c "$same_ping" | sort >theirs
	[ "$(wc -l <theirs)" -eq 2 ] && diff theirs ours
}
ok 'ping' ping_same

# The kernel's echo replies, from nothing but the records: next to what
# tcpdump would have kept.
packets() {
	exportrecords -F pcap -k key sent reply >run.pcap &&
	    [ "$(tcpdump -nr run.pcap 2>/dev/null | grep -c 'echo request')" -eq 6 ] &&
	    [ "$(tcpdump -nr run.pcap 2>/dev/null | grep -c 'echo reply')" -eq 6 ] &&
	    ! tcpdump -vnr run.pcap 2>/dev/null | grep -i 'bad\|wrong'
}
ok 'the same run as packets' packets

done_testing
