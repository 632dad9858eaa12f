#!/bin/sh
# needs: filters
#
# What middleboxes of the kernel rewrite is named at the hops behind them, and
# nothing else is: TCP options and fields, type of service, ID, a NAT that
# undoes its work; whole quotes and such of 8 bytes, IPv4 and IPv6.
. "${0%/*}/../lib.sh"
# shellcheck disable=SC2034 # used there
labname=M
. "$TOP/tests/net/pathtest.sh"

paths='chain mss strip dscp bleach seq id window nat boxes short balanced'
# shellcheck disable=SC2086 # names
lab up $paths >up.log 2>&1 || { cat up.log; echo 'Bail out! no lab'; exit 1; }
lab truth -s ams >truth

# judge_mods hops: each quote against the boxes that its probe had passed:
# those that answered themselves before.  Prints what is wrong, and at the end
# how many quotes there were, and how many changes.
judge_mods() {
	awk -F '\t' -v OFS='\t' "$awk_cols"'
	# What a quote of 8 bytes after the IP header still shows.
	function visible(change) {
		return change ~ /^IP/ || (c("probe") == "syn" &&
		    (c("qclass") == "full" || change ~ /SeqNumber/))
	}
	FILENAME == "truth" {
		if ($4 == "box") {
			i = ++n[$2]
			ttl[$2, i] = $3
			box[$2, i] = $5
			change[$2, i] = $6
			value[$2, i] = $7
		}
		next
	}
	pass == 1 { seen[c("dst"), c("flow"), c("from")] = 1; next }
	c("verdict") == "none" { print "silent", c("dst"), c("ttl"); next }
	c("kind") != "ttl" && c("kind") != "unreach" {
		if (c("mods") != "-")
			print "compared", c("dst"), c("kind"), c("mods")
		next
	}
	{
		d = c("dst")
		quotes++
		split("", want)
		left = 0
		for (i = 1; i <= n[d]; i++)
			if (ttl[d, i] <= c("ttl") &&
			    (d, c("flow"), box[d, i]) in seen &&
			    visible(change[d, i])) {
				want[change[d, i]] = value[d, i]
				left++
			}
		k = c("mods") == "same" ? 0 : split(c("mods"), got, ",")
		for (i = 1; i <= k; i++) {
			name = now = got[i]
			sub(/\(.*/, "", name)
			if (!(name in want) || (now ~ />/ &&
			    now !~ ">" want[name] "\\)$"))
				print "wrong", d, c("ttl"), got[i]
			else
				left--
			changes++
		}
		if (left != 0)
			print "missing", d, c("ttl"), c("mods")
	}
	END { print "end", quotes + 0, changes + 0 }' truth pass=1 "$1" pass=2 "$1"
}

# look what type quotes changes: of that many quotes and changes at least, as
# it should be.
look() {
	trace "$1" ams "$2" 500 "$1.probes" || return 1
	matchresults --hops -k "$1/key" "$1"/sent.*.gz "$1"/reply.*.gz \
	    >"$1/hops" || return 1
	judge_mods "$1/hops" >verdict
	cat verdict
	[ "$(wc -l <verdict)" -eq 1 ] &&
	    awk -v q="$3" -v c="$4" '{ exit $2 < q || $3 < c }' verdict
}

tracebox() {
	lab targets | mkprobes --tracebox "$1" -m 9 -q 1 >"$2.probes"
}

tracebox 'IP/DSCP(46)/ECN(1)/TCP/MSS(1460)/WSCALE(7)/SACKP/TS/MPCAPABLE' all
ok 'TCP with all options' look all syn 140 70

lab targets | mkprobes --trace -P udp --dscp 46 --ecn 1 -m 9 -q 1 >udp.probes
ok 'UDP' look udp udp 140 50

lab targets | mkprobes --trace -P icmp --dscp 46 --ecn 1 -m 9 -q 1 >icmp.probes
ok 'ICMP' look icmp icmp 140 30

done_testing
