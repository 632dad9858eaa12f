#!/bin/sh
# needs: filters
. "${0%/*}/../lib.sh"

tab=$(printf '\t')
sent_head='#fsdb -F t time:d node:a probe:a src:a dst:a ttl:q flow:q attempt:q'
reply_head='#fsdb -F t time:d node:a kind:a from:a to:a probe:a tx:q tx_time:d dst:a ttl:q flow:q attempt:q auth:a rttl:q rtos:q size:q icmp:a qttl:q qtos:q qlen:q mpls:a quote:a'

# stream header file: the lines of a file, spaces as tabs, as a whole stream
stream() {
	echo "$1"
	tr ' ' "$tab" <"$2"
	echo "# end: $(wc -l <"$2")"
}

# plain: a result without what may differ: how it was asked for
plain() {
	grep -v '^#   |' "$@"
}

# Two senders, two sites.
cat >s1 <<'END'
100.000000000 ams icmp 192.0.2.1 10.0.2.1 64 0 0
100.100000000 ams icmp 192.0.2.1 10.0.0.1 64 0 0
100.200000000 ams icmp 192.0.2.1 9.0.0.1 64 0 0
100.300000000 ams icmp 192.0.2.1 32.1.13.184 64 0 0
END
cat >s2 <<'END'
100.000000000 fra icmp 192.0.2.1 10.0.1.1 64 0 0
100.100000000 fra icmp 192.0.2.1 10.0.3.1 64 0 0
100.200000000 fra icmp 2001:db8::1 2001:db8:0:1::1 64 0 0
100.300000000 fra icmp 192.0.2.1 10.0.4.1 64 0 0
END
cat >r1 <<'END'
100.012345678 ams echo 10.0.2.1 192.0.2.1 icmp 1 100.000000000 10.0.2.1 64 0 0 mac64 55 0 64 - - - - - -
100.112345678 ams echo 10.0.2.1 192.0.2.1 icmp 1 100.000000000 10.0.2.1 64 0 0 mac64 55 0 64 - - - - - -
100.250000000 ams echo 10.0.1.1 192.0.2.1 icmp 2 100.000000000 10.0.1.1 64 0 0 mac64 55 0 64 - - - - - -
100.270000000 ams unreach 172.16.0.1 192.0.2.1 icmp - - 10.0.4.1 64 0 0 tag32 250 0 56 3/1 1 0 28 - -
100.290000000 ams echo 10.0.3.1 192.0.2.1 icmp 1 100.200000000 9.0.0.1 64 0 0 mac64 55 0 64 - - - - - -
100.300000000 ams echo 10.0.7.7 192.0.2.1 icmp 2 100.290000000 10.0.7.7 64 0 0 mac64 55 0 64 - - - - - -
100.310000000 ams echo 10.0.8.8 192.0.2.1 icmp - - 10.0.8.8 64 0 0 tag32 55 0 64 - - - - - -
100.320000000 ams echo 10.0.1.1 192.0.2.1 icmp - - - - - - none 55 0 64 - - - - - -
END
cat >r2 <<'END'
100.150000000 fra echo 10.0.0.99 192.0.2.1 icmp 1 100.100000000 10.0.0.1 64 0 0 mac64 55 0 64 - - - - - -
100.260000000 fra echo 10.0.1.1 192.0.2.1 icmp 2 100.000000000 10.0.1.1 64 0 0 mac64 55 0 64 - - - - - -
100.210000000 fra echo 2001:db8:0:1::1 2001:db8::1 icmp 2 100.200000000 2001:db8:0:1::1 64 0 0 mac64 60 0 96 - - - - - -
2000.00000000 fra echo 10.0.3.1 192.0.2.1 icmp 2 100.100000000 10.0.3.1 64 0 0 mac64 55 0 64 - - - - - -
END
for f in s1 s2
do
	stream "$sent_head" $f >$f.fsdb
done
for f in r1 r2
do
	stream "$reply_head" $f >$f.fsdb
