#!/bin/sh
# Truth under faults: four sites around a simulated Internet that duplicates,
# delays, forges, cuts and confuses; every count and every row must be what
# its truth file says.
. "$(dirname "$0")/../lib.sh"

[ "$(id -u)" -eq 0 ] || { echo "1..0 # SKIP needs root"; exit 0; }

lab=$CASTNET_DATA/lab/simlab
A4=192.0.2.1 A6=2001:db8:a::1
V4=3000 V6=3000			# targets of each family
SITES='ams fra nyc sin' SENDERS='ams fra'
LATE=3s				# late limit; siminet adds half a second
pids=

cleanup() {
	for p in $pids
	do
		kill -9 "$p" 2>/dev/null
	done
	[ ! -d net ] || "$lab" down net
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

same() {
	[ "$1" = "$2" ] || { echo "got $1, want $2"; return 1; }
}

# cols name ...: awk text that prints these columns of an Fsdb file; c is a
# function of the column's name.
awk_cols='
	function c(name) { return name in at ? $(at[name]) : "-" }
	/^#fsdb/ { split($0, h, " "); n = 0
		for (i = 4; i in h; i++) { sub(/:.*/, "", h[i]); at[h[i]] = ++n } }
	/^#/ { next }'

# of file ...: the records of files, compressed or not, one after the other.
of() {
	for f
	do
		gzip -cdf "$f"
	done
}

# count name file ...: the sum of a counter over the last counts of files.
count() {
	what=$1 sum=0
	shift
	for f
	do
		n=$(gzip -cdf "$f" | awk -v w="$what" '/^# counts: / { v = 0
			for (i = 3; i <= NF; i++)
				if (index($i, w "=") == 1)
					v = substr($i, length(w) + 2) }
			END { print v + 0 }')
		sum=$((sum + n))
	done
	echo "$sum"
}

# planted file fault ...: how many packets of these faults siminet sent.
planted() {
	f=$1
	shift
	awk -v want=" $* " '/^# planted\./ { for (i = 3; i <= NF; i++) {
		split($i, kv, "=")
		if (index(want, " " kv[1] " ")) n += kv[2] } }
		END { print n + 0 }' "$f"
}

# targets: one address per /24 of 10.128.0.0/10 and per /48 of 2001:db8::/32.
targets() {
	awk -v a="$1" -v b="$2" 'BEGIN {
		for (i = 0; i < a; i++)
			printf "10.%d.%d.%d\n", 128 + int(i / 256), i % 256,
			    1 + i * 7 % 100
		for (i = 0; i < b; i++)
			printf "2001:db8:%x::%x\n", 256 + i, 1 + i * 11 % 1000
	}'
}

# wait_for text file: until a line says so, at most ten seconds.
wait_for() {
	tries=0
	until grep -q "$1" "$2" 2>/dev/null
	do
		tries=$((tries + 1))
		[ "$tries" -lt 200 ] || { echo "# no '$1' in $2"; return 1; }
		sleep 0.05
	done
}

# sim option ...: siminet in the background, ready.
sim() {
	"$lab" sim net -e 42 --end 60 --idle 1.5 --late 3500 "$@" 2>sim.err &
	sim=$! pids="$pids $!"
	wait_for ready sim.err
}

# catch dir type: a catcher at every site, ready.
catch() {
	catchers="" n=0
	for s in $SITES
	do
		n=$((n + 1))
		"$lab" in net "$s" catchreply -i eth0 -S $A4,$A6 -P "$2" \
		    -N "$s:$n" -k key -t 64 --max-node 4 --max-attempt 1 \
		    --wide --end +60s --buffer 16M -w "$1/reply.$s.gz" --quiet \
		    2>"$1/catch.$s.err" &
		catchers="$catchers $!" pids="$pids $!"
	done
	for s in $SITES
	do
		tries=0
		until of "$1/reply.$s.gz" 2>/dev/null | grep -q '^# confined'
		do
			tries=$((tries + 1))
			[ "$tries" -lt 200 ] || return 1
			sleep 0.05
		done
	done
}

# send dir type file pps key: the targets, half from each sender.
send() {
	senders="" n=0
	for s in $SENDERS
	do
		n=$((n + 1))
		awk -v n="$n" 'NR % 2 == n - 1' "$3" |
		    "$lab" in net "$s" sendprobes -i eth0 -S $A4,$A6 -P "$2" \
		    -N "$s:$n" -k "$5" -r "$4" --allow-prefix 10.128.0.0/10 \
		    --allow-prefix 2001:db8::/32 -w "$1/sent.$s.gz" --quiet \
		    2>"$1/send.$s.err" &
		senders="$senders $!" pids="$pids $!"
	done
	rc=0
	for p in $senders
	do
		wait "$p" || rc=$?
	done
	return "$rc"
}

# stop: siminet ends by itself once nothing is due; then the catchers.
stop() {
	wait "$sim" || return 1
	rc=0
	for p in $catchers
	do
		kill -TERM "$p"
		wait "$p" || rc=$?
		[ "$rc" -eq 143 ] || return 1
	done
}

