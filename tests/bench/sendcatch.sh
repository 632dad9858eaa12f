#!/bin/sh
# sendcatch - sending and catching on one machine, every target answering
#
# usage: OBJ=obj tests/bench/sendcatch.sh
# A namespace answers every address of 20.0.0.0/6 (the kernel's echo), another
# one probes COUNT (2000000) of them and keeps the replies.  First zmap, at
# rising RATES, to find the highest at which it keeps 99.9 % of them; then
# sendprobes with catchreply, both logs compressed, tags on, at 1.3 times what
# zmap was asked for, without and with --xdp, RUNS (5) times: every reply must
# be there.  The peer's best rate is looked for anew before each of our runs.
# Prints a section of RESULTS.md.  Wants root.

set -eu
LC_ALL=C; export LC_ALL
top=$(cd "$(dirname "$0")/../.." && pwd)
obj=${OBJ-obj}
case $obj in /*) ;; *) obj=$top/$obj ;; esac
PATH=$obj/bin:$obj/bench:$PATH
runs=${RUNS-5} count=${COUNT-2000000}
rates=${RATES-120000 180000 240000 300000 360000 420000 480000 540000}
near=bcn$$ far=bcf$$
# shellcheck source=tests/bench/bed.sh
. "$top/tests/bench/bed.sh"

# answer_all: the far end's kernel has every address
answer_all() {
	ip -n "$far" -batch - <<-EOF
		link set lo up
		addr add 10.9.0.2/30 dev w
		neigh add 10.9.0.1 lladdr 02:00:00:00:00:01 dev w nud permanent
		route add local 20.0.0.0/6 dev lo
	EOF
	nsenter --net="/run/netns/$far" sysctl -qw net.ipv4.icmp_ratemask=0 \
	    net.ipv4.icmp_msgs_per_sec=100000000 \
	    net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.w.rp_filter=0 || :
}

# arrived: packets the near end has received.
arrived() {
	nsenter --net="/run/netns/$near" awk '/^ *s:/ { sub(/.*:/, ""); print $2 }' \
	    /proc/self/net/dev
}

# peer rate: "share rate" in peer: of the replies zmap keeps, and what came a
# second.
peer() {
	before=$(arrived)
	rm -f zmap.csv
	nsenter --net="/run/netns/$near" rxrate s "$count" >seen 2>/dev/null &
	counter=$!
	nsenter --net="/run/netns/$near" timeout 300 zmap -M icmp_echoscan -i s \
	    -S 10.9.0.1 -G 02:00:00:00:00:02 -T 1 -r "$1" -n "$count" -c 2 -q \
	    -b /dev/null -o zmap.csv 20.0.0.0/6 >log 2>&1 ||
	    { cat log >&2; exit 1; }
	all=$(($(arrived) - before))
	wait "$counter"
	awk -v kept="$(wc -l <zmap.csv)" -v all="$all" \
	    '{ printf "%.5f %d\n", kept / all, $2 }' seen >peer
	cat peer >&2
}

# best: "asked had": the rates, asked for and of replies, at which zmap keeps
# 99.9 %, at most.
best() {
	found='0 0'
	for r in $rates
	do
		peer "$r"
		found=$(awk -v asked="$r" -v found="$found" '{
			split(found, f, " ")
			print (($1 >= 0.999 && $2 > f[2]) ? asked " " $2 : found)
		}' peer)
	done
	[ "$found" != '0 0' ] || { echo "zmap keeps too little" >&2; exit 1; }
	echo "$found"
}

# ours rate option ...: "rate sent caught dropped" of one run.
ours() {
	asked=$1
	shift
	rm -f sent.gz reply.gz
	nsenter --net="/run/netns/$near" catchreply -i s -S 10.9.0.1 -N a:1 \
	    -k key -w reply.gz --quiet &
	catcher=$!
	sleep 1
	nsenter --net="/run/netns/$near" rxrate s "$count" >seen 2>/dev/null &
	counter=$!
	nsenter --net="/run/netns/$near" sendprobes -i s -S 10.9.0.1 -N a:1 \
	    -k key -r "$asked" -w sent.gz --quiet "$@" <targets
	wait "$counter"
	sleep 1
	kill -INT "$catcher"
	wait "$catcher" || :
	zcat sent.gz | grep -v '^#' | cut -f 5 | sort >a
	recawk '{ print $dst }' reply.gz | sort -u >b
	echo "$(cut -d ' ' -f 2 seen) $(wc -l <a) $(comm -12 a b | wc -l)" \
	    "$(zcat reply.gz | sed -n 's/^# counts:.* kdrops=\([0-9]*\).*/\1/p' |
	    tail -n 1)"
}

# row how rate sent caught dropped
row() {
	echo "| $1 | ${zmap% *} | ${zmap#* } | $r | $2 |" \
	    "$(awk -v a="$2" -v b="${zmap#* }" \
	    'BEGIN { printf "%.2f", a / b }') | $3 | $4 | $5 |"
}

main() {
	work=$(mktemp -d)
	trap 'bed_down; rm -rf "$work"' EXIT
	trap 'exit 130' INT TERM
	cd "$work"
	bed_up
	answer_all
	printf 'sixteen bytes ..' >key
	awk -v n="$count" 'BEGIN {
		print "#fsdb -F t dst:a score:q block:a"
		for (i = 0; i < n; i++) {
			k = (i * 40503) % 4194304
			p = 20 + int(k / 65536) % 4 "." int(k / 256) % 256 "." \
			    k % 256
			h = int(k / 262144)
			printf "%s.%d\t-\t%s.0/24\n", p, h + 1, p
		}
		print "# end: " n }' >targets
	echo '## sendcatch: sending and catching, every target answering'
	echo
	echo "$(date +%F), tests/bench/sendcatch.sh: $count targets a run." \
	    "$(sendprobes --version), $(zmap --version 2>&1)."
	echo
	echo '| | zmap asked for | zmap replies/s, 99.9 % kept | castnet asked for | castnet replies/s |' \
	    'ratio | sent | caught | kernel drops |'
	echo '|---|---|---|---|---|---|---|---|---|'
	i=0
	while [ "$i" -lt "$runs" ]
	do
		zmap=$(best)
		r=$((${zmap% *} * 13 / 10))
		# shellcheck disable=SC2046 # words
		row packet $(ours "$r")
		# shellcheck disable=SC2046 # words
		row xdp $(ours "$r" --xdp)
		i=$((i + 1))
	done
}

main "$@"
