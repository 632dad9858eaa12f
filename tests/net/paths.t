#!/bin/sh
# needs: filters
#
# Paths on the kernel's lab: castnet, scamper and traceroute find the same
# hops, all of them on the known topology, with nothing missing; errors and
# answers that return to other sites are found there; and nobody else's ICMP
# becomes a hop, nor that of another run from the same address.
. "${0%/*}/../lib.sh"
labname=h wants='mtr scamper traceroute'
. "$TOP/tests/net/pathtest.sh"

# scamper_rows method family source [option ...]
scamper_rows() {
	method=$1 v=$2 src=$3
	lab targets "-$v" | at ams timeout 120 scamper -p 1000 -O json \
	    -c "trace -P $method -w 1 -W 1 -q 2 -g 4 -m 12 -S $src" -f - |
	    awk -v OFS='\t' 'match($0, /"dst":"[^"]*"/) {
		dst = substr($0, RSTART + 7, RLENGTH - 8)
		while (match($0, /\{"addr":"[^"]*", "probe_ttl":[0-9]+/)) {
			split(substr($0, RSTART + 9, RLENGTH - 9), h,
			    /", "probe_ttl":/)
			print dst, 0, h[2], h[1]
			$0 = substr($0, RSTART + RLENGTH)
		} }' >"scamper.$method.$v"
	[ "$(wc -l <"scamper.$method.$v")" -gt 150 ]
}

# traceroute_rows family: one flow a target, as its author's default is not.
traceroute_rows() {
	for t in $(lab targets "-$1")
	do
		at ams timeout 30 traceroute -n -q 1 -w 0.3 -m 12 -N 1 -U "$t" |
		    awk -v OFS='\t' -v t="$t" 'NR > 1 && $2 ~ /^[0-9a-f.:]+$/ {
			print t, $1, $1, $2 }'
	done >"traceroute.$1"
	[ "$(wc -l <"traceroute.$1")" -gt 150 ]
}

# What is missing is explained: scamper's UDP probes are known by an IPID
# that one path rewrites.
without_id() {
	grep -v "^$(lab targets -4 id)[^0-9]" "$1" >"$1.judged"
	judge "$1.judged" ams
}

# same_hops a b: where the topology leaves no choice, both have the same.
# There is one where a ttl has several nodes, or one that is met at another
# ttl too, or does not always answer.
same_hops() {
	lab truth | awk -F '\t' -v OFS='\t' '
		FILENAME == "-" && $4 == "node" {
			n[$2, $3]++
			if ($7 ~ /silent|limit|loss/)
				n[$2, $3]++
			if ($7 ~ /loss/)
				loss[$2] = $3
			if (($2, $5) in met)
				n[$2, $3] = n[$2, met[$2, $5]] = 2
			met[$2, $5] = $3
			next
		}
		FILENAME == "-" { next }
		n[$1, $3] == 1 && !($1 in loss && $3 > loss[$1]) {
			print FILENAME, $1, $3, $4 }' - "$1" "$2" |
	    sort -u >both
	awk -F '\t' -v a="$1" -v id="$(lab targets -4 id)" '
		$2 == id { next }
		{ rows[$1 == a]++; has[$2 "\t" $3 "\t" $4] += $1 == a ? 1 : 2 }
		END {
			for (i in has)
				if (has[i] != 3) {
					print has[i] == 1 ? "only first" : \
					    "only second", i
					bad++
				}
			print rows[1], rows[0], "rows"
			exit bad > 0 || rows[1] < 100
		}' both
}

ok 'the lab' lab up
lab targets >targets
probe_file 12 1 2 <targets >probes

for v in 4 6
do
	[ $v = 4 ] && src=$U4 || src=$U6
	for m in udp-paris icmp-paris
	do
		ok "scamper $m, IPv$v" scamper_rows $m $v "$src"
		ok '... on the topology' without_id scamper.$m.$v
	done
	ok "traceroute, IPv$v" traceroute_rows $v
	ok '... on the topology' judge traceroute.$v ams
done
for type in udp icmp
do
	ok "castnet by $type" trace $type ams $type 1000 probes
	hop_rows $type/hops >$type/rows
	ok '... on the topology, none missing' judge $type/rows ams
	for v in 4 6
	do
		grep -E "^$([ $v = 4 ] && echo 240 || echo 3fff)" \
		    $type/rows >$type.$v
		ok "... as scamper, IPv$v" same_hops \
		    scamper.$type-paris.$v $type.$v
		ok "... as traceroute, IPv$v" same_hops traceroute.$v \
		    $type.$v
	done
	ok '... each caught where it returns to' receivers $type/hops ams