# rows: what is to be the same in truth and result, sorted.
truth_rows() {
	awk -F '\t' -v OFS='\t' "$awk_cols"' { print c("src"), c("dst"),
	    c("probe"), c("attempt"), c("site"), c("verdict"), c("rx"),
	    c("from"), c("kind"), c("icmp"), c("replies"), c("sites"),
	    c("txt") }' "$1" | sort
}

result_rows() {
	awk -F '\t' -v OFS='\t' "$awk_cols"' { print c("src"), c("dst"),
	    c("probe"), c("attempt"), c("tx"), c("verdict"), c("rx"),
	    c("from"), c("kind"), c("icmp"), c("replies"), c("sites"),
	    c("txt") }' "$1" | sort
}

equal_rows() {
	truth_rows "$1/truth" >want.rows
	result_rows "$1/result" >got.rows
	[ -s want.rows ] || { echo "no truth"; return 1; }
	cmp want.rows got.rows || { diff want.rows got.rows | head -40; return 1; }
}

# Every probe the simulated Internet got is in the sent logs, and no other.
equal_sent() {
	awk -F '\t' -v OFS='\t' "$awk_cols"' { print c("src"), c("dst"),
	    c("attempt"), c("ttl"), c("tx_time") == "-" ? "-" : c("tx_time") }' \
	    "$1/truth" | sort >want.rows
	of "$1"/sent.*.gz | awk -F '\t' -v OFS='\t' -v short="$2" "$awk_cols"'
	    { print c("src"), c("dst"), c("attempt"), c("ttl"),
	    short ? "-" : c("time") }' | sort >got.rows
	cmp want.rows got.rows || { diff want.rows got.rows | head -20; return 1; }
}

# Verdicts: of the truth, of the result's rows, of its counts; they add up.
equal_counts() {
	sum=0
	for v in ok none alias multi late unreach
	do
		want=$(truth_rows "$1/truth" | awk -F '\t' -v v=$v '$6 == v' | wc -l)
		same "$(count $v "$1/result")" "$want" || { echo "$v"; return 1; }
		sum=$((sum + want))
	done
	same "$(count sent "$1/result")" "$sum" &&
	    same "$(count sent "$1"/sent.*.gz)" "$sum" &&
	    same "$(count unlogged "$1/result")" 0 &&
	    same "$(count unsent "$1/result")" 0 &&
	    same "$(count weak "$1/result")" 0 &&
	    same "$(count dup "$1/result")" "$(truth_rows "$1/truth" |
	    awk -F '\t' '$11 > 1 { n += $11 - 1 } END { print n + 0 }')"
}

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

# Nothing was lost on the way but what siminet lost on purpose.
lossless() {
	same "$(count rxdrops "$1/truth")" 0 &&
	    same "$(count txdrops "$1/truth")" 0 &&
	    same "$(count kdrops "$1"/reply.*.gz)" 0 &&
	    same "$(count ifdrops "$1"/reply.*.gz)" 0
}

# What the independent reading of probes(7) has against the probes.
conform() {
	! grep '^# counts' "$1/truth" | grep 'bad\.'
}

# record type: an earlier run with another key, whose replies are kept.
record() {
	mkdir "old.$1"
	sim --rtt 0-1 --answer 1 --save "old.$1/replies" -w "old.$1/truth" &&
	    send "old.$1" "$1" few 1000 oldkey && wait "$sim"
}

# run type: everything at once.
run() {
	mkdir "$1"
	sim -k key -w "$1/truth" --replay "old.$1/replies" --flip-after 3000 \
	    -f mix,many=0.001,forged=3,cross=2,replayed=2.2 &&
	    catch "$1" "$1" && send "$1" "$1" all 1500 key && stop
}

# judge type: matchresults over all files of the run.
judge() {
	matchresults --late $LATE "$1"/sent.*.gz "$1"/reply.*.gz >"$1/result"
}

# check type: what is tied to a probe by its target's address alone (chaos,
# TCP) can be no alias and no cross-target: it is forged.
check() {
	t=$1
	ok "$t: probes are as probes(7) says" conform "$t"
	ok "$t: nothing lost by accident" lossless "$t"
	case $t in
	icmp|dns)
		tied='' foreign='foreign replayed' short=
		cross=$(planted "$t/truth" cross)
		;;
	*)
		tied='cross alias replayed' foreign=foreign short=1
		cross=0
		[ "$t" = chaos ] || short=1
		;;
	esac
	ok "$t: sent logs hold every probe that arrived" equal_sent "$t" "$short"
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
}

targets $V4 $V6 >list
sort -R --random-source=list list >all
head -n 400 all >few
echo 000102030405060708090a0b0c0d0e0f >key
echo 101112131415161718191a1b1c1d1e1f >oldkey
# shellcheck disable=SC2086
ok "lab up" "$lab" up net $SITES

hostile=0
for t in ${TYPES-icmp dns chaos syn synack}
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
