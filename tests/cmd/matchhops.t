#!/bin/sh
# needs: filters
. "${0%/*}/../lib.sh"

tab=$(printf '\t')
sent_head='#fsdb -F t time:d node:a probe:a src:a dst:a ttl:q flow:q attempt:q sport:q dport:q tos:q size:q options:a'
reply_head='#fsdb -F t time:d node:a kind:a from:a to:a probe:a tx:q tx_time:d dst:a ttl:q flow:q attempt:q auth:a rttl:q rtos:q size:q icmp:a qttl:q qtos:q qlen:q mpls:a quote:a'

# stream header node file: the lines of a file, spaces as tabs, as a stream
stream() {
	echo "$1"
	echo "# node: $2"
	tr ' ' "$tab" <"$3"
	echo "# end: $(wc -l <"$3")"
}

# plain: a result without what may differ: how it was asked for
plain() {
	grep -v '^#   |' "$@"
}

# A trace to 10.0.0.9 from ams, to 2001:db8::9 and 10.0.0.9 from fra; the same
# probe again; two flows.
cat >s1 <<'END'
100.000000000 ams icmp 192.0.2.1 10.0.0.9 3 0 0 - - - - -
100.010000000 ams icmp 192.0.2.1 10.0.0.9 1 0 0 - - - - -
100.020000000 ams icmp 192.0.2.1 10.0.0.9 2 0 0 - - - - -
100.030000000 ams icmp 192.0.2.1 10.0.0.9 2 0 1 - - - - -
100.040000000 ams icmp 192.0.2.1 10.0.0.9 1 1 0 - - - - -
100.050000000 ams icmp 192.0.2.1 10.0.0.9 4 0 0 - - - - -
100.060000000 ams icmp 192.0.2.1 10.0.0.9 1 0 0 - - - - -
100.070000000 ams syn 192.0.2.1 10.0.0.9 1 0 0 - 443 5 52 MSS(1460)/SACKP
END
cat >s2 <<'END'
100.000000000 fra icmp 2001:db8::1 2001:db8::9 1 0 0 - - 0 - -
100.005000000 fra icmp 192.0.2.1 10.0.0.9 1 0 2 - - - - -
END
cat >r1 <<'END'
100.015000000 ams ttl 10.1.0.1 192.0.2.1 icmp - - 10.0.0.9 1 0 0 tag32 255 192 56 11/0 1 0 28 - -
100.016000000 ams ttl 10.1.0.1 192.0.2.1 icmp - - 10.0.0.9 1 0 0 tag32 255 192 56 11/0 1 0 28 - -
100.065000000 ams ttl 10.1.0.1 192.0.2.1 icmp - - 10.0.0.9 1 0 0 tag32 255 192 56 11/0 1 0 28 - -
100.022500000 ams ttl 10.1.0.2 192.0.2.1 icmp 1 100.020000000 10.0.0.9 2 0 0 mac64 254 0 168 11/0 1 4 140 24001:0:1:1 -
100.040250000 ams ttl 10.1.0.1 192.0.2.1 icmp 1 100.040000000 10.0.0.9 1 1 0 mac64 254 0 168 11/0 1 0 140 in|2|10.1.0.1|eth0|1500 -
100.080000000 ams ttl 10.1.0.1 192.0.2.1 syn 1 - 10.0.0.9 1 0 0 tag32 255 0 56 11/0 1 5 28 - -
END
cat >r2 <<'END'
100.066500000 fra ttl 10.1.0.1 192.0.2.1 icmp - - 10.0.0.9 1 0 0 tag32 250 192 56 11/0 1 0 28 - -
100.007000000 fra echo 10.0.0.9 192.0.2.1 icmp 1 100.000000000 10.0.0.9 3 0 0 mac64 61 0 64 - - - - - -
100.057000000 fra unreach 10.0.0.9 192.0.2.1 icmp 1 100.050000000 10.0.0.9 4 0 0 mac64 61 0 64 3/13 1 0 84 - -
100.000100000 fra ttl 2001:db8:1::1 2001:db8::1 icmp 2 100.000000000 2001:db8::9 1 0 0 mac64 63 0 144 3/0 1 0 96 - -
END
stream "$sent_head" ams:1 s1 >s1.fsdb
stream "$sent_head" fra:2 s2 >s2.fsdb
stream "$reply_head" ams:1 r1 >r1.fsdb
stream "$reply_head" fra:2 r2 >r2.fsdb
sed -i '1a # paths: trace' s1.fsdb

compare() {
	matchresults --hops s1.fsdb s2.fsdb r1.fsdb r2.fsdb >all || return 1
	plain all >out
	golden matchhops
}
ok 'hops: order, extensions, quotes, several sites' compare

order() {
	matchresults --hops r2.fsdb s2.fsdb r1.fsdb s1.fsdb | plain |
	    grep -v '^#' >a
	plain all | grep -v '^#' | diff -u - a
}
ok 'the order of the files does not matter' order

