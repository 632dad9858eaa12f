#!/bin/sh
# needs: filters
#
# Truth under faults: four sites around a simulated Internet that duplicates,
# delays, forges, cuts and confuses; every count and every row must be what
# its truth file says.
. "$(dirname "$0")/../lib.sh"
. "$here/sim.sh"

# reject dir reason fault ...: refused for that reason, at any site.
reject() {
	d=$1 r=$2
	shift 2
	same "$(count "$r" "$d"/reply.*.gz)" "$(planted "$d/truth" "$@")"
}

# A round trip is at least as long as siminet waited, when one clock says.
rtts() {
	awk -F '\t' "$awk_cols"'
		FNR == NR { w[c("src"), c("dst")] = c("delay_ms"); next }
		c("verdict") == "ok" && c("rx") == c("tx") { n++
		least = w[c("src"), c("dst")] - 0.001
		if (c("rtt_ms") == "-" || c("rtt_ms") < least) {
			bad++
			print
		} }
		c("rx") != c("tx") && c("rtt_ms") != "-" { bad++; print }
		END { if (!n || bad) { print n " rtts, bad: " bad; exit 1 } }' \
	    "$1/truth" "$1/result"
}

# record type: an earlier run with another key, whose replies are kept.
record() {
	mkdir "old.$1"
	sim --rtt 0-1 --answer 1 --save "old.$1/replies" -w "old.$1/truth" &&
	    send "old.$1" "-S $A4,$A6 -P $1" few 1000 -k oldkey &&
	    end_sim
}

# run type: everything at once.
run() {
	mkdir "$1"
	sim -k key -w "$1/truth" --replay "old.$1/replies" --flip-after 3000 \
	    -f mix,many=0.001,forged=3,cross=2,replayed=2.2 &&
	    catch "$1" "-S $A4,$A6 -P $1" &&
	    send "$1" "-S $A4,$A6 -P $1" all 1500 -k key && stop
}

# again type way option ...: the packets once more, from the pcap files.
again() {
	t=$1 way=$2 n=0
	shift 2
	for s in $SITES
	do
		n=$((n + 1))
		catchreply -f "$t/$s.pcap" -S "$A4,$A6" -P "$t" -N "$s:$n" \
		    -t 64 --max-node 4 --max-attempt 1 -w "$t/$way.$s.gz" \
		    --quiet "$@" || return 1
	done
}

# rejudge type way option ...: what then comes out; the truth again.
rejudge() {
	t=$1 way=$2
	shift 2
	matchresults --late "${LATE}ms" "$@" "$t"/sent.*.gz "$t/$way".*.gz \
	    >"$t/$way.result" || return 1
	truth_rows "$t/truth" >want.rows
	result_rows "$t/$way.result" >got.rows
	no_difference
}

# Through the narrow filter come the same replies, and little else: of
# another run's only those of DNS, whose base32 no kernel filter reads.
narrow() {
	again "$1" narrow -k key && rejudge "$1" narrow || return 1
	[ "$1" = dns ] && more=$(planted "$1/truth" replayed) || more=0
	same "$(count foreign "$1"/narrow.*.gz)" "$more"
}

# Caught without the key, authenticated later, and not told which nodes,
# times to live and attempts there were: what is forged may then look like an
# answer to a probe that nobody sent, but never to one that was.
offline() {
	again "$1" offline --wide && rejudge "$1" offline -k key || return 1
	same $(($(count forged "$1/offline.result") +
	    $(count unsent "$1/offline.result") +
	    $(count weak "$1/offline.result"))) \
	    "$(count forged "$1"/reply.*.gz)"
}

# planted_all type: there was every fault, in every verdict.
planted_all() {
	for f in silent plain dup many alias late multi unreach unreach8 \
	    exceeded mixed loss
	do
		awk -F '\t' -v f=$f "$awk_cols"' c("fate") == f { n++ }
		    END { exit !n }' "$1/truth" || { echo "no $f"; return 1; }
	done
	for f in flip forged cross replayed truncated corrupted foreign fragment
	do
		[ "$(planted "$1/truth" $f)" -gt 0 ] ||
		    { echo "no $f"; return 1; }
	done
}

# check type: what is tied to a probe by its target's address alone (chaos,
# TCP) can be no alias and no cross-target: it is forged.
check() {
	t=$1
	ok "$t: probes are as probes(7) says" conform "$t"
	ok "$t: every fault is there" planted_all "$t"
	ok "$t: nothing lost by accident" lossless "$t"
	case $t in
	icmp|dns|udp)
		tied='' foreign='foreign replayed' short=
		cross=$(planted "$t/truth" cross)
		;;
	*)
		tied='cross alias replayed' foreign=foreign short=1
		cross=0
		;;
	esac
	ok "$t: sent logs hold what arrived" equal_sent "$t" "$short"
	ok "$t: every packet is counted" counted "$t"
	ok "$t: every row is the truth" equal_rows "$t"
	ok "$t: every count is the truth" equal_counts "$t"
	# shellcheck disable=SC2086
	ok "$t: forged" reject "$t" forged forged $tied
	# shellcheck disable=SC2086
	ok "$t: foreign" reject "$t" foreign $foreign
	ok "$t: truncated" reject "$t" short truncated
	ok "$t: corrupted" reject "$t" badsum corrupted
	ok "$t: fragments" reject "$t" fragment fragment
	ok "$t: answers from other targets" \
	    same "$(count crosstarget "$t/result")" "$cross"
	ok "$t: round trips" rtts "$t"
	ok "$t: the same through the narrow filter" narrow "$t"
	ok "$t: the same when authenticated later" offline "$t"
}

targets 3000 3000 >list
sort -R --random-source=list list >all
head -n 400 all >few
echo 000102030405060708090a0b0c0d0e0f >key
echo 101112131415161718191a1b1c1d1e1f >oldkey
# shellcheck disable=SC2086
ok "lab up" "$lab" up net $SITES

hostile=0
for t in ${TYPES-icmp dns chaos syn synack udp ack}
do
	ok "$t: an earlier run to replay" record "$t"
	ok "$t: run" run "$t"
	ok "$t: matchresults" judge "$t"
	check "$t"
	hostile=$((hostile + $(planted "$t/truth" forged cross replayed)))
done
ok "200,000 forged, cross-target and replayed ($hostile)" \
    [ "$hostile" -ge 200000 ]

done_testing
