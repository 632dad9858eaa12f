#!/bin/sh
# needs: filters
#
# Pings next to ping(8) and fping(8) on one link that loses every tenth
# request and doubles every twentieth reply: the same counts, and times as
# near as two tools' can be.
. "$(dirname "$0")/../lib.sh"

for tool in ping fping nft
do
	command -v $tool >/dev/null || { echo "1..0 # SKIP needs $tool"; exit 0; }
done
if [ "$(id -u)" -ne 0 ] || ! ip netns add "pgn$$s" 2>/dev/null
then
	echo "1..0 # SKIP needs root and network namespaces"
	exit 0
fi
site=pgn$$s host=pgn$$h
catcher=
clean() {
	[ -z "$catcher" ] || kill "$catcher" 2>/dev/null
	ip netns del "$site" 2>/dev/null
	ip netns del "$host" 2>/dev/null
	rm -rf "${work:?}"
}
trap clean EXIT
trap 'exit 130' INT TERM

ip netns add "$host"
ip link add s netns "$site" address 02:00:00:00:00:01 type veth \
    peer name w netns "$host" address 02:00:00:00:00:02
ip -n "$site" -batch - <<-B
	link set lo up
	addr add 10.9.0.1/30 dev s
	addr add fd09::1/64 dev s nodad
	link set s up
	neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev s nud permanent
	neigh add fd09::2 lladdr 02:00:00:00:00:02 dev s nud permanent
	route add default via 10.9.0.2
	route add default via fd09::2
B
ip -n "$host" -batch - <<-B
	link set lo up
	addr add 10.9.0.2/30 dev w
	addr add fd09::2/64 dev w nodad
	link set w up
	neigh add 10.9.0.1 lladdr 02:00:00:00:00:01 dev w nud permanent
	neigh add fd09::1 lladdr 02:00:00:00:00:01 dev w nud permanent
B

# spoil: the link as it is to be, its counters at their beginning
spoil() {
	nsenter --net="/run/netns/$host" nft -f - <<-END
		flush ruleset
		table netdev in {
			chain c {
				type filter hook ingress device w priority 0
				icmp type echo-request numgen inc mod 10 0 drop
				icmpv6 type echo-request numgen inc mod 10 0 drop
			}
		}
		table netdev out {
			chain c {
				type filter hook egress device w priority 0
				icmp type echo-reply numgen inc mod 20 0 dup to w
				icmpv6 type echo-reply numgen inc mod 20 0 dup to w
			}
		}
	END
}

# ours address source: "sent received lost% duplicates min avg max mdev"
ours() {
	spoil
	rm -f sent reply
	nsenter --net="/run/netns/$site" catchreply -i s -S "$2" -N a:1 -k key \
	    -w reply --quiet &
	catcher=$!
	until [ -s reply ]
	do
		sleep 0.05
	done
	echo "$1" | mkprobes --ping -q 100 --interval 10ms 2>/dev/null |
	    nsenter --net="/run/netns/$site" sendprobes -i s -S "$2" -N a:1 \
	    -k key --allow-prefix "$1" -w sent --quiet
	sleep 0.5
	kill "$catcher"
	wait "$catcher"
	catcher=
	matchresults --hops -w hops --force sent reply
	showpaths --ping hops >ours
}

# theirs address: ping's summary
theirs() {
	spoil
	nsenter --net="/run/netns/$site" ping -n -c 100 -i 0.01 -W 1 "$1" >theirs
}

# figures file: sent received duplicates loss min avg max of a summary
figures() {
	sed -n 's/^\([0-9]*\) packets transmitted, \([0-9]*\) received, *\(+\([0-9]*\) duplicates, \)*\([0-9.]*\)% packet loss.*/\1 \2 \4 \5/p' "$1"
}
round_trips() {
	sed -n 's|^rtt min/avg/max/mdev = \([0-9.]*\)/\([0-9.]*\)/\([0-9.]*\)/.*|\1 \2 \3|p' "$1"
}

printf 'sixteen bytes ..' >key
for family in '10.9.0.2 10.9.0.1' 'fd09::2 fd09::1'
do
	target=${family% *}
	ok "$target: ping" theirs "$target"
	# shellcheck disable=SC2086 # two words
	ok '... and ours' ours $family
	figures theirs >a
	figures ours >b
	ok '... lose and double the same' sh -c 'cat ours; [ -s a ] && diff a b'
	ok '... which is what the link does' sh -c 'cat a; grep -qx "100 90 5 10" a'
	round_trips theirs >a
	round_trips ours >b
	# Both stamp in the kernel or next to it: milliseconds would be wrong.
	ok '... round trips as near as that' sh -c 'paste -d " " a b | tee /dev/stderr | awk "
	    NF != 6 { exit 1 } { exit !(\$4 > 0 && \$4 <= \$5 && \$5 <= \$6 && \$5 < \$2 + 1) }"'
	spoil
	nsenter --net="/run/netns/$site" fping -q -C 100 -p 10 "$target" 2>&1 |
	    tr ' ' '\n' | sed '1,2d' | grep -c -- '^-$' >lost
	ok '... and fping loses as many' grep -qx 10 lost
done
done_testing
