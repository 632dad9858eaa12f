#!/bin/sh
. "${0%/*}/../lib.sh"

# results file lines...: a result file with these rows: hex dst tx rx verdict
# rtt_ms
results() {
	awk -v OFS='\t' 'BEGIN {
		print "#fsdb -F t hex:a dst:a tx:a rx:a verdict:a from:a kind:a rtt_ms:d rttl:q replies:q sites:a sent_time:d auth:a"
		print "# run: 7"
	}
	{ print $1, $2, $3, $4, $5, $2, "echo", $6, 55, 1, $4, "100.0", "mac64" }
	END { print "# end: " NR }' "$1" >"$1.fsdb"
}

# rows: the records without metadata
rows() {
	grep -v '^#' "$@"
}

cat >a <<'END'
01000001 1.0.0.1 ams ams ok 10.0
01000101 1.0.1.1 ams fra ok -
01000201 1.0.2.1 fra fra ok 20.0
01000301 1.0.3.1 fra fra ok 30.0
01000302 1.0.3.2 fra fra ok 40.0
01000401 1.0.4.1 ams - none -
02000001 2.0.0.1 ams - multi -
20010db8000000000000000000000001 2001:db8::1 fra ams ok 5.0
20010db8000100000000000000000001 2001:db8:1::1 fra - none -
END
results a
cat >asn.csv <<'END'
start,end,asn,name
1.0.0.0,1.0.3.255,64500,"Ex, Inc."
1.0.3.0,1.0.3.255,64501,More
2001:db8::,2001:db8:0:ffff:ffff:ffff:ffff:ffff,64502,Six
END
cat >geo.csv <<'END'
16777216,16778239,NL
2001:db8::,2001:db8:ffff:ffff:ffff:ffff:ffff:ffff,DE
END
cat >city.csv <<'END'
1.0.0.0,1.0.3.255,NL,North Holland,,Amsterdam,,52.37,4.89,
2.0.0.0,2.0.0.255,BR,SP,,"Sao Paulo",,-23.5,-46.6,
END
cat >load <<'END'
1.0.0.0/24 60
1.0.1.0/24 20
1.0.3.0/24 10
9.0.0.0/24 10
END

default() {
	aggregate a.fsdb >out && golden aggregate
}
ok 'the catchments' default

loaded() {
	aggregate -l load a.fsdb >out && golden aggregate-load
}
ok 'weighted by load, with the load not probed' loaded

table() {
	aggregate -l load --table a.fsdb >out && golden aggregate-table
}
ok 'as a table' table

joined() {
	aggregate -a asn.csv -g asn,asname,plen a.fsdb | rows | cut -f 1-4 >out
	aggregate -a asn.csv -g prefix a.fsdb | rows | cut -f 1-2 >>out
	aggregate --geo geo.csv -g country,site a.fsdb | rows |
	    cut -f 1-3 >>out
	aggregate --geo city.csv -g city,bin2,country a.fsdb | rows |
	    cut -f 1-4 >>out
	aggregate -g block a.fsdb | rows | cut -f 1-2 >>out
	aggregate -g tx,kind a.fsdb | rows | cut -f 1-3 >>out
	golden aggregate-groups
}
ok 'groups by what other files know' joined

pfx2as() {
	printf '1.0.0.0\t22\t64500\n1.0.3.0\t24\t64501\n' | gzip >pfx2as.gz
	echo '2001:db8::/48 64502' >pfx6
	aggregate -a pfx2as.gz -a pfx6 -g asn a.fsdb | rows | cut -f 1-2 >x
	aggregate -a asn.csv -g asn a.fsdb | rows | cut -f 1-2 | cmp - x
}
ok 'the same from pfx2as, compressed, in two files' pfx2as

# A database of networks, as small as one can be: tests/helper/mkmmdb.
mmdb() {
	"$HELPER/mkmmdb" >geo.mmdb
	aggregate --geo geo.mmdb -a geo.mmdb -g asn,asname,plen,country,city,bin2 a.fsdb |
	    rows | cut -f 1-7 >out
	golden aggregate-mmdb
}
ok 'and from a MaxMind DB' mmdb

within() {
	sed 's/fra	ok/ams	ok/' a.fsdb >b.fsdb
	aggregate -g label,site --within label first=a.fsdb b.fsdb | rows |
	    cut -f 1-6 >out
	golden aggregate-within
}
ok 'shares within each round' within

