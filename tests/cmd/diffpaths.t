#!/bin/sh
. "${0%/*}/../lib.sh"

# hops file: hop file of lines: dst tx flow hop[,hop ...], each the address
# that answered at a ttl, "-" for none, several with "|" between.
hops() {
	awk -v OFS='\t' '
	function hex(a, b) {
		if (a ~ /:/) return "20010db8000000000000000000000001"
		split(a, b, ".")
		return sprintf("%02x%02x%02x%02x", b[1], b[2], b[3], b[4])
	}
	BEGIN {
		print "#fsdb -F t hex:a dst:a tx:a rx:a verdict:a from:a kind:a rtt_ms:d rttl:q replies:q sites:a sent_time:d auth:a ttl:q flow:q attempt:q qttl:q qlen:q mpls:a mods:a src:a probe:a"
	}
	{
		n = split($4, hop, ",")
		for (ttl = 1; ttl <= n; ttl++) {
			k = split(hop[ttl], from, "|")
			for (i = 1; i <= k; i++) {
				if (from[i] == "-")
					print hex($1), $1, $2, "-", "none", "-", "-", "-", "-", 0, "-", "100.0", "-", ttl, $3, i - 1, "-", "-", "-", "-", "192.0.2.1", "udp"
				else
					print hex($1), $1, $2, $2, "unreach", from[i], from[i] == $1 ? "unreach" : "ttl", "1.000", 60, 1, $2, "100.0", "tag32", ttl, $3, i - 1, 1, 28, "-", "-", "192.0.2.1", "udp"
				rows++
			}
		}
	}
	END { print "# end: " rows + 0 }' "$1" >"$1.fsdb"
}

rows() {
	grep -v '^#' "$@"
}

cat >a <<'END'
10.0.0.1 ams 0 172.16.0.1,172.16.0.2,10.0.0.1
10.0.0.2 ams 0 172.16.0.1,172.16.0.2,10.0.0.2
10.0.0.3 ams 0 172.16.0.1,-,10.0.0.3
10.0.0.4 ams 0 172.16.0.1,172.16.0.2,10.0.0.4
10.0.0.5 ams 0 172.16.0.1,172.16.0.2,-,-
10.0.0.6 ams 0 -,-,-
10.0.0.7 ams 0 172.16.0.1,172.16.0.2,10.0.0.7
10.0.0.8 ams 0 172.16.0.1,172.16.0.3|172.16.0.2,10.0.0.8
10.0.0.9 ams 0 172.16.0.1,172.16.0.2,172.16.0.3,10.0.0.9
10.0.0.10 ams 0 172.16.0.1,172.16.0.2,172.16.0.9,10.0.0.10
10.0.0.10 ams 1 172.16.0.1,172.16.0.3,172.16.0.9,10.0.0.10
10.0.0.10 fra 0 172.16.0.1,172.16.0.2,172.16.0.9,10.0.0.10
10.0.0.11 ams 0 172.16.0.1,10.0.0.11
10.0.0.13 ams 0 172.16.0.1,-,172.16.0.3,10.0.0.13
2001:db8::1 ams 0 2001:db8:1::1,2001:db8::1
END
cat >b <<'END'
10.0.0.1 ams 0 172.16.0.1,172.16.0.2,10.0.0.1
10.0.0.2 ams 0 172.16.0.1,172.16.0.4,10.0.0.2
10.0.0.3 ams 0 172.16.0.1,172.16.0.4,10.0.0.3
10.0.0.4 ams 0 172.16.0.1,172.16.0.2,-,-,-
10.0.0.5 ams 0 172.16.0.1,172.16.0.2,172.16.0.3,10.0.0.5
10.0.0.6 ams 0 172.16.0.1,172.16.0.2,10.0.0.6
10.0.0.7 ams 0 172.16.0.1,172.16.0.2,172.16.0.1,172.16.0.2
10.0.0.8 ams 0 172.16.0.1,172.16.0.2,10.0.0.8
10.0.0.9 ams 0 172.16.0.1,172.16.0.2,10.0.0.9
10.0.0.10 ams 0 172.16.0.1,172.16.0.2,172.16.0.9,-,10.0.0.10
10.0.0.10 ams 1 172.16.0.1,172.16.0.2,172.16.0.9,10.0.0.10
10.0.0.10 ams 2 172.16.0.1,172.16.0.2,172.16.0.9,10.0.0.10
10.0.0.12 ams 0 172.16.0.1,10.0.0.12
10.0.0.13 ams 0 172.16.0.1,10.0.0.13
2001:db8::1 ams 0 2001:db8:1::2,2001:db8::1
END
hops a
hops b

