#!/bin/sh
# conntest - conntest next to iperf3, sockperf and irtt
#
# usage: OBJ=obj tests/bench/conntest.sh
# Both ends of each on one veth between two namespaces, in turn, RUNS (5)
# times for TIME (3) seconds.  iperf3 and conntest count what arrives.
# conntest sends TCP without a copy, which iperf3 does with -Z, and as root has
# socket buffers of 4 MiB for UDP, which iperf3 gets with -w, so that it is run
# with these too.
# sockperf's round trips are of its ping-pong at the same rate, with the time
# spent in both processes; conntest's are given without the peer's time, and
# with it.  Then PEERS (64) peers on one process for PEERTIME (20) seconds.
# Prints a section of RESULTS.md.  Wants root.

set -eu
LC_ALL=C; export LC_ALL
top=$(cd "$(dirname "$0")/../.." && pwd)
obj=${OBJ-obj}
case $obj in /*) ;; *) obj=$top/$obj ;; esac
PATH=$obj/bin:$PATH
runs=${RUNS-5} time=${TIME-3} peers=${PEERS-64} peertime=${PEERTIME-20}
near=bcn$$ far=bcf$$ to=192.0.2.2
tmp=$(mktemp -d)
pids=

cleanup() {
	for p in $pids
	do
		kill "$p" 2>/dev/null || :
	done
	ip netns del "$near" 2>/dev/null || :
	ip netns del "$far" 2>/dev/null || :
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

bed_up() {
	ip netns add "$near"
	ip netns add "$far"
	ip link add e netns "$near" type veth peer name e netns "$far"
	ip -n "$near" addr add 192.0.2.1/24 dev e
	ip -n "$far" addr add $to/24 dev e
	for n in "$near" "$far"
	do
		ip -n "$n" link set lo up
		ip -n "$n" link set e up
	done
	serve conntest -N far:1 -l tcp:1234 -l udp:1234 --max-rate max \
	    -w "$tmp/far"
	serve iperf3 -s -p 5201
	serve sockperf server -i $to -p 11111
	serve irtt server -b $to:2112
	sleep 1
}

serve() {
	ip netns exec "$far" "$@" >/dev/null 2>&1 &
	pids="$pids $!"
}

here() {
	ip netns exec "$near" "$@"
}

# ct uri program: a turn of conntest, and what of its totals to print
ct() {
	here conntest -N near:2 --turns 1 -c "$1" >"$tmp/ct" || :
	recawk '$event == "total" { '"$2"' }' "$tmp/ct"
}

bw='if ($test == "bandwidth") print'

iperf_tcp() {
	here iperf3 -c $to -t "$time" -J "$@" |
	    awk '/"sum_received"/ { on = 1 }
	    on && /bits_per_second/ { print $2 / 1e9; exit }'
}

# iperf_udp size [option ...]
iperf_udp() {
	bytes=$1
	shift
	here iperf3 -c $to -u -b 0 -l "$bytes" -t "$time" -J "$@" |
	    awk -v t="$time" '/"sum":/ { on = 1 }
	    on && /"packets"/ { p = $2 + 0 }
	    on && /"lost_packets"/ { l = $2 + 0 }
	    END { print (p - l) / t / 1000, p ? 100 * l / p : 0 }'
}

# one: each measurement once, as "name value" lines
one() {
	echo "tcp.conntest $(ct "tcp://$to:1234?bandwidth&time=${time}s" \
	    "$bw \$bps / 1e9")"
	echo "tcp.iperf3 $(iperf_tcp)"
	echo "tcp.iperf3z $(iperf_tcp -Z)"
	for size in 1400 64
	do
		for how in '' '&gso'
		do
			echo "udp$size.conntest${how#&} $(ct \
			    "udp://$to:1234?bandwidth&rate=max&time=${time}s&size=$size$how" \
			    "$bw \$rcvd / $time / 1000, 100 * \$lost / \$sent")"
		done
		echo "udp$size.iperf3 $(iperf_udp $size)"
		echo "udp$size.iperf3w $(iperf_udp $size -w 4M)"
	done
	echo "rtt.conntest $(ct "udp://$to:1234?interval=10ms&time=${time}s" \
	    'if ($dir == "rt") print $rtt_p50_ms * 1000, ($rtt_p50_ms + $dwell_p50_ms) * 1000')"
	echo "rtt.sockperf $(here sockperf ping-pong -i $to -p 11111 \
	    -t "$time" --mps=100 --full-rtt 2>&1 |
	    sed -n 's/.*percentile 50.000 = *//p')"
	echo "rtt.irtt $(here irtt client -i 10ms -d "${time}s" $to:2112 2>&1 |
	    awk '$1 == "RTT" { v = $4
		if (v ~ /ms/) v *= 1000
		print v + 0 }')"
}

