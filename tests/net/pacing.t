#!/bin/sh
# needs: filters
#
# Pacing as the far end sees it: its kernel's time stamps of every packet.
# A loaded machine may make the sender late, and the capture lossy, so both
# run with priority and the rate had gets six tries; to be above what was
# asked gets none.

. "$(dirname "$0")/../lib.sh"

a=pacA$$ b=pacB$$
if [ "$(id -u)" -ne 0 ] || ! ip netns add "$a" 2>/dev/null
then
	echo "1..0 # SKIP needs root and network namespaces"
	exit 0
fi
trap 'kill "$tcpdump" 2>/dev/null; ip netns del "$a"; ip netns del "$b"
rm -rf "${work:?}"' EXIT
trap 'exit 130' INT TERM
tcpdump=

ip netns add "$b"
ip link add p0 netns "$a" type veth peer name p1 netns "$b"
ip -n "$a" addr add 10.9.0.1/30 dev p0
ip -n "$a" link set p0 up
ip -n "$b" link set p1 up
mac=$(ip -n "$b" -o link show p1 | sed 's/.*link.ether \([^ ]*\).*/\1/')
ip netns exec "$b" nft -f - <<-EOF
	table netdev t {
		chain c {
			type filter hook ingress device p1 priority 0
			policy drop
		}
	}
EOF
printf 'sixteen bytes ..' >key

# measure rate count: send, and put what was seen into "seen".
measure() {
	# Few addresses: tcpdump keeps their names in a list.
	awk -v n="$2" 'BEGIN { for (i = 0; i < n; i++)
	    printf "198.18.0.%d\n", i % 256 }' >targets
	ip netns exec "$b" chrt -f 1 timeout 60 tcpdump -i p1 -Q in \
	    -s 64 -B 131072 -c "$2" -w cap.pcap --time-stamp-precision=nano \
	    ip proto 1 2>tcpdump.err &
	tcpdump=$!
	until grep -q listening tcpdump.err
	do
		sleep 0.1
	done
	rc=0
	ip netns exec "$a" chrt -f 1 sendprobes -i p0 -S 10.9.0.1 -N a:1 -k key \
	    --gateway-mac "$mac" --allow-prefix 198.18.0.0/15 -r "$1" \
	    -w sent.gz --force --quiet <targets || rc=$?
	for i in 1 2 3 4 5 6 7 8 9 10
	do
		kill -0 "$tcpdump" 2>/dev/null || break
		sleep 0.2
	done
	kill "$tcpdump" 2>/dev/null
	wait "$tcpdump" || :
	tcpdump=
	[ "$rc" -eq 0 ] || return 1
	tcpdump -r cap.pcap -n -tt --time-stamp-precision=nano 2>/dev/null |
	    awk -v rate="$1" '
		{ split($1, s, "."); t[n++] = (s[1] % 100000) * 1e9 + s[2] }
		BEGIN { j = 0 }
		END {
			for (i = 0; i < n; i++) {
				while (t[i] - t[j] >= 1e7)
					j++
				if (i - j + 1 > most)
					most = i - j + 1
			}
			printf "%d %.5f %.4f\n", n, most / (rate / 100), \
			    (n - 1) * 1e9 / (t[n - 1] - t[0]) / rate
		}' >seen
	read -r n most had <seen
	echo "# $1/s: $n seen, at most $most of the share in 10 ms, $had of the rate"
}

less() {
	awk -v a="$1" -v b="$2" 'BEGIN { exit !(a <= b) }'
}

# check rate count: in six tries, never above; at least once all of it.
check() {
	whole=no
	for try in 1 2 3 4 5 6
	do
		measure "$1" "$2" || whole=failed
		less "$most" 1.2 || bursts="$bursts $1/s:$most"
		less "$had" 1 || above="$above $1/s:$had"
		[ "$n" -eq "$2" ] && less 0.995 "$had" && whole=yes
		[ "$whole" = no ] || break
	done
	ok "$1/s: all there, long run within 0.5 % (try $try)" [ "$whole" = yes ]
}

bursts='' above=''
check 1000 5000
check 10000 50000
check 100000 300000
ok "never more than 1.2 times the share in 10 ms$bursts" [ -z "$bursts" ]
ok "never above the rate asked$above" [ -z "$above" ]
done_testing
