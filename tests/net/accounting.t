#!/bin/sh
# needs: filters
#
# Every probe is accounted for: sent is the sum of verdicts, read is sent or
# refused, and what a killed sender did not send is known and can be resumed.
. "$(dirname "$0")/../lib.sh"
. "$here/sim.sh"

A42=192.0.2.2
echo 000102030405060708090a0b0c0d0e0f >key

# Several origins side by side, two attempts each, and input with what must
# be refused: 3 lines that are none, 5 special-purpose, 7 blocklisted.
mixture() {
	targets 600 400
	printf '%s\n' nonsense 1.2.3 10.128.0.1/24
	printf '%s\n' 127.0.0.1 10.0.0.1 192.168.1.1 fe80::1 ::1
	for i in 1 2 3 4 5 6 7
	do
		echo "10.131.255.$i"
	done
}

origins="-O src=$A4,probe=icmp -O src=$A4,probe=dns -O src=$A42,probe=syn
    -O src=$A6,probe=chaos"

several() {
	mkdir several
	mixture | sort -R --random-source=key >several/in
	echo 10.131.255.0/24 >block
	sim -k key -w several/truth -f mix &&
	    catch several "$origins" || return 1
	# Refused targets make it exit 1: the output says so.
	status 1 send several "$origins" several/in 1500 -k key -q 2 -b block &&
	    stop
}

# What was read is sent or refused; each target from each of its origins.
inputs() {
	same "$(count read several/sent.*.gz)" "$(wc -l <several/in)" &&
	    same "$(count refused.bad several/sent.*.gz)" 3 &&
	    same "$(count refused.special several/sent.*.gz)" 5 &&
	    same "$(count refused.blocklist several/sent.*.gz)" 7 &&
	    same "$(count refused.origin several/sent.*.gz)" 0 &&
	    same "$(count targets several/sent.*.gz)" 1000 &&
	    same "$(count sent several/sent.*.gz)" $((2 * (3 * 600 + 400)))
}

# killed: one sender, killed as hard as can be when 2,400 of 6,000 are sent.
killed() {
	mkdir killed
	sim -k key -w killed/truth -f dup,alias,multi,loss &&
	    catch killed "-S $A4,$A6 -P icmp" || return 1
	"$lab" in net ams sendprobes -i eth0 -S "$A4,$A6" -P icmp -N ams:1 \
	    -k key -r 2000 --allow-prefix 10.128.0.0/10 \
	    --allow-prefix 2001:db8::/32 -w killed/sent.ams.gz --quiet \
	    <hitlist 2>killed/send.ams.err &
	sender=$! tries=0
	pids="$pids $sender"
	until n=$(of killed/sent.ams.gz 2>/dev/null | grep -vc '^#')
	    [ "$n" -ge 2400 ]
	do
		tries=$((tries + 1))
		[ "$tries" -lt 400 ] || return 1
		sleep 0.02
	done
	date +%s.%N >killed/at
	kill -9 "$sender"
	rc=0
	wait "$sender" 2>/dev/null || rc=$?
	same "$rc" 137 && stop
}

# Targets in the sent logs of a directory.
logged() {
	of "$1"/sent.*.gz 2>/dev/null | awk -F '\t' "$awk_cols"'
	    { print c("dst") }' | sort
}

# No record that was a second old is missing from the log.
nothing_old_lost() {
	logged killed >killed/logged
	awk -F '\t' -v kill="$(cat killed/at)" "$awk_cols"'
	    c("time") + 1 < kill { print c("dst") }' killed/truth | sort >old
	[ "$(wc -l <old)" -gt 0 ] && [ -z "$(comm -23 old killed/logged)" ]
}

# A row for each probe that was logged, and for each that was answered.
killed_rows() {
	truth_rows killed/truth | awk -F '\t' 'FNR == NR { log_[$1]; next }
	    $2 in log_ || $6 != "none"' killed/logged - >want.rows
	result_rows killed/result >got.rows
	no_difference || return 1
	awk -F '\t' 'FNR == NR { log_[$1]; next } !($2 in log_)' \
	    killed/logged got.rows | wc -l >unlogged
	same "$(count unlogged killed/result)" "$(cat unlogged)" &&
	    same "$(count sent killed/result)" "$(wc -l <killed/logged)" ||
	    return 1
	sum=0
	for v in ok none alias multi late unreach
	do
		sum=$((sum + $(count $v killed/result)))
	done
	same "$sum" $(($(wc -l <killed/logged) + $(cat unlogged)))
}

# What is left is what is not in the log, in the order it would have had.
resumed() {
	mkhitlist -e 7 --resume killed/sent.ams.gz list \
	    --allow-prefix 10.128.0.0/10 --allow-prefix 2001:db8::/32 >rest ||
	    [ $? -eq 1 ] || return 1
	awk -F '\t' "$awk_cols"' { print c("dst") }' rest >rest.dst
	awk -F '\t' "$awk_cols"' { print c("dst") }' hitlist |
	    awk 'FNR == NR { log_[$1]; next } !($1 in log_)' \
	    killed/logged - >want
	[ -s want ] && cmp want rest.dst
}

# Sending the rest makes it whole: each target once in the logs.
rest_sent() {
	mkdir rest.d
	sim -k key -w rest.d/truth &&
	    catch rest.d "-S $A4,$A6 -P icmp" || return 1
	send rest.d "-S $A4,$A6 -P icmp" rest.dst 1500 -k key && stop ||
	    return 1
	logged rest.d | sort -m - killed/logged >both
	sort list | cmp - both
}

list_sorted() {
	targets 3000 3000 | sort >list &&
	    mkhitlist -e 7 --allow-prefix 10.128.0.0/10 \
	    --allow-prefix 2001:db8::/32 list >hitlist
}

# shellcheck disable=SC2086
ok "lab up" "$lab" up net $SITES
ok "several origins, two attempts" several
ok "several: matchresults" judge several
ok "several: probes are as probes(7) says" conform several
ok "several: nothing lost by accident" lossless several
ok "several: every packet is counted" counted several
ok "several: what was read is sent or refused" inputs
ok "several: every row is the truth" equal_rows several
ok "several: sent is the sum of verdicts" equal_counts several
ok "hitlist" list_sorted
ok "a sender killed at 40 %" killed
ok "killed: no record a second old is lost" nothing_old_lost
ok "killed: matchresults says it was cut" status 1 judge killed
ok "killed: a row for all that was sent" killed_rows
ok "killed: what was never sent is listed" resumed
ok "killed: sending that completes it" rest_sent

done_testing