# By hand: stable 1, 3, 8, 10 of flow 0; changed 2, 7 (it loops), 9 (it is
# shorter), 10 of flow 1, 13, v6; lost 4; gained 5; silent 6; added 10 of flow 2
# and 12; removed 10 of fra and 11.
drift() {
	diffrounds --paths before=a.fsdb b.fsdb c=a.fsdb >out || return 1
	rows out >got
	tr ' ' '\t' >want <<-END
	before b 4 6 1 1 1 2 2 0.5
	b c 4 6 1 1 1 2 2 0.5
	END
	diff -u want got
}
ok 'paths counted' drift

moved() {
	diffrounds --paths --moved a.fsdb b.fsdb >out && rows out >got
	tr ' ' '\t' >want <<-END
	0a000002 10.0.0.2 ams 192.0.2.1 udp 0 b changed 2 172.16.0.1,172.16.0.2,10.0.0.2 172.16.0.1,172.16.0.4,10.0.0.2
	0a000004 10.0.0.4 ams 192.0.2.1 udp 0 b lost 3 172.16.0.1,172.16.0.2,10.0.0.4 172.16.0.1,172.16.0.2,-,-,-
	0a000005 10.0.0.5 ams 192.0.2.1 udp 0 b gained 4 172.16.0.1,172.16.0.2,-,- 172.16.0.1,172.16.0.2,172.16.0.3,10.0.0.5
	0a000007 10.0.0.7 ams 192.0.2.1 udp 0 b changed 3 172.16.0.1,172.16.0.2,10.0.0.7 172.16.0.1,172.16.0.2,172.16.0.1
	0a000009 10.0.0.9 ams 192.0.2.1 udp 0 b changed 3 172.16.0.1,172.16.0.2,172.16.0.3,10.0.0.9 172.16.0.1,172.16.0.2,10.0.0.9
	0a00000a 10.0.0.10 ams 192.0.2.1 udp 1 b changed 2 172.16.0.1,172.16.0.3,172.16.0.9,10.0.0.10 172.16.0.1,172.16.0.2,172.16.0.9,10.0.0.10
	0a00000d 10.0.0.13 ams 192.0.2.1 udp 0 b changed 3 172.16.0.1,-,172.16.0.3,10.0.0.13 172.16.0.1,10.0.0.13
	20010db8000000000000000000000001 2001:db8::1 ams 192.0.2.1 udp 0 b changed 1 2001:db8:1::1,2001:db8::1 2001:db8:1::2,2001:db8::1
	END
	diff -u want got
}
ok 'paths that moved' moved

same() {
	diffrounds --paths a.fsdb a.fsdb | rows | cut -f 3-9 |
	    grep -x "$(printf '14\t0\t0\t0\t1\t0\t0')"
}
ok 'a file and itself' same

alert() {
	diffrounds --paths --alert 0.6 a.fsdb b.fsdb >out || return 1
	status 1 diffrounds --paths --alert 0.4 a.fsdb b.fsdb 2>err >out &&
	    grep -x 'diffrounds: b: 50.0000% of the paths changed, more than 40.0000%' err
}
ok '--alert' alert

refused() {
	for opt in '--matrix' '--asn a' '--load a' '--block 24'
	do
		# shellcheck disable=SC2086 # option and value
		status 2 diffrounds --paths $opt a.fsdb b.fsdb 2>err &&
		    grep -q 'not for --paths' err || { echo "$opt"; return 1; }
	done
	status 2 diffrounds --paths a.fsdb /nonexistent || return 1
	{ recfields -H target; echo '# end: 0'; } >target
	status 2 diffrounds --paths a.fsdb target || return 1
	rows a.fsdb | sort -r >upside
	{ head -n 1 a.fsdb; cat upside; tail -n 1 a.fsdb; } >upside.fsdb
	status 2 diffrounds --paths a.fsdb upside.fsdb 2>err >out &&
	    grep -q '^diffrounds: upside.fsdb:.*sorted' err
}
ok 'what cannot be compared is refused' refused

damaged() {
	sed '$d' b.fsdb >cut.fsdb
	status 1 diffrounds --paths a.fsdb cut.fsdb 2>err >out || return 1
	grep 'cut.fsdb' err && rows out | grep . || return 1
	sed '5s/unreach/nonsense/; 3s/	1.000	/	x	/' b.fsdb >bad.fsdb
	status 1 diffrounds --paths a.fsdb bad.fsdb 2>err >out || return 1
	grep '^diffrounds: bad.fsdb:3: ' err
}
ok 'what is damaged is used as far as it goes' damaged

done_testing
