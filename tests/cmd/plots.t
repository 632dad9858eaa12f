#!/bin/sh
# share/plots: records in, pictures out.
. "${0%/*}/../lib.sh"

plots=$TOP/share/plots

# Two minutes with a peer: a bad spell from second 40 to 60, and a silence of
# ten seconds after it, while bandwidth is tested.
awk -v OFS='\t' 'BEGIN {
	print "#fsdb -F t time:d event:a peer:a proto:a dir:a sent:q lost:q rtt_p50_ms:d rtt_p90_ms:d rtt_p99_ms:d owd_err_ms:d jitter_ms:d bps:q test:a offset_ms:d"
	for (i = 0; i < 120; i++) {
		t = sprintf("%d.000000000", 1700000000 + i)
		bad = i >= 40 && i < 60
		if (i < 60 || i >= 70) {
			r = 20 + i % 7 / 10 + 15 * bad
			print t, "interval", "fra", "udp", "rt", 10, 0, r, r + 1, r + 4, 0.4, "-", "-", "latency", 3 + i / 200
			print t, "interval", "fra", "udp", "up", 10, 3 * bad, "-", "-", "-", "-", 0.3 + bad, "-", "latency", "-"
			print t, "interval", "fra", "udp", "down", 10, 0, "-", "-", "-", "-", 0.2, "-", "latency", "-"
			n += 3
		}
		print t, "interval", "fra`id`", "tcp", "up", "-", "-", "-", "-", "-", "-", "-", 9e8 - 4e8 * bad, "bandwidth", "-"
		n++
	}
	print t, "total", "fra", "udp", "rt", 9999, 1, 1, 1, 1, 1, 1, 1, "latency", 1
	print "# end: " n + 1 }' >conn

# The data first: what is drawn is what was measured.
points() {
	recawk -f "$plots/conn.awk" conn >data &&
	    [ "$(grep -c '^"' data)" -eq 10 ] &&
	    [ "$(grep -c '^1700000' data)" -eq 1110 ] &&
	    grep -qx '1700000041.000000000 30' data &&
	    grep -qx '1700000041.000000000 35.6' data &&
	    grep -qx '1700000100.000000000 3.5 0.4' data &&
	    grep -qx 'n_rtt = 3' data && grep -qx 'n_loss = 3' data &&
	    grep -qx 'n_jitter = 2' data && grep -qx 'n_bps = 1' data &&
	    grep -qx 'n_offset = 1' data &&
	    grep -qx '"fra?id? tcp bandwidth up"' data &&
	    ! grep -q -e 9999 -e '`' data
}
gaps() {
	[ "$(grep -c '^1700000070.000000000 ' data)" -eq 10 ] &&
	    [ "$(grep -B 1 '^1700000070.000000000 ' data | grep -c '^$')" -eq 9 ] &&
	    [ "$(grep -c '^$' data)" -eq 19 ]
}
ok 'a series for each peer, test and direction' points
ok 'gaps where nothing came' gaps

printf '#fsdb -F t dst:a ttl:q rtt_ms:d\n' >hops
for dst in 198.51.100.1 198.51.100.2
do
	for ttl in 1 2 3 4 5 6
	do
		for q in 0 1 2
		do
			printf '%s\t%s\t%s.%s\n' $dst $ttl $((ttl * 4 + q)) $ttl
		done
	done
	printf '%s\t7\t-\n' $dst
done >>hops
echo '# end: 38' >>hops
by_hop() {
	recawk -f "$plots/hops.awk" hops >data &&
	    [ "$(grep -c '^[1-6] ' data)" -eq 36 ] && grep -qx '6 26.6' data &&
	    [ "$(grep -c '^"' data)" -eq 2 ] && ! grep -q '^7' data
}
ok 'round trips by hop, those that are known' by_hop

if ! command -v gnuplot >/dev/null
then
	echo '# no gnuplot here: nothing is drawn'
	done_testing
	exit
fi

# picture file: a PNG of that width, and more than a frame.
picture() {
	head -c 24 "$1" | od -An -tx1 | tr -d ' \n' |
	    grep -q "^89504e470d0a1a0a0000000d49484452$(printf %08x "$2")" &&
	    [ "$(wc -c <"$1")" -gt 10000 ]
}
# example page: its command that draws, with our own files
example() {
	mandoc -Tutf8 -O width=200 "$TOP/man/$1" | col -b |
	    sed -n '/^EXAMPLES/,/^SEE/p' | grep -A 2 'recawk -f' |
	    grep -B 2 gnuplot | sed "s,/usr/local/share/castnet/plots,$plots,g"
}
draw() {
	example "$1" >cmd && grep -q gnuplot cmd || return 1
	sh -eu cmd 2>err || return 1
	[ ! -s err ] || { cat err; return 1; }
}
ok 'conntest(1): what is drawn' eval '
    gzip <conn >ams.gz && draw conntest.1 && picture ams.png 1200'
ok 'recawk(1): what is drawn' eval '
    gzip <hops >hops.gz && draw recawk.1 && picture hops.png 1000'
# A single record, and nothing but zeros.
one() {
	{
		sed -n 1p conn
		printf '1700000000.0\tinterval\tfra\tudp\trt\t9\t0\t0\t0\t0\t0\t0\t0\tlatency\t0\n# end: 1\n'
	} | recawk -f "$plots/conn.awk" | cat - "$plots/conn.gp" |
	    gnuplot >one.png 2>err || { cat err; return 1; }
	[ ! -s err ] || { cat err; return 1; }
	picture one.png 1200
}
ok 'one record of zeros' one
empty() {
	printf '#fsdb -F t time:d event:a peer:a proto:a dir:a sent:q lost:q rtt_p50_ms:d jitter_ms:d bps:q\n# end: 0\n' |
	    recawk -f "$plots/conn.awk" | cat - "$plots/conn.gp" |
	    status 1 gnuplot >png 2>err
	[ ! -s png ] && grep -q 'no intervals' err
}
ok 'nothing to draw is said' empty
done_testing
