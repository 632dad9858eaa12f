# Sourced by tests of sites around the simulated Internet, after lib.sh: four
# sites, two of them senders, and what it takes to compare with the truth.

[ "$(id -u)" -eq 0 ] || { echo "1..0 # SKIP needs root"; exit 0; }

lab=$CASTNET_DATA/lab/simlab
A4=192.0.2.1 A6=2001:db8:a::1
SITES='ams fra nyc sin' SENDERS='ams fra'
LATE=3000			# late limit, ms
EXPECT='-t 64 --max-attempt 1'	# what catchers are told of the probes
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

# Columns of an Fsdb file by name, in awk: c("dst").
# shellcheck disable=SC2016
awk_cols='
	function c(name) { return name in at ? $(at[name]) : "-" }
	/^#fsdb/ {
		split($0, h, " ")
		for (i = 4; i in h; i++) {
			sub(/:.*/, "", h[i])
			at[h[i]] = i - 3
		} }
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
	"$lab" sim net -e 42 --end 90 --idle 60 --late $LATE "$@" 2>sim.err &
	sim=$! pids="$pids $!"
	wait_for ready sim.err
}

# catch dir origins: a catcher at every site, ready.
catch() {
	catchers="" n=0
	for s in $SITES
	do
		n=$((n + 1))
		# shellcheck disable=SC2086
		"$lab" in net "$s" catchreply -i eth0 $2 -N "$s:$n" -k key \
		    $EXPECT --max-node 4 --wide --end +60s \
		    --buffer 16M -w "$1/reply.$s.gz" --pcap "$1/$s.pcap" \
		    --quiet 2>"$1/catch.$s.err" &
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

# send dir origins file pps [option ...]: the targets, half from each sender.
send() {
	d=$1 origins=$2 file=$3 pps=$4 senders="" n=0
	shift 4
	for s in $SENDERS
	do
		n=$((n + 1))
		# shellcheck disable=SC2086
		awk -v n="$n" 'NR % 2 == n - 1' "$file" |
		    "$lab" in net "$s" sendprobes -i eth0 $origins -N "$s:$n" \
		    -r "$pps" --allow-prefix 10.128.0.0/10 \
		    --allow-prefix 2001:db8::/32 -w "$d/sent.$s.gz" --quiet \
		    "$@" 2>"$d/send.$s.err" &
		senders="$senders $!" pids="$pids $!"
	done
	rc=0
	for p in $senders
	do
		wait "$p" || rc=$?
	done
	return "$rc"
}

# end_sim: siminet sends what is due, and ends.
end_sim() {
	kill -TERM "$sim" && wait "$sim"
}

# stop: siminet first, then the catchers.
stop() {
	end_sim || return 1
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

# no_difference: want.rows and got.rows are the same, and not nothing.
no_difference() {
	[ -s want.rows ] || { echo "nothing wanted"; return 1; }
	diff want.rows got.rows >rows.diff || { head -n 40 rows.diff; return 1; }
}

equal_rows() {
	truth_rows "$1/truth" >want.rows
	result_rows "$1/result" >got.rows
	no_difference
}

# Every probe the simulated Internet got is in the sent logs, and no other.
equal_sent() {
	awk -F '\t' -v OFS='\t' "$awk_cols"' { print c("src"), c("dst"),
	    c("attempt"), c("ttl"), c("tx_time") }' "$1/truth" |
	    sort >want.rows
	of "$1"/sent.*.gz | awk -F '\t' -v OFS='\t' -v short="$2" "$awk_cols"'
	    { print c("src"), c("dst"), c("attempt"), c("ttl"),
	    short ? "-" : c("time") }' | sort >got.rows
	no_difference
}

# Verdicts: of the truth, of the result's rows, of its counts; they add up.
equal_counts() {
	sum=0
	for v in ok none alias multi late unreach
	do
		want=$(truth_rows "$1/truth" |
		    awk -F '\t' -v v=$v '$6 == v' | wc -l)
		same "$(count $v "$1/result")" "$want" ||
		    { echo "$v"; return 1; }
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

# counted dir: every packet siminet sent to a site is one its catcher saw,
# and all it saw are replies or refused for a reason.
counted() {
	for s in $SITES
	do
		same "$(count packets "$1/reply.$s.gz")" "$(awk -v s="$s" \
		    '$2 == "site." s ":" { sub(/.*sent=/, ""); print }' \
		    "$1/truth")" || return 1
	done
	sum=0
	for r in replies foreign short badsum badform fragment forged future
	do
		sum=$((sum + $(count $r "$1"/reply.*.gz)))
	done
	same "$(count packets "$1"/reply.*.gz)" "$sum"
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

# judge dir: matchresults over all files of a run.
judge() {
	matchresults --late "${LATE}ms" "$1"/sent.*.gz "$1"/reply.*.gz >"$1/result"
}

