#!/bin/sh
# needs: filters
#
# sendprobes on a wire: two namespaces, and what the far one sees.

. "${0%/*}/../lib.sh"

near=snd$$a far=snd$$b
if [ "$(id -u)" -ne 0 ] || ! ip netns add "$near" 2>/dev/null
then
	echo "1..0 # SKIP needs root and network namespaces"
	exit 0
fi
pids=
clean() {
	for p in $pids
	do
		kill -9 "$p" 2>/dev/null
	done
	ip netns del "$near"
	ip netns del "$far" 2>/dev/null
	rm -rf "${work:?}"
}
trap clean EXIT
trap 'exit 130' INT TERM

ip netns add "$far"
ip link add s netns "$near" address 02:00:00:00:00:01 type veth \
    peer name w netns "$far" address 02:00:00:00:00:02
ip -n "$near" -batch - <<-EOF
	link set lo up
	addr add 10.9.0.1/30 dev s
	addr add fd09::1/126 dev s nodad
	link set s up
	route add default via 10.9.0.2
	route add default via fd09::2
	tuntap add tun0 mode tun
	addr add 10.8.0.1/30 dev tun0
	link set tun0 up
EOF
ip -n "$far" -batch - <<-EOF
	link set lo up
	addr add 10.9.0.2/30 dev w
	addr add fd09::2/126 dev w nodad
	link set w up
	route add local 198.18.0.0/15 dev lo
	route add local 2001:db8::/32 dev lo
EOF
printf 'sixteen bytes ..' >key
on() {
	ns=$1
	shift
	nsenter --net="/run/netns/$ns" "$@"
}
labs='--allow-prefix 198.18.0.0/15 --allow-prefix 2001:db8::/32'
awk 'BEGIN { for (i = 0; i < 500; i++)
	printf "198.18.%d.1\n2001:db8:%x::1\n", i % 256, i }' >targets

# capture: what the far end sees from us into cap.pcap, until captured.
capture() {
	rm -f cap.err
	nsenter --net="/run/netns/$far" tcpdump -i w -Q in -w cap.pcap \
	    -s 1514 -B 16384 -U --immediate-mode "(ip or ip6) and \
	    (src 10.9.0.1 or src fd09::1 or src 192.0.2.1) and not multicast \
	    and not ip6 multicast and not host 10.9.0.2 and not host fd09::2 \
	    and not (ip6[6] = 58 and ip6[40] >= 133)" 2>cap.err &
	tcpdump=$!
	pids="$pids $tcpdump"
	until grep -q listening cap.err
	do
		sleep 0.1
	done
}
# captured n: the capture has n packets, and ends.
captured() {
	i=0
	while [ "$(tcpdump -nr cap.pcap 2>/dev/null | wc -l)" -lt "$1" ] &&
	    [ $i -lt 50 ]
	do
		sleep 0.1
		i=$((i + 1))
	done
	sleep 0.2
	kill "$tcpdump"
	wait "$tcpdump" 2>/dev/null
	tcpdump -nr cap.pcap 2>/dev/null |
	    sed 's/.* > \([^ ]*\): .*/\1/' | sed 's/\.\(53\|80\|443\)$//' |
	    sort >seen
	[ "$(wc -l <seen)" -eq "$1" ] ||
	    { wc -l seen; tcpdump -nr cap.pcap | tail -n 5; return 1; }
}
# send argument ...: probe the targets from the near end.
send() {
	# shellcheck disable=SC2086 # options are words
	on "$near" sendprobes -i s -k key -N ams:3 -w sent --force $labs "$@" \
	    <targets
}
# started: $pid has sent something; it may not have ended before that.
started() {
	until grep -q '^1' sent 2>/dev/null
	do
		kill -0 "$pid" 2>/dev/null || { cat err; return 1; }
		sleep 0.1
	done
}
recorded() {
	grep -v '^#' sent | cut -f 5 | sort | diff - seen >diff ||
	    { head diff; return 1; }
}

# Every way of sending, every type, both families: the far end has what the
# records say, and finds nothing wrong with it.
trip() {
	capture
	send -S 10.9.0.1,fd09::1 -r 10000 "$@" && captured 1000 && recorded &&
	    ! tcpdump -nvvr cap.pcap 2>/dev/null |
	    grep -iE 'bad [a-z]|wrong|incorrect|truncated|\[\|'
}
for how in '' --qdisc --raw --xdp
do
	ok "icmp $how: what was recorded arrived" trip $how
