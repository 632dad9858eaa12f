#!/bin/sh
. "${0%/*}/../lib.sh"

# round file: result file of lines: hex dst rx verdict
round() {
	awk -v OFS='\t' 'BEGIN {
		print "#fsdb -F t hex:a dst:a tx:a rx:a verdict:a from:a kind:a rtt_ms:d rttl:q replies:q sites:a sent_time:d auth:a"
	}
	{ print $1, $2, "ams", $3, $4, $2, "echo", "-", 55, 1, $3, "100.0", "mac64" }
	END { print "# end: " NR }' "$1" >"$1.fsdb"
}

rows() {
	grep -v '^#' "$@"
}

# One target of each kind: stable, flipped, to and from silent, silent,
# at several sites, added, removed, and rows that are one target.
cat >a <<'END'
01000001 1.0.0.1 ams ok
01000101 1.0.1.1 ams ok
01000201 1.0.2.1 ams ok
01000301 1.0.3.1 - none
01000401 1.0.4.1 - late
01000501 1.0.5.1 - multi
01000701 1.0.7.1 fra ok
01000801 1.0.8.1 - none
01000801 1.0.8.1 fra ok
01000901 1.0.9.1 fra ok
01000901 1.0.9.1 ams ok
20010db8000000000000000000000001 2001:db8::1 fra ok
END
cat >b <<'END'
01000001 1.0.0.1 ams ok
01000101 1.0.1.1 fra ok
01000201 1.0.2.1 - none
01000301 1.0.3.1 ams ok
01000401 1.0.4.1 - none
01000501 1.0.5.1 ams ok
01000601 1.0.6.1 fra ok
01000801 1.0.8.1 fra ok
01000801 1.0.8.1 - alias
01000901 1.0.9.1 fra ok
20010db8000000000000000000000001 2001:db8::1 nrt ok
END
round a
round b
cp a.fsdb c.fsdb
printf '1.0.0.0/24 70\n1.0.1.0/24 20\n2001:db8::/48 10\n' >load
printf '1.0.0.0/23 64500\n2001:db8::/32 64501\n' >asn

drift() {
	diffrounds a.fsdb b.fsdb third=c.fsdb >out && golden diffrounds
}
ok 'the four and what else there is' drift

moved() {
	{
		diffrounds --moved -l load -a asn a.fsdb b.fsdb
		diffrounds --matrix -l load a.fsdb b.fsdb
		diffrounds --ases -l load -a asn a.fsdb b.fsdb c.fsdb
		diffrounds -l load a.fsdb b.fsdb
	} | rows >out
	golden diffrounds-modes
}
ok 'who moved, from where to where, and in which AS' moved

sums() {
	diffrounds a.fsdb b.fsdb | recawk '
	!/^#/ { n = $stable + $flipped + $to_silent + $from_silent + $silent + $multi
		exit !(n + $removed == 10 && n + $added == 10) }' &&
	diffrounds --matrix a.fsdb b.fsdb | recawk '
	!/^#/ { n += $blocks } END { exit n != 11 }'
}
ok 'nothing is counted twice or left out' sums

block() {
	[ "$(diffrounds --block 21,32 a.fsdb b.fsdb | rows | cut -f 3-10)" = \
	    "0	1	0	0	0	2	0	0" ] &&
	    status 2 diffrounds --block 24,129 a.fsdb b.fsdb
}
ok '--block' block

alert() {
	status 1 diffrounds --alert 0.49 a.fsdb b.fsdb 2>err >/dev/null &&
	    grep -q '^diffrounds: b: 50.0000% of the blocks moved' err &&
	    diffrounds --alert 0.5 a.fsdb b.fsdb >/dev/null &&
	    diffrounds --alert 0 a.fsdb c.fsdb >/dev/null &&
	    diffrounds --alert 0.3 -l load a.fsdb b.fsdb >/dev/null &&
	    status 1 diffrounds --alert 0.29 -l load a.fsdb b.fsdb >/dev/null
}
ok '--alert, of blocks or of load' alert

gz() {
	gzip -c b.fsdb >b.gz
	diffrounds a.fsdb b.gz | rows >x
	diffrounds a.fsdb b.fsdb | rows | cmp - x &&
	    diffrounds - b.gz <a.fsdb | rows | sed 's/stdin/a/' | cmp - x
}
ok 'compressed, from standard input' gz

many() {
	set --
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16
	do
		set -- "$@" "r$i=a.fsdb"
	done
	diffrounds "$@" | rows | awk '$4 != 0 || $9 != 0 { exit 1 } END { exit NR != 15 }'
}
ok 'sixteen rounds of the same' many

unsorted() {
	{
		sed -n 1p b.fsdb
		sed -n 3p b.fsdb
		sed -n 2p b.fsdb
		echo '# end: 2'
	} >u.fsdb
	status 2 diffrounds a.fsdb u.fsdb 2>err >/dev/null &&
	    grep -q '^diffrounds: u.fsdb:3: not sorted by hex' err
}
ok 'files that are not sorted' unsorted

cut() {
	head -n 5 b.fsdb >cut.fsdb
	status 1 diffrounds a.fsdb cut.fsdb 2>err >x &&
	    grep -q '^diffrounds: cut.fsdb: cut short' err &&
	    rows x | grep -q '^a	cut	1	1	' || return 1
	sed 's/^01000201/0100020x/' b.fsdb >bad.fsdb
	status 1 diffrounds a.fsdb bad.fsdb 2>err >x &&
	    grep -q '^diffrounds: bad.fsdb: 1 bad lines' err
}
ok 'what was cut or is bad is said' cut

refused() {
	status 2 diffrounds && status 2 diffrounds a.fsdb &&
	    status 2 diffrounds a.fsdb /nonexistent &&
	    status 2 diffrounds --moved --matrix a.fsdb b.fsdb &&
	    status 2 diffrounds --ases a.fsdb b.fsdb &&
	    status 2 diffrounds --alert 2 a.fsdb b.fsdb &&
	    status 2 diffrounds a.fsdb load &&
	    status 3 diffrounds a.fsdb b.fsdb >/dev/full
}
ok 'what makes no sense is refused' refused

done_testing