done

# strangers: somebody else's traces from the very address, by ICMP and UDP,
# and a replay of what an earlier run with another key was answered.
strangers() {
	lab targets -4 cross away d4 >some
	ip netns exec "$CASTNET_LABNAME-ams" timeout 30 mtr -n -a $A4 -i 0.2 -c 6 -m 9 --raw \
	    "$(head -n 1 some)" >mtr.out 2>&1 &
	strange=$!
	ip netns exec "$CASTNET_LABNAME-ams" timeout 30 mtr -n -u -a $A4 -i 0.2 -c 6 -m 9 --raw \
	    "$(tail -n 1 some)" >mtr.udp 2>&1 &
	strange="$strange $!"
	ip netns exec "$CASTNET_LABNAME-ams" timeout 30 scamper -p 200 \
	    -c "trace -P icmp-paris -w 1 -W 1 -q 1 -g 3 -S $A4" \
	    -f some >scamper.out 2>&1 &
	strange="$strange $!"
	for s in $SITES
	do
		ip netns exec "$CASTNET_LABNAME-gw-$s" timeout 30 \
		    "$HELPER/replaypcap" "$1/$s.pcap" site \
		    500 >"replay.$s" 2>&1 &
		strange="$strange $!"
	done
	pids="$pids $strange"
}

# Everyone had something to say.
strangers_spoke() {
	for p in $strange
	do
		wait "$p" || { echo "$p of $strange: $?"; tail -n 3 replay.* mtr.out mtr.udp scamper.out; return 1; }
	done
	cat replay.*
	grep -q '^h' mtr.out && grep -q '^h' mtr.udp && grep -q 240 scamper.out
}

# two runs at once, from the same address, with keys of their own, among
# strangers
together() {
	for d in one other
	do
		mkdir $d
		od -An -N 16 -t x1 /dev/urandom | tr -d ' \n' >$d/key
		start_catch $d "$1" || return 1
	done
	strangers "$1"
	send_from one ams "$1" 500 <probes &
	sending=$!
	pids="$pids $sending"
	send_from other ams "$1" 500 <probes && wait "$sending" || return 1
	sleep 0.5
	strangers_spoke && end_catch one && end_catch other &&
	    match_hops one && match_hops other
}

# No reply is to no probe of its own log; others' were seen and refused.
alone() {
	gzip -cdf "$1/hops" | sed -n 's/^# counts: //p' >counts
	cat counts
	grep -q ' unlogged=0 ' counts && grep -q ' unsent=0 ' counts &&
	    grep -q ' dup=0 ' counts && grep -q ' weak=0 ' counts || return 1
	refused=$(($(count_of forged "$1"/reply.*.gz) +
	    $(count_of foreign "$1"/reply.*.gz)))
	echo "$refused refused"
	[ "$refused" -gt 1000 ]
}

# The command that does it all, over ssh, from every site.
command() {
	lab targets cross away mesh >some
	lab ctl orchestrate -n "$(lab nodes)" trace -T "$work/some" -q 1 -m 9 \
	    --allow-prefix 240.0.0.0/4 --allow-prefix 3fff::/20 \
	    --runs "$work/runs" --id all >all.out 2>all.err ||
	    { cat all.err; return 1; }
	[ -e runs/all/COMPLETE ]
}

# from site: what it traced, judged and received
from() {
	gzip -cdf runs/all/hops.gz | awk -F '\t' -v OFS='\t' -v s="$1" \
	    "/^#fsdb/ { print } $awk_cols"' c("tx") == s' >hops
	hop_rows hops >rows
	judge rows "$1" && receivers hops "$1"
}

ok 'orchestrate trace' command
for s in $SITES
do
	ok "... from $s on the topology, none missing, all received" from "$s"
done
for type in icmp udp
do
	ok "two runs at once by $type, among strangers" together $type
	for d in one other
	do
		hop_rows $d/hops >$d/rows
		ok "... $d on the topology, none missing" judge $d/rows ams
		ok '... each caught where it returns to' receivers $d/hops ams
		ok '... and no stranger is a hop' alone $d
	done
	rm -rf one other
done
ok 'down' lab down
done_testing