done
for type in dns chaos syn synack
do
	ok "$type: what was recorded arrived" trip -P $type
done

replies() {
	rm -f caught.tsv caught.err
	nsenter --net="/run/netns/$near" catchreply -i s -S 10.9.0.1,fd09::1 -k key -N ams:3 \
	    -w caught.tsv --end +8s 2>caught.err &
	catcher=$!
	pids="$pids $catcher"
	sleep 1
	send -S 10.9.0.1,fd09::1 -r 2000 || return 1
	wait $catcher || { cat caught.err; return 1; }
	awk -F '\t' '!/^#/ { print $1, $5 }' sent | sort >a
	recawk '{ print $tx_time, $dst }' caught.tsv | sort >b
	diff a b >diff || { head diff; wc -l a b; return 1; }
}
on "$far" sysctl -qw net.ipv4.icmp_ratemask=0 net.ipv6.icmp.ratemask=0
if command -v catchreply >/dev/null
then
	ok 'the answers carry exactly the times of the records' replies
fi

foreign_source() {
	capture
	send -S 192.0.2.1 -r 0 2>err
	[ $? -eq 1 ] && captured 500 && recorded
}
ok 'a source address that is not ours' foreign_source
own_source() {
	printf '198.18.0.1\n' >one
	# shellcheck disable=SC2086
	on "$near" sendprobes -k key $labs <one | cut -f 4 | grep -qx 10.9.0.1
}
ok 'without -i and -S: those of the default route' own_source
gateway_mac() {
	capture
	send -S 10.9.0.1 --gateway-mac 02:00:00:00:00:77 -r 0 2>err
	captured 500 && tcpdump -enr cap.pcap 2>/dev/null |
	    grep -q '> 02:00:00:00:00:77'
}
ok '--gateway-mac' gateway_mac
ok 'a next hop that does not answer is exit 2' status 2 send -S 10.9.0.1 \
    --gateway 10.9.0.3
ok 'probes larger than the interface takes are exit 2' status 2 send \
    -S 10.9.0.1 --contact "$(printf '%1470s' x)"
tun() {
	# shellcheck disable=SC2086
	on "$near" sendprobes -i lo -S 10.9.0.1 -k key --allow-prefix 127.0.0.0/8 \
	    -w sent --force <<-EOF || return 1
	127.0.0.1
	EOF
	grep -q '^# interface: lo raw' sent && grep -q '	127.0.0.1	' sent
}
ok 'an interface without Ethernet: raw sockets' tun

# Failures: no record without a packet.
refused_by_filter() {
	on "$near" nft -f - <<-EOF || return 1
	table ip t {
		chain c {
			type filter hook output priority 0
			ip daddr 198.18.7.1 drop
		}
	}
	EOF
	capture
	send -S 10.9.0.1,fd09::1 --raw -r 10000 2>err
	[ $? -eq 1 ] && captured 998 && recorded &&
	    grep -q 'counts: .* sent=998 .*err.EPERM=2' sent
}
ok 'packets the packet filter refuses are counted, not recorded' \
    refused_by_filter
on "$near" nft flush ruleset
grep -v : targets >four
mv targets both
mv four targets
link_down() {
	capture
	rm -f sent
	send -S 10.9.0.1 -r 500 2>err &
	pid=$!
	started || return 1
	ip -n "$near" link set s down
	sleep 1
	ip -n "$near" link set s up
	rc=0
	wait $pid || rc=$?
	[ $rc -eq 0 ] || { echo "exit $rc"; cat err; tail -n 3 sent; return 1; }
	captured 500 && recorded &&
	    grep -q 'counts: .* sent=500 .*linkdowns=1' sent
}
ok 'a link that goes down costs no target' link_down
ip -n "$near" route replace default via 10.9.0.2	# went with the link

# The far end goes down four times, in mid-run and at speed: the device
# refuses frames that were on their way to it.
awk 'BEGIN { for (i = 0; i < 400000; i++)
	printf "198.%d.%d.%d\n", 18 + i % 2, i / 512 % 256, i / 2 % 256 }' >400k