# offsets line ...: an offset file of these
offsets() {
	printf '%s\n' "$@" >o
	echo "#fsdb -F t node:a peer:a offset_ms:d err_ms:d time:d drift_ms:d"
	tr ' ' "$tab" <o
	echo "# end: $#"
}

clocks() {
	recawk '$ttl > 2 { print $rtt_ms }' all >b
	diff -u b - <<-END || return 1
	-
	-
	END
	# fra is 2 ms ahead of ams.
	offsets 'fra ams 2.000 0.250 - -' >direct
	matchresults --hops -o direct ./s?.fsdb ./r?.fsdb >a || return 1
	recawk '$ttl > 2 { print $rtt_ms, $rtt_err_ms }' a >b
	diff -u b - <<-END || return 1
	5.000 0.250
	5.000 0.250
	END
	grep -x '# rtt: own=6 offset=2 unknown=0 impossible=0' a || return 1
	offsets 'ams fra -2.000 0.250 160.000 0.100' >aged
	matchresults --hops -o aged ./s?.fsdb ./r?.fsdb >a || return 1
	recawk '$ttl == 3 { print $rtt_ms, $rtt_err_ms }' a |
	    grep -x '5.000 0.350' || return 1
	offsets 'fra lax 12.000 0.250 - -' 'lax ams -10.000 0.300 - -' >via
	matchresults --hops -o via ./s?.fsdb ./r?.fsdb >a || return 1
	recawk '$ttl == 3 { print $rtt_ms, $rtt_err_ms }' a |
	    grep -x '5.000 0.550' || return 1
	offsets 'fra ams 9.000 0.250 - -' >wrong
	matchresults --hops -o wrong ./s?.fsdb ./r?.fsdb >a || return 1
	recawk '$ttl == 3 { print $rtt_ms, $rtt_err_ms }' a |
	    grep -x -e '- -' || return 1
	grep -x '# rtt: own=6 offset=0 unknown=0 impossible=2' a
}
ok '-o: times between nodes, with their bounds' clocks

results() {
	matchresults -o direct --columns few ./s?.fsdb ./r?.fsdb >a || return 1
	head -n 1 a | grep -q ' icmp:a rtt_err_ms:d$' || return 1
	recawk '$kind == "echo" { print $rtt_ms, $rtt_err_ms }' a |
	    grep -x '5.000 0.250' || return 1
	matchresults -o direct ./s?.fsdb ./r?.fsdb >a || return 1
	recawk '$kind == "echo" { print $rtt_ms, $rtt_err_ms }' a |
	    grep -x '5.000 0.250'
}
ok '-o for results' results

bad_offsets() {
	for line in 'fra ams - 0.1 - -' 'fra ams 1 -0.1 - -' \
	    'fra ams 1 - - -' 'fra ams 1 0.1 - 1' 'fra ams 1 0.1 1 -1' \
	    'fra ams 99999999999999 1 - -' 'fra ams x 1 - -'
	do
		offsets "$line" >bad
		status 2 matchresults --hops -o bad s1.fsdb 2>err &&
		    grep -q '^matchresults: bad:2: ' err ||
		    { echo "$line"; return 1; }
	done
	sed '$d' direct >cut.o
	status 2 matchresults --hops -o cut.o s1.fsdb || return 1
	status 2 matchresults --hops -o /nonexistent s1.fsdb || return 1
	status 2 matchresults --hops -o s1.fsdb s1.fsdb
}
ok 'bad offsets are refused' bad_offsets

bad_columns() {
	status 2 matchresults --hops --columns few s1.fsdb || return 1
	for sub in '2s/-	-	-	-	-$/70000	-	-	-	-/' \
	    '2s/-	-	-	-	-$/-	-	256	-	-/'
	do
		tr ' ' "$tab" <s1 | sed "$sub" >s1.bad
		stream "$sent_head" ams:1 s1.bad >bad.s
		status 1 matchresults --hops bad.s 2>err | grep -q ' badlines=1' ||
		    { echo "$sub"; return 1; }
	done
	for sub in '1s/	192	/	256	/' '1s/	28	/	65536	/' \
	    '1s/	1	0	28	/	256	0	28	/'
	do
		tr ' ' "$tab" <r1 | sed "$sub" >r1.bad
		stream "$reply_head" ams:1 r1.bad >bad.r
		status 1 matchresults --hops s1.fsdb bad.r 2>err |
		    grep -q ' badlines=1' || { echo "$sub"; return 1; }
	done
}
ok 'bad columns are named and left out' bad_columns

# What is quoted next to what was sent: answers made by the product's own
# rows, so nothing changed; then with bytes of the quotes changed.
echo 000102030405060708090a0b0c0d0e0f >key
trace() {
	type=$1 quote=$2
	"$HELPER/mkreplies" probe="$type" kind=ttl quote="$quote" n=40 \
	    flow=2 ttl=7 node=1 >x.pcap
	catchreply -f x.pcap -S 192.0.2.1 -P "$type" -N fra:2 -k key \
	    --quotes >x.reply
	awk -v p="$type" 'BEGIN {
		print "'"$sent_head"'"
		print "# node: ams:1"
		print "# origin.0: src=192.0.2.1 probe=" p " ttl=64"
		for (i = 0; i < 40; i++)
			printf "1700000000.%09d\tams\t%s\t192.0.2.1\t10.0.0.%d\t7\t2\t0\t-\t-\t-\t-\t-\n", \
			    i * 1000000, p, i
		print "# end: 40"
	}' >x.sent
}

