#!/bin/sh
# paths - traces at speed, and how long a diamond takes
#
# usage: OBJ=obj tests/bench/paths.sh
# Sending: probes of TTL 1 to 25, at once, to COUNT / 25 targets and to 1/8,
# 1/4, 1/2 and twice as many, over a veth whose far end drops them: rates must
# not fall with the size.  The whole: COUNT (2000000) of them, and 1/4, at RATE
# (200000) a second to a simulated Internet that answers from the routers on
# the way, as far as it keeps up; all caught, compressed, matched.  scamper
# traces at the rate it is capped at.  Then a diamond of three on the kernel's
# lab: the time until it is drawn, next to scamper's tracelb, RUNS (5) of each.
# Prints a section of RESULTS.md.  Wants root.

set -eu
LC_ALL=C; export LC_ALL
top=$(cd "$(dirname "$0")/../.." && pwd)
obj=${OBJ-obj}
case $obj in /*) ;; *) obj=$top/$obj ;; esac
PATH=$obj/bin:$obj/bench:$PATH CASTNET_LAB=$obj/lab
export PATH CASTNET_LAB
runs=${RUNS-5} count=${COUNT-2000000} rate=${RATE-200000}
near=bpn$$ far=bpf$$ labname=bp$$
# shellcheck source=tests/bench/bed.sh
. "$top/tests/bench/bed.sh"
simlab=$top/share/lab/simlab pathlab=$top/share/lab/pathlab
allow='--allow-prefix 10.128.0.0/9'

clean() {
	bed_down
	[ ! -d net ] || "$simlab" down net
	[ ! -d "labs/$labname" ] || sh "$pathlab" down
	rm -rf "$work"
}

# timed file command ...: seconds, CPU seconds and KiB at most, in file.
timed() {
	into=$1
	shift
	/usr/bin/time -f '%e %U %S %M' -o "$into" "$@"
}

# cost file what: a cell of seconds and MiB
cost() {
	awk '{ printf "%.1f s, %.0f MiB", $1, $4 / 1024 }' "$1"
}

# make_probes n: so many, of TTL 1 to 25
make_probes() {
	awk -v n=$(($1 / 25)) 'BEGIN { for (i = 0; i < n; i++)
		printf "10.%d.%d.%d\n", 128 + int(i / 65536) % 128,
		    int(i / 256) % 256, i % 256 }' |
	    timed "make.$1" mkprobes --trace -m 25 -q 1 --until 25 \
	    -w "probes.$1.gz" --force
}

# One size at a time, with the rate that arrived at the far end.
sending() {
	n=$1
	make_probes "$n"
	rm -f sent.gz
	bed_count "$n"
	# shellcheck disable=SC2086 # options are words
	timed "send.$n" nsenter --net="/run/netns/$near" timeout 600 \
	    sendprobes -i s -S 10.9.0.1 -P udp -N a:1 -k key -r 0 $allow \
	    -w sent.gz --quiet <"probes.$n.gz" >log 2>&1 ||
	    { cat log >&2; exit 1; }
	wait $counter
	awk -v n="$n" -v make="$(cost "make.$n")" -v send="$(cost "send.$n")" \
	    '{ printf "| %d | %.0f | %s | %s |\n", n, $2 / 1000, send, make }' seen
}

# counter file name: of the last counts
counter() {
	gzip -cdf "$1" | awk -v w="$2" '/^# counts: / {
		for (i = 3; i <= NF; i++)
			if (index($i, w "=") == 1)
				v = substr($i, length(w) + 2) } END { print v + 0 }'
}

# The whole way of a measurement, every reply wanted.
whole() {
	n=$1
	rm -f reply.gz sent.gz
	"$simlab" up net ams
	"$simlab" sim net -e 7 --rtt 0-0 --answer 1 --idle 3 --end 900 \
	    --topology mix,silent=0,limited=0 2>sim.err &
	sim=$!
	"$simlab" in net ams catchreply -i eth0 -S 192.0.2.1 -P udp -N ams:1 \
	    -k key --max-node 1 --quotes --buffer 64M -w reply.gz --quiet \
	    2>catch.err &
	catch=$!
	until gzip -cdf reply.gz 2>/dev/null | grep -q '^# confined'
	do
		sleep 0.05
	done
	# shellcheck disable=SC2086 # options are words
	timed send.whole timeout 600 "$simlab" in net ams sendprobes -i eth0 \
	    -S 192.0.2.1 -P udp -N ams:1 -k key -r "$rate" $allow -w sent.gz \
	    --quiet <"probes.$n.gz" >log 2>&1 || { cat log >&2; exit 1; }
	wait $sim || :
	peak=$(awk '/^VmHWM:/ { printf "%.0f MiB", $2 / 1024 }' \
	    "/proc/$catch/status")
	kill -TERM $catch
	wait $catch || :
	timed match.whole matchresults -k key --hops sent.gz reply.gz >hops
	timed little.whole matchresults -k key --hops --memory 32M \
	    sent.gz reply.gz >little
	grep -v '^#' little >rows
	grep -v '^#' hops | cmp - rows >&2
	timed next.whole nextround --quiet hops >next || :
	"$simlab" down net
	echo "| $n | $(pace send.whole) | $(counter sim.err sent) |" \
	    "$(counter hops replies) | $(counter reply.gz kdrops) | $(cost send.whole) |" \
	    "$peak | $(cost match.whole) |" \
	    "$(cost little.whole) | $(cost next.whole) |"
}

# pace: thousands a second of the last sending
pace() {
	awk -v n="$(counter sent.gz sent)" '{ printf "%.0f", n / $1 / 1000 }' \
	    "$1"
}

# scamper on the same simulated Internet, 400 targets.
scamper_rate() {
	"$simlab" up net ams
	"$simlab" sim net -e 7 --rtt 0-0 --answer 1 --idle 3 --end 120 \
	    --topology mix,silent=0,limited=0 2>sim.err &
	sim=$!
	sleep 0.3
	gzip -cdf "probes.$count.gz" | grep -v '^#' | cut -f 1 | sort -u |
	    head -n 400 >some
	timed scamper.time timeout 100 "$simlab" in net ams scamper -p 10000 \
	    -O json -c 'trace -P icmp-paris -q 1 -w 1 -W 1 -S 192.0.2.1' \
	    -f some >scamper.json
	wait $sim || :
	"$simlab" down net
	awk -v s="$(cut -d ' ' -f 1 scamper.time)" '
		match($0, /"probe_count":[0-9]+/) {
			n += substr($0, RSTART + 14, RLENGTH - 14) }
		END { printf "%.1f", n / s / 1000 }' scamper.json
}

# median of the first column of a file
median() {
	sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# all_seen file: does the text have the diamond's three addresses and more?
all_seen() {
	for a in $(sh "$pathlab" truth -4 d3 | awk '$4 == "node" { print $5 }')
	do
		grep -qF "$a" "$1" || { echo "no $a" >&2; exit 1; }
	done
}

# One diamond of three, drawn by each in turn; one node, as scamper is one.
diamond() {
	CASTNET_LABDIR=$work/labs CASTNET_LABNAME=$labname
	export CASTNET_LABDIR CASTNET_LABNAME
	sh "$pathlab" up d3
	target=$(sh "$pathlab" targets -4)
	nodes=$(dirname "$(sh "$pathlab" nodes)")/one.txt
	grep '^ams ' "$(sh "$pathlab" nodes)" >"$nodes"
	i=0
	while [ "$i" -lt "$runs" ]
	do
		timed t sh "$pathlab" ctl orchestrate -n "$nodes" tracelb \
		    --allow-prefix 240.0.0.0/4 --runs "$work/runs" "$target" \
		    >tree 2>log || { cat log >&2; exit 1; }
		all_seen tree
		cat t >>ours
		timed t ip netns exec "$labname-ams" scamper -p 1000 \
		    -c 'tracelb -P udp-sport' -i "$target" >tree
		all_seen tree
		cat t >>theirs
		i=$((i + 1))
	done
	sh "$pathlab" down
}

main() {
	work=$(mktemp -d)
	trap clean EXIT
	trap 'exit 130' INT TERM
	cd "$work"
	printf 'sixteen bytes ..' >key
	bed_up
	bed_drops
	echo '## paths: traces at speed, and a diamond'
	echo
	echo "$(date +%F), tests/bench/paths.sh; load at the start" \
	    "$(cut -d ' ' -f 1 /proc/loadavg). $(sendprobes --version)," \
	    "$(scamper -v 2>&1 | head -n 1)."
	echo 'UDP probes of TTL 1 to 25, sent log compressed, far end dropping:'
	echo
	echo '| probes | kpps | sendprobes | mkprobes |'
	echo '|---|---|---|---|'
	for n in $((count / 8)) $((count / 4)) $((count / 2)) "$count" \
	    $((count * 2))
	do
		sending "$n"
	done
	echo
	echo "Sent, answered by the simulated routers on the way, caught with" \
	    "their quotes, matched:"
	echo
	echo '| probes | sent, kpps | answers sent | matched | not caught | sendprobes | catchreply | matchresults --hops | the same, --memory 32M | nextround |'
	echo '|---|---|---|---|---|---|---|---|---|---|'
	whole $((count / 4))
	whole "$count"
	echo
	echo "scamper (trace, icmp-paris, -p 10000) there: $(scamper_rate)" \
	    "kpps. yarrp is in no package; measured before, on two" \
	    'cores over a veth: 305 kpps below a million probes, 8 above.'
	diamond
	echo
	echo "A diamond of three on the kernel's lab, $runs runs, taking turns:"
	echo
	echo '| | median s | least to most |'
	echo '|---|---|---|'
	for who in 'orchestrate tracelb:ours' 'scamper -c tracelb:theirs'
	do
		sort -n "${who#*:}" | awk -v w="${who%:*}" \
		    -v m="$(median "${who#*:}")" '
			NR == 1 { least = $1 }
			{ most = $1 }
			END { printf "| %s | %.2f | %.2f to %.2f |\n", w, m, \
			    least, most }'
	done
}

main "$@"