arrived() {
	on "$far" awk '/^ *w:/ { sub(/.*:/, ""); print $2 }' /proc/self/net/dev
}
carrier_lost() {
	rm -f sent
	before=$(arrived)
	# shellcheck disable=SC2086
	on "$near" sendprobes -i s -S 10.9.0.1 -N ams:3 -k key $labs \
	    --gateway-mac 02:00:00:00:00:02 "$@" <400k >sent 2>err &
	pid=$!
	for i in 1 2 3 4
	do
		sleep 0.2
		ip -n "$far" link set w down
		sleep 0.2
		ip -n "$far" link set w up
	done
	rc=0
	wait $pid || rc=$?
	[ $rc -eq 0 ] || { echo "exit $rc"; cat err; return 1; }
	after=$(arrived) records=$(grep -vc '^#' sent)
	grep 'counts:' sent | tail -n 1
	echo "$records records, $((after - before)) arrived"
	[ "$records" -eq 400000 ] && [ $((after - before)) -ge 400000 ] &&
	    [ $((after - before)) -le 400020 ] &&
	    tail -n 20 sent | grep -Eq 'counts: .* (linkdowns=[1-9]|again)'
}
for how in '' --xdp
do
	ok "a far end that goes away costs none either $how" \
	    carrier_lost -r 200000 $how
done
gone() {
	yes 198.18.0.1 | head -n 20000 >many
	ip -n "$near" link add gone0 type veth peer name gone1
	ip -n "$near" link set gone1 up
	ip -n "$near" link set gone0 up
	# shellcheck disable=SC2086
	nsenter --net="/run/netns/$near" sendprobes -i gone0 -S 10.9.0.1 -k key -r 2000 $labs \
	    --gateway-mac 02:00:00:00:00:77 -w sent --force <many 2>err &
	pid=$!
	started || return 1
	ip -n "$near" link del gone0
	rc=0
	wait $pid || rc=$?
	[ $rc -eq 1 ] && grep -q '^sendprobes: gone0: ' err && grep -q '^# end: ' sent
}
rm -f sent
ok 'an interface that is removed ends it, with a complete file' gone

# Signals.
start_slow() {
	rm -f sent
	# shellcheck disable=SC2086
	nsenter --net="/run/netns/$near" sendprobes -i s -S 10.9.0.1 -k key \
	    -r 100 $labs -w sent "$@" <many 2>err &
	pid=$!
	started || return 1
}
stopped() {
	start_slow
	kill -"$1" $pid
	rc=0
	wait $pid || rc=$?
	[ $rc -eq "$2" ] && grep -qx "# interrupted: SIG$1" sent &&
	    n=$(grep -c '^1' sent) && grep -qx "# end: $n" sent &&
	    grep -q "^# counts: .* sent=$n " sent
}
ok 'SIGINT: exit 130 and a complete file' stopped INT 130
ok 'SIGTERM: exit 143 and a complete file' stopped TERM 143
max_time() {
	start_slow --max-time 1s
	rc=0
	wait $pid || rc=$?
	[ $rc -eq 1 ] && grep -qx '# interrupted: max-time' sent
}
ok '--max-time' max_time

# Privileges: what it has once it sends.
unprivileged() {
	start_slow
	status=$(cat "/proc/$pid/status")
	rc=0
	for line in 'CapEff:.0*$' 'CapPrm:.0*$' 'CapBnd:.0*$' 'CapInh:.0*$' \
	    'CapAmb:.0*$' 'NoNewPrivs:.1' 'Seccomp:.2'
	do
		echo "$status" | grep -q "^$line" || { echo "$line"; rc=1; }
	done
	echo "$status" | grep '^[UG]id:' | grep -q '	0\b' && rc=1
	echo "$status" | grep '^Groups:.*[0-9]' && rc=1
	find "/proc/$pid/root/" -mindepth 1 2>/dev/null | grep . && rc=1
	kill $pid
	wait $pid
	return $rc
}
ok 'no root, no capability, no file system, seccomp' unprivileged
net_raw() {
	chmod 755 .
	capture
	rm -f sent
	# shellcheck disable=SC2086
	on "$near" setpriv --reuid 65534 --regid 65534 --clear-groups \
	    --inh-caps +net_raw --ambient-caps +net_raw --bounding-set +net_raw \
	    "$(command -v sendprobes)" -i s -S 10.9.0.1 -k key $labs -r 0 "$@" \
	    <targets >sent && captured 500 && recorded
}
for how in '' --raw --xdp
do
	ok "cap_net_raw alone suffices $how" net_raw $how
done
done_testing
