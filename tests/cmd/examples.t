#!/bin/sh
# The commands of castnet(7), section EXAMPLES, as they are printed there.
. "${0%/*}/../lib.sh"

tab=$(printf '\t')

# result file seed flips: what matchresults makes of 4,000 blocks; a result
# of a later round differs in some of them
result() {
	awk -v seed="$2" -v flips="$3" 'BEGIN {
		print "#fsdb -F t time:d node:a probe:a src:a dst:a ttl:q flow:q attempt:q" >"s"
		print "# node: ams:1" >"s"
		n = split("ams fra nrt", site, " ")
		for (i = 1; i <= n; i++) {
			r[i] = "r." site[i]
			print "#fsdb -F t time:d node:a kind:a from:a to:a probe:a tx:q tx_time:d dst:a ttl:q flow:q attempt:q auth:a rttl:q rtos:q size:q icmp:a qttl:q qtos:q qlen:q mpls:a quote:a" >r[i]
			print "# node: " site[i] ":" i >r[i]
			print "# counts: packets=5 forged=2" >r[i]
		}
		for (b = 0; b < 4000; b++) {
			dst = int(b / 256) + 1 "." b % 256 ".7.1"
			t = sprintf("%d.%09d", 1000 + b / 100, b % 100 * 10000000)
			printf "%s\tams\ticmp\t192.0.2.1\t%s\t64\t0\t0\n", t, dst >"s"
			if ((b * 7919 + seed) % 100 >= 55) continue
			at = int(b / 700) % 3 + 1
			if (flips && b % flips == 0) at = at % 3 + 1
			printf "%d.5\t%s\techo\t%s\t192.0.2.1\ticmp\t1\t%s\t%s\t64\t0\t0\tmac64\t55\t0\t64\t-\t-\t-\t-\t-\t-\n", \
			    1001 + b / 100, site[at], dst, t, dst >r[at]
			count[at]++
		}
		print "# end: 4000" >"s"
		for (i = 1; i <= n; i++) print "# end: " count[i] + 0 >r[i]
	}'
	matchresults -w "$1" s r.ams r.fra r.nrt
}

result result.gz 0 0
cp result.gz prepend0.gz
result prepend1.gz 0 50
result prepend2.gz 0 10
result other.gz 30 0
result latency.gz 0 0
for i in 1 2 3 4 5 6 7 8
do
	result "round.$i.gz" "$i" $((i * 40))
done
awk 'BEGIN { for (b = 0; b < 4096; b++)
	printf "%d.%d.7.0/24 %d\n", b / 256 + 1, b % 256, b % 97 }' |
    gzip >load.gz
awk 'BEGIN { for (i = 1; i < 16; i++) for (k = 0; k < 256; k += i)
	printf "%d.%d.0.0,%d.%d.255.255,%d,AS %d\n", i, k, i, (k + i > 256 ? 255 : k + i - 1), 64500 + i * 256 + k, k }' >asn.csv
awk 'BEGIN { for (i = 1; i < 16; i++) for (k = 0; k < 256; k += 4)
	printf "%d.%d.0.0\t%d\t%d\n", i, k, 14 + i % 3 % 2, 64500 + i }' |
    sort -u | gzip >pfx2as.gz
awk 'BEGIN { for (i = 1; i < 16; i++)
	printf "%d.0.0.0,%d.255.255.255,NL,NH,,City %d,,%d.5,-%d.25,\n", i, i, i, i * 5, i * 10 }' >city.csv
awk 'BEGIN { for (i = 1; i < 16; i++)
	printf "%d,%d,%s\n", i * 16777216, (i + 1) * 16777216 - 1, (i % 2 ? "NL" : "DE") }' >geoip