done
sed -i '1a # node: ams:1' s1.fsdb r1.fsdb
sed -i '1a # node: fra:2' s2.fsdb r2.fsdb
sed -i '1a # run: 7' ./*.fsdb
sed -i '1a # counts: packets=10 forged=2' r1.fsdb r2.fsdb

compare() {
	status 1 matchresults s1.fsdb s2.fsdb r1.fsdb r2.fsdb >all || return 1
	plain all >out
	golden matchresults
}
ok 'every verdict, and what was counted' compare

order() {
	status 1 matchresults r2.fsdb s2.fsdb r1.fsdb s1.fsdb >other
	plain other | grep -v '^#' >a
	plain all | grep -v '^#' | diff -u - a
}
ok 'the order of the files does not matter' order

together() {
	cat s1.fsdb s2.fsdb | gzip >s.gz
	status 1 matchresults s.gz - <r1.fsdb r2.fsdb >other
	plain other | grep -v '^#' >a
	plain all | grep -v '^#' | diff -u - a
}
ok 'concatenated, compressed, from a pipe' together

late() {
	status 1 matchresults --late 2h ./*.fsdb | grep -c "${tab}ok$tab" |
	    grep -x 4
}
ok '--late' late

weak() {
	status 1 matchresults --min-auth mac64 ./*.fsdb >a
	grep -q ' weak=3 ' a && grep "^0a000401.*${tab}none$tab" a
}
ok '--min-auth' weak

by_hex() {
	plain all | grep -v '^#' | cut -f 1 >a
	LC_ALL=C sort -c a
	plain all | grep -v '^#' >b
	LC_ALL=C sort -c -s -k 1,1 b
}
ok 'sorted as sort(1) sorts, IPv4 and IPv6 together' by_hex

columns() {
	matchresults s1.fsdb --columns few | head -n 1 | grep -qv ' attempt:q' &&
	    matchresults s1.fsdb --columns all | head -n 1 |
	    grep -q ' attempt:q' || return 1
	# Every line has as many columns as the header.
	for set in few all
	do
		status 1 matchresults --columns $set ./*.fsdb |
		    awk -F '\t' '/^#fsdb/ { n = split($0, w, " ") - 3; next }
		    /^#/ { next } NF != n { exit 1 }' || return 1
	done
	matchresults s1.fsdb | head -n 1 | grep -qv ' attempt:q' || return 1
	for sub in '5s/64	0	0/64	0	1/' '5s/64	0	0/64	1	0/' \
	    '5s/64	0	0/63	0	0/' '5s/192.0.2.1/192.0.2.2/'
	do
		sed "$sub" s1.fsdb >differ
		matchresults differ | head -n 1 | grep -q ' attempt:q' ||
		    { echo "$sub"; return 1; }
	done
}
ok '--columns' columns

table() {
	status 1 matchresults -v ./*.fsdb 2>err >/dev/null
	grep -q '^crosstarget  *1 ' err && grep -q '^unlogged  *1 ' err
}
ok '-v prints the counts' table

# A large one, with and without memory.
awk 'BEGIN {
	srand(1)
	print "'"$sent_head"'" >"big.s"
	print "# node: ams:1" >"big.s"
	print "'"$reply_head"'" >"big.r"
	print "# node: fra:2" >"big.r"
	for (i = 0; i < 150000; i++) {
		d = int(rand() * 223) + 1 "." int(rand() * 256) "." int(rand() * 256) ".1"
		t = sprintf("%d.%09d", 1000 + i / 1000, i % 1000 * 1000000)
		printf "%s\tams\ticmp\t192.0.2.1\t%s\t64\t0\t0\n", t, d >"big.s"
		if (i % 2) continue
		printf "%d.5\tfra\techo\t%s\t192.0.2.1\ticmp\t1\t%s\t%s\t64\t0\t0\tmac64\t55\t0\t64\t-\t-\t-\t-\t-\t-\n", \
		    1001 + i / 1000, d, t, d >"big.r"
	}
	print "# end: 150000" >"big.s"
	print "# end: 75000" >"big.r"
}'

spill() {
	matchresults big.s big.r -w big.gz || return 1
	matchresults --memory 1M big.s big.r | plain >a || return 1
	zcat big.gz | plain | cmp - a
	grep '^# counts: sent=150000 unlogged=0 resent=0 ok=75000 none=75000 ' a
}
ok '--memory changes nothing but the memory' spill

no_room() {
	status 3 matchresults --memory 1M --tmp /nonexistent big.s big.r \
	    >/dev/null 2>err && grep -q 'temporary file in /nonexistent' err
}
ok 'no directory for temporary files' no_room

full_disk() (
	trap '' XFSZ
	ulimit -f 1000
	status 3 matchresults --memory 1M big.s big.r >/dev/null
)
ok 'no room in it' full_disk

full_output() {
	status 3 matchresults big.s big.r >/dev/full &&
	    status 3 matchresults big.s big.r -w /dev/full --force
}
ok 'output that cannot be written' full_output

closed() {
	{ status 3 matchresults big.s big.r; } 2>err | head -n 1 >/dev/null
	! grep 'exit' err
}
ok 'a reader that goes away' closed

cut() {
	gzip -c big.r | head -c 300000 >cut.gz
	status 1 matchresults big.s cut.gz >a 2>err || return 1
	grep -q '^cut.gz: \|: cut.gz: ' err && grep -q '^# cut: cut.gz: ' a &&
	    grep -q '^# end: 150000' a
	head -n 1000 big.s >cut.s
	status 1 matchresults cut.s big.r >a 2>err &&
	    grep -q '^# cut: cut.s: ' a &&
	    grep '^# counts: sent=998 unlogged=74501 ' a
}
ok 'what was cut is used as far as it goes, and named' cut

empty() {
	: >empty
	status 1 matchresults empty big.s >a && grep -q '^# cut: empty: ' a
}
ok 'an empty file' empty

bad_lines() {
	{
		sed -n 1,3p s1.fsdb
		tr ' ' "$tab" <<-END
			x ams icmp 192.0.2.1 10.0.0.1 64 0 0
			100.0 ams icmp 192.0.2.1 10.0.0 64 0 0
			100.0 ams icmp 192.0.2 10.0.0.1 64 0 0
			100.0 ams icmp 192.0.2.1 10.0.0.1 256 0 0
			100.0 ams icmp 192.0.2.1 10.0.0.1 64 65536 0
			100.0 ams icmp 192.0.2.1 10.0.0.1 64 0 -1
			100.0 a%s icmp 192.0.2.1 10.0.0.1 64 0
			100.0 ams icmp 192.0.2.1 10.0.0.1 64 0 0
		END
		echo '# end: 8'
	} >bad.s
	status 1 matchresults bad.s >a 2>err || return 1
	grep -q '^# counts: sent=1 .* badlines=7' a &&
	    grep -q '^matchresults: bad.s:4: bad time: x$' err &&
	    grep -q '7 bad lines' err
}
ok 'bad lines are named and left out' bad_lines

bad_replies() {
	for sub in '1s/^[^	]*/x/' '1s/echo/ecko/' '1s/mac64/mac65/' \
	    '1s/ams/-/' '1s/	1	100/	70000	100/' \
	    '1s/100.000000000/x/' '4s/3.1/3-1/' '1s/	55/	256/'
	do
		tr ' ' "$tab" <r1 | sed "$sub" >r1.bad
		{ echo "$reply_head"; cat r1.bad; echo '# end: 8'; } >bad.r
		status 1 matchresults s1.fsdb bad.r 2>err >a &&
		    grep -q ' replies=7 .*badlines=1' a ||
		    { echo "$sub"; return 1; }
	done
}
ok 'bad replies too' bad_replies