# many: peers on one process; its memory at the start and the end
many() {
	set --
	for i in $(seq "$peers")
	do
		set -- "$@" -c "udp://$to:1234?interval=10ms&name=p$i"
	done
	ip netns exec "$near" conntest -N near:2 "$@" --end "+${peertime}s" -w "$tmp/many" &
	p=$!
	sleep 5
	grep VmRSS "/proc/$p/status" | awk '{ print $2 }' >"$tmp/rss"
	sleep $((peertime - 7))
	grep VmRSS "/proc/$p/status" | awk '{ print $2 }' >>"$tmp/rss"
	wait $p || :
	paste -s -d ' ' "$tmp/rss"
	recawk '$event == "total" && $dir == "rt" { n++; s += $sent; l += $lost; f += $failed }
	    END { printf "%d %d %d %d ", n, s, l, f }' "$tmp/many"
	sed -n 's/^# cpu: \([0-9]*\) .*/\1/p' "$tmp/many"
}

main() {
	bed_up
	: >"$tmp/all"
	for _ in $(seq "$runs")
	do
		one >>"$tmp/all"
	done
	many >"$tmp/peers"
	echo '## conntest'
	echo
	echo "$(date -u +%F), $runs runs in turn of $time s, medians, over a" \
	    "veth; $(iperf3 --version | head -n 1 | cut -d ' ' -f 1,2)," \
	    "$(sockperf --version 2>&1 | grep -o 'version [0-9.]*' | head -n 1 |
	    sed 's/version/sockperf/'), irtt $(irtt version | sed -n \
	    's/^irtt version: *//p')."
	echo
	awk '{ for (i = 2; i <= NF; i++) { n[$1, i]++; v[$1, i, n[$1, i]] = $i } }
	function med(k, i,    a, m, x, y, t) { m = n[k, i]
	    for (x = 1; x <= m; x++) a[x] = v[k, i, x] + 0
	    for (x = 1; x <= m; x++) for (y = x + 1; y <= m; y++)
		if (a[y] < a[x]) { t = a[x]; a[x] = a[y]; a[y] = t }
	    return a[int((m + 1) / 2)] }
	END {
	    print "| | conntest | with gso | other |"
	    print "|---|---|---|---|"
	    printf "| TCP, Gbit/s | %.1f | | iperf3 %.1f, with -Z %.1f |\n", \
		med("tcp.conntest", 2), med("tcp.iperf3", 2), med("tcp.iperf3z", 2)
	    for (s = 1400; s > 0; s = s == 1400 ? 64 : 0)
		printf "| UDP of %d bytes, 1000/s received (lost) | %.0f (%.1f %%) | %.0f (%.1f %%) | iperf3 %.0f (%.1f %%), with -w 4M %.0f (%.1f %%) |\n", s, \
		    med("udp" s ".conntest", 2), med("udp" s ".conntest", 3), \
		    med("udp" s ".conntestgso", 2), med("udp" s ".conntestgso", 3), \
		    med("udp" s ".iperf3", 2), med("udp" s ".iperf3", 3), \
		    med("udp" s ".iperf3w", 2), med("udp" s ".iperf3w", 3)
	    printf "| round trip, us, median | %.1f (%.1f with the time in the peer) | | sockperf %.1f, irtt %.1f |\n", \
		med("rtt.conntest", 2), med("rtt.conntest", 3), med("rtt.sockperf", 2), med("rtt.irtt", 2)
	}' "$tmp/all"
	echo
	{ read -r before after; read -r n sent lost failed cpu; } <"$tmp/peers"
	echo "$n peers at 100 packets a second each on one process for" \
	    "$peertime s: $sent packets, $lost lost, $failed not sent in" \
	    "time; $before KiB after 5 s, $after KiB at the end;" \
	    "$cpu ns of processor time a packet."
}

main "$@"