# Traces to four targets by way of a router each, and one that is all they
# share; the second changes the MSS, as those after it show.
awk -v OFS='\t' 'BEGIN {
	print "#fsdb -F t hex:a dst:a tx:a rx:a verdict:a from:a kind:a rtt_ms:d rttl:q replies:q sites:a sent_time:d auth:a ttl:q flow:q attempt:q qttl:q qlen:q mpls:a mods:a qclass:a src:a probe:a icmp:a"
	print "# paths: trace"
	for (i = 1; i <= 4; i++) for (t = 1; t <= 4; t++) {
		dst = "198.51.100." i
		from = t == 1 ? "10.0.0.1" : t == 2 ? "10.0.1." i : t == 3 ? "10.0.2.1" : dst
		rx = t == 3 && i > 2 ? "fra" : "ams"
		print sprintf("c63364%02x", i), dst, "ams", rx, t == 4 ? "ok" : "unreach", from, t == 4 ? "synack" : "ttl", rx == "ams" ? sprintf("%d.%03d", t, i) : "-", 64 - t, 1, rx, sprintf("1000.%09d", i * 1000 + t), "tag32", t, 0, 0, t == 4 ? "-" : 1, t == 4 ? "-" : 60, "-", t == 4 ? "-" : t == 3 && i == 2 ? "TCP::Options::MSS" : "same", t == 4 ? "none" : "full", "192.0.2.1", "syn", t == 4 ? "-" : "11/0"
	}
	print "# end: 16" }' | gzip >hops.gz

printf '198.51.100.%d\n' 1 2 >targets

# A connection that is refused, made, lost and made again.
awk -v OFS='\t' 'BEGIN {
	print "#fsdb -F t time:d event:a local:a peer:a proto:a dir:a state:a sent:q rcvd:q lost:q dup:q reord:q rtt_min_ms:d rtt_p50_ms:d rtt_p90_ms:d rtt_p99_ms:d owd_p50_ms:d owd_err_ms:d jitter_ms:d bps:q retrans:q attempt:q error:a"
	none = "-\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-"
	print "1000.1", "fail", "ams", "fra", "udp", "-", "closed", none, 1, "ECONNREFUSED"
	print "1001.1", "open", "ams", "fra", "udp", "-", "open", none, 2, "-"
	print "1002.1", "interval", "ams", "fra", "udp", "rt", "part", 10, 9, 1, 0, 0, 11, 12, 13, 14, "-", "-", "-", "-", "-", "-", "-"
	print "1003.1", "close", "ams", "fra", "udp", "-", "error", none, "-", "ENETUNREACH"
	print "1004.1", "total", "ams", "fra", "udp", "rt", "whole", 40, 39, 1, 0, 0, 11, 12.5, 13, 14, "-", "-", "-", "-", "-", "-", "-"
	print "1004.2", "total", "ams", "nrt", "tcp", "rt", "whole", 20, 20, 0, 0, 0, 210, 212.5, 213, 214, "-", "-", "-", "-", "-", "-", "-"
	print "# end: 6" }' | gzip >conn.gz

# examples: the commands, one a line
examples() {
	awk '/^\.Sh EXAMPLES/ { on = 1 } /^\.Sh SEE/ { on = 0 }
	on && /^\.Bd -literal/ { code = 1; next }
	/^\.Ed/ { code = 0 }
	code { gsub(/\\e/, "\\"); gsub(/\\&/, ""); print }' \
	    "$TOP/man/castnet.7"
}

# run command: succeeds, says nothing on stderr, and prints something
run() {
	case $1 in
	*--alert*)	want=1 ;;
	*)		want=0 ;;
	esac
	status $want sh -eu -c "$1" >out 2>err || { cat err; return 1; }
	[ -s out ] || return 1
	[ $want -eq 1 ] || [ ! -s err ] || { cat err; return 1; }
	{ printf '== %s\n' "$1"; grep -v '^#   |' out; } >>all
}

: >all
n=0
examples >list
while IFS= read -r command <&3
do
	n=$((n + 1))
	ok "$command" run "$command"
done 3<list
ok 'there are examples' test "$n" -ge 15
mv all out
ok 'they say what they said' golden examples

# What is known of this data beforehand.
known() {
	recawk '$verdict == "ok" { n += $blocks } $verdict == "none" { m = $blocks }
	    END { exit !(n == 2200 && m == 1800) }' all.share
}
aggregate result.gz >all.share
ok '55 % answer' known

divisions() {
	aggregate -g asn -a asn.csv result.gz | recawk '$asn != "-" { n += $blocks; a++ }
	    END { exit !(n == 3840 && a > 100) }'
}
ok 'every block of the first 15 /8s has an AS' divisions

moved() {
	zcat result.gz prepend1.gz | awk -F "$tab" '/^#/ { next }
	    !($2 in at) { at[$2] = $4; next }
	    at[$2] != $4 && at[$2] != "-" && $4 != "-" { print $2 }' | sort >want
	diffrounds --moved prepend0.gz prepend1.gz |
	    recawk '{ print $dst }' | sort | cmp - want && [ -s want ]
}
ok 'exactly what moved is named' moved

done_testing