merged() {
	for opts in '-l load' '-a asn.csv -g asn,site' '-g verdict,rx,sites' \
	    '-g label,rx --within label'
	do
		group=$(expr "x$opts" : '.*\(-g [a-z,]*\)') || group=
		case $opts in *within*) group="$group --within label" ;; esac
		# shellcheck disable=SC2086
		for n in 1 2 3 4 5 6 7 8
		do
			# Cut anywhere, even between two rows of a block.
			head -n $n a >x1
			tail -n +$((n + 1)) a >x2
			results x1
			results x2
			aggregate $opts a.fsdb | grep -v '^#   |' >whole
			aggregate --partial $opts a=x1.fsdb >p1 &&
			    aggregate --partial $opts a=x2.fsdb >p2 &&
			    aggregate --merge $group p1 p2 |
			    grep -v '^#   |' | diff whole - || return 1
			aggregate --merge --partial $group p1 >p3 &&
			    aggregate --merge $group p3 p2 |
			    grep -v '^#   |' | diff whole - || return 1
		done
	done
}
ok 'parts merged are the whole' merged

top() {
	aggregate -g site --top 1 a.fsdb >x && rows x >y && [ "$(wc -l <y)" -eq 1 ] &&
	    grep -q '^fra	3' y && grep -q '^# left_out: groups=2 blocks=5' x
}
ok '--top' top

quantiles() {
	awk 'BEGIN { for (i = 1; i <= 1000; i++)
		printf "%08x 0.0.%d.%d ams ams ok %d.0\n", i * 256, i / 256, i % 256, i }' >q
	results q
	aggregate -g site q.fsdb | recawk '
	function near(a, b) { return a > b * 255 / 256 && a < b * 257 / 256 }
	!/^#/ { exit !(near($rtt_p50_ms, 500) && near($rtt_p90_ms, 900) &&
	    near($rtt_p99_ms, 990)) }'
}
ok 'quantiles are within 1/256' quantiles

stdin() {
	aggregate a.fsdb | rows >x
	gzip -c a.fsdb | aggregate | rows | cmp - x &&
	    sed 1d a.fsdb | aggregate --header "$(head -n 1 a.fsdb)" | rows |
	    cmp - x
}
ok 'standard input, with a header or told it' stdin

block() {
	[ "$(aggregate -g site --block 16,32 a.fsdb | rows | cut -f 2 | tr '\n' ' ')" = \
	    '2 1 3 ' ]
}
ok '--block' block

cut() {
	head -n 6 a.fsdb >cut.fsdb
	status 1 aggregate cut.fsdb >x 2>err && grep -q '^# cut: cut.fsdb: ' x &&
	    grep -q 'cut.fsdb' err && rows x | grep -q '^ams	ok	1' || return 1
	sed 's/^01000101/0100010/' a.fsdb >bad.fsdb
	status 1 aggregate bad.fsdb >x 2>err && grep -q 'bad.fsdb:4: bad hex' err
}
ok 'what was cut or is bad is left out, and said' cut

refused() {
	status 2 aggregate -g nosuch a.fsdb && status 2 aggregate -g rx,rx a.fsdb &&
	    status 2 aggregate -g asn a.fsdb && status 2 aggregate -g city a.fsdb &&
	    status 2 aggregate --within tx a.fsdb &&
	    status 2 aggregate --block 33 a.fsdb &&
	    status 2 aggregate --block 24,65 a.fsdb &&
	    status 2 aggregate -a /nonexistent a.fsdb &&
	    status 2 aggregate -l /nonexistent a.fsdb &&
	    status 2 aggregate /nonexistent && status 2 aggregate asn.csv &&
	    status 2 aggregate --table --partial a.fsdb &&
	    status 2 aggregate --merge -l load p1 || return 1
	printf '1.0.0.0/24 1\n1.0.0.1/24 2\n' >bad
	status 2 aggregate -l bad a.fsdb 2>err && grep -q '^aggregate: bad:2: ' err &&
	    status 2 aggregate -g asn -a bad a.fsdb || return 1
	aggregate --partial a.fsdb >p1
	status 2 aggregate --merge -g tx p1 && status 2 aggregate --merge a.fsdb
}
ok 'what makes no sense is refused' refused

bad_partial() {
	aggregate --partial a.fsdb >p1
	for sub in 's/^group	fra,ok	4	/group	fra,ok	-4	/' \
	    's/^group	fra,ok	4	3	/group	fra,ok	4	-3	/' \
	    's/^group	fra,ok/group	fra%00ok/' 's/[0-9]*:1,/x:1,/'
	do
		sed "$sub" p1 >p2
		cmp -s p1 p2 && { echo "$sub changes nothing"; return 1; }
		status 1 aggregate --merge p2 2>err >x &&
		    grep -q 'not a partial result' err || return 1
	done
}
ok 'bad partial results are left out' bad_partial

full() {
	status 3 aggregate a.fsdb >/dev/full &&
	    status 3 aggregate --table a.fsdb >/dev/full &&
	    status 3 aggregate --partial a.fsdb >/dev/full
}
ok 'output that cannot be written' full

done_testing
