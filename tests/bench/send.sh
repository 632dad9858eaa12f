#!/bin/sh
# send - how fast sendprobes sends, against zmap
#
# usage: OBJ=obj tests/bench/send.sh
# Both send the same number of ICMP echo requests with one sending thread,
# as fast as they can, over one veth whose far end drops them; sendprobes
# reads its targets from a file, stamps and tags every probe and compresses
# its log.  Rates are what arrived at the far end, between the first and the
# last tenth of the packets.  RUNS (5) each, taking turns, of COUNT (2000000)
# packets.  Prints a section of RESULTS.md.  Wants root.

set -eu
LC_ALL=C; export LC_ALL
top=$(cd "$(dirname "$0")/../.." && pwd)
obj=${OBJ-obj}
case $obj in /*) ;; *) obj=$top/$obj ;; esac
PATH=$obj/bin:$obj/bench:$PATH
runs=${RUNS-5} count=${COUNT-2000000}
near=bsn$$ far=bsf$$
# shellcheck source=tests/bench/bed.sh
. "$top/tests/bench/bed.sh"

# run name command ...: append rate and CPU microseconds per packet to a file.
run() {
	name=$1
	shift
	bed_count "$count"
	nsenter --net="/run/netns/$near" /usr/bin/time -f '%U %S' -o cpu \
	    timeout 300 "$@" >log 2>&1 || { cat log >&2; exit 1; }
	wait "$counter"
	paste -d ' ' seen cpu | awk -v OFS='\t' \
	    '{ print $2, ($3 + $4) * 1e6 / $1, $1 }' >>"$name"
}

ours() {
	name=$1
	shift
	rm -f sent.gz
	run "$name" sh -c 'exec sendprobes "$@" <targets' - -i s -S 10.9.0.1 \
	    -N a:1 -k key -r 0 -w sent.gz --quiet "$@"
}

# median file column
median() {
	cut -f "$2" "$1" | sort -n |
	    awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

row() {
	sort -n "$2" | awk -v what="$1" -v rate="$(median "$2" 1)" \
	    -v cpu="$(median "$2" 2)" -v base="$(median zmap 1)" '
		NR == 1	{ least = $1 }
		{ most = $1 }
		END { printf "| %s | %.0f | %.0f to %.0f | %.2f | %.2f |\n", \
		    what, rate / 1000, least / 1000, most / 1000, cpu, \
		    rate / base }'
}

main() {
	work=$(mktemp -d)
	trap 'bed_down; rm -rf "$work"' EXIT
	trap 'exit 130' INT TERM
	cd "$work"
	bed_up
	bed_drops
	printf 'sixteen bytes ..' >key
	awk -v n="$count" 'BEGIN {
		print "#fsdb -F t dst:a score:q block:a"
		for (i = 0; i < n; i++) {
			k = (i * 40503) % 4194304
			p = 20 + int(k / 65536) "." int(k / 256) % 256 "." k % 256
			printf "%s.1\t-\t%s.0/24\n", p, p
		}
		print "# end: " n }' >targets
	i=0
	while [ "$i" -lt "$runs" ]
	do
		run zmap zmap -M icmp_echoscan -i s -S 10.9.0.1 \
		    -G 02:00:00:00:00:02 -T 1 -r 0 -n "$count" -c 1 -q \
		    -b /dev/null -o /dev/null 20.0.0.0/6
		ours packet
		ours xdp --xdp
		ours bare --contact ''
		i=$((i + 1))
	done
	echo '## send: probes sent by one thread, far end dropping'
	echo
	echo "$(date +%F), tests/bench/send.sh: $count ICMP echo requests a run," \
	    "$runs runs each, taking turns;"
	echo "load at the end $(cut -d ' ' -f 1 /proc/loadavg)." \
	    "$(sendprobes --version), $(zmap --version 2>&1)."
	echo 'sendprobes: targets on stdin, time and tag in every probe, sent.gz.'
	echo
	echo '| | median kpps | least to most | CPU us per probe | ratio |'
	echo '|---|---|---|---|---|'
	row 'zmap -T 1 (28 bytes)' zmap
	row 'sendprobes (153 bytes, with opt-out text)' packet
	row "sendprobes --contact '' (64 bytes)" bare
	row 'sendprobes --xdp (153 bytes)' xdp
}

main "$@"