refused() {
	status 2 matchresults && status 2 matchresults /nonexistent &&
	    status 2 matchresults --min-auth strong s1.fsdb &&
	    status 2 matchresults -k /nonexistent s1.fsdb &&
	    status 2 matchresults --late soon s1.fsdb &&
	    status 2 matchresults --columns some s1.fsdb || return 1
	{ recfields -H target; echo '# end: 0'; } >target
	status 2 matchresults target s1.fsdb || return 1
	echo 10.0.0.1 >bare
	status 2 matchresults bare s1.fsdb || return 1
	sed '1a # key: aaaa' s1.fsdb >k1
	sed '1a # key: bbbb' r1.fsdb >k2
	status 2 matchresults k1 k2 2>err && grep -q 'of another run' err &&
	    grep -q '^matchresults: k2:' err || return 1
	sed 's/fra:2/fra:1/' r2.fsdb >n2
	status 2 matchresults s1.fsdb n2 2>err && grep -q "another node's" err
}
ok 'what makes no sense is refused' refused

again() {
	cat >s3 <<-END
	100.000000000 ams icmp 192.0.2.1 10.0.2.1 64 0 0
	300.000000000 ams icmp 192.0.2.1 10.0.2.1 64 0 0
	300.000000000 fra icmp 192.0.2.1 10.0.2.1 64 0 0
	END
	stream "$sent_head" s3 >s3.again
	head -n 1 r1 >r3
	stream "$reply_head" r3 >r3.again
	matchresults --merge s3.again r3.again >a &&
	    [ "$(grep -c '^0a000201' a)" -eq 2 ] &&
	    grep -q '^# counts: sent=3 unlogged=0 resent=1 ok=1 none=1 ' a
	matchresults s3.again r3.again >a &&
	    [ "$(grep -c '^0a000201' a)" -eq 3 ]
}
ok '--merge makes one row of a probe sent again' again

# Packets caught with the key and without it say the same in the end.
offline() {
	echo 000102030405060708090a0b0c0d0e0f >key
	for p in icmp dns syn chaos
	do
		for kind in answer unreach
		do
			"$HELPER/mkreplies" probe=$p kind=$kind n=50 spoil=10 \
			    node=1 >x.pcap
			awk -v p=$p 'BEGIN {
				print "'"$sent_head"'"
				print "# node: ams:1"
				for (i = 0; i < 50; i++)
					printf "1700000000.%09d\tams\t%s\t192.0.2.1\t10.0.0.%d\t64\t0\t0\n", \
					    i * 1000000, p, i
				print "# end: 50"
			}' >x.sent
			catchreply -f x.pcap -S 192.0.2.1 -P $p -N fra:2 \
			    -k key >on 2>/dev/null
			catchreply -f x.pcap -S 192.0.2.1 -P $p -N fra:2 \
			    --ignore-checksums >off 2>/dev/null
			matchresults x.sent on | plain | grep -v '^#' >a
			matchresults -k key x.sent off >b
			plain b | grep -v '^#' | diff -u a - || return 1
			[ "$(grep -c "${tab}none$tab" a)" -eq 5 ] ||
			    { echo "$p $kind"; cat b; return 1; }
			matchresults x.sent off | grep '^# counts' |
			    grep -q ' none=50 ' || return 1
		done
	done
}
ok 'authentication afterwards' offline

wrong_key() {
	echo 100102030405060708090a0b0c0d0e0f >key2
	matchresults -k key2 x.sent off | grep '^# counts:' >a
	grep -q ' none=50 .* used=0 ' a && ! grep -q ' forged=0 ' a
}
ok 'with another key all are forged' wrong_key

done_testing