mods() {
	for how in 'icmp 8 l3+8' 'icmp 0 full' 'icmp 36 part' 'dns 8 l3+8' \
	    'dns 0 full' 'syn 8 l3+8' 'syn 20 part' 'syn 0 full' \
	    'udp 8 l3+8' 'udp 0 full' 'ack 0 full'
	do
		trace "${how%% *}" "$(echo "$how" | cut -d ' ' -f 2)"
		matchresults --hops -k key x.sent x.reply >a || return 1
		[ "$(recawk '{ print $mods, $qclass }' a | sort | uniq -c |
		    tr -s ' \t' '  ')" = " 40 same ${how##* }" ] || {
			echo "$how"
			head -n 12 a
			return 1
		}
		grep -x '# mods: compared=40 unquoted=0 unmade=0' a || return 1
		matchresults --hops x.sent x.reply | recawk \
		    '$mods != "-" || $qclass != "-" { exit 1 }' || return 1
	done
}
ok 'a quote that is the probe: same, and how much of it' mods

# The type of service is not under the tag: 00 in the probe, b8 in the quote.
changed() {
	trace syn 0
	sed 's/	4500/	45b8/' x.reply >y.reply
	matchresults --hops -k key x.sent y.reply >a || return 1
	recawk '{ print $mods }' a | sort | uniq -c | tr -s ' ' |
	    grep -x ' 40 IP::DiffServicesCP(0>46)'
}
ok 'a change is named' changed

# Authentication afterwards has the quote within the packet.
afterwards() {
	trace icmp 8
	catchreply -f x.pcap -S 192.0.2.1 -P icmp -N fra:2 \
	    --ignore-checksums >off
	matchresults --hops -k key x.sent x.reply | plain | grep -v '^#' >a
	matchresults --hops -k key x.sent off | plain | grep -v '^#' >b
	diff -u a b
}
ok 'packets caught without the key' afterwards

unmade() {
	trace icmp 8
	grep -v '^# origin' x.sent >y.sent
	status 1 matchresults --hops -k key y.sent x.reply 2>err >a || return 1
	grep 'not compared: no sent file says' err || return 1
	recawk '$mods != "-" { exit 1 }' a || return 1
	sed 's/^# node: .*/&\n# contact: a/' x.sent >y.sent
	sed 's/^# node: .*/&\n# contact: b/; s/	ams	/	lax	/' x.sent >z.sent
	status 1 matchresults --hops -k key y.sent z.sent x.reply 2>err >a ||
	    return 1
	grep 'different contact' err || return 1
	grep -v '^# node' x.sent >y.sent
	status 1 matchresults --hops -k key y.sent x.reply 2>err >a || return 1
	grep 'cannot be made again' err && grep ' unmade=40' a
}
ok 'what cannot be compared is said' unmade

# Many probes of many targets, in memory and not.
awk -v s="$sent_head" -v r="$reply_head" 'BEGIN {
	srand(1)
	print s "\n# node: ams:1" >"big.s"
	print r "\n# node: fra:2" >"big.r"
	for (i = 0; i < 60000; i++) {
		d = "10." int(i / 30 / 256) "." int(i / 30) % 256 ".1"
		hop = i % 30 + 1
		t = sprintf("%d.%09d", 1000 + i / 1000, i % 1000 * 1000000)
		printf "%s\tams\ticmp\t192.0.2.1\t%s\t%d\t0\t0\t-\t-\t-\t-\t-\n", t, d, hop >"big.s"
		if (rand() < 0.2) continue
		printf "%d.5\tfra\tttl\t172.16.0.%d\t192.0.2.1\ticmp\t1\t-\t%s\t%d\t0\t0\ttag32\t55\t0\t56\t11/0\t1\t0\t28\t%d:0:1:1\t-\n", \
		    1001 + i / 1000, hop, d, hop, 24000 + hop >"big.r"
		n++
	}
	print "# end: 60000" >"big.s"
	print "# end: " n >"big.r"
}'

spill() {
	matchresults --hops big.s big.r | plain >a || return 1
	matchresults --hops --memory 1M big.s big.r | plain | cmp - a &&
	    recawk '$kind == "ttl" && ($from != "172.16.0." $ttl ||
	    $mpls != 24000 + $ttl ":0:1:1") { bad++ } END { exit bad > 0 }' a &&
	    LC_ALL=C sort -c -s -k 1,1 a 2>/dev/null ||
	    grep -v '^#' a | LC_ALL=C sort -c -s -k 1,1
}
ok '--memory changes nothing but the memory' spill

done_testing
