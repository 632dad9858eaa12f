#!/bin/sh
# What further probes are asked for, given hop rows; and rounds of them over
# a simulated network until nothing is.
. "${0%/*}/../lib.sh"

# hops file [metadata ...]: a hop file of lines
#	last byte of dst, tx, ttl, flow, attempt, [from [kind]]
# from being the last byte of a router's address, or dst; made of file.
hops() {
	file=$1
	shift
	awk -v OFS='\t' -v meta="$*" 'BEGIN {
		print "#fsdb -F t hex:a dst:a tx:a rx:a verdict:a from:a kind:a rtt_ms:d rttl:q replies:q sites:a sent_time:d auth:a ttl:q flow:q attempt:q qttl:q qlen:q mpls:a mods:a probe:a"
		n = split(meta, m, ",")
		for (i = 1; i <= n; i++) print "# " m[i]
	}
	{
		from = kind = verdict = "-"
		if (NF > 5) {
			from = $6 == "dst" ? "192.0.2." $1 : "10.0.0." $6
			kind = NF > 6 ? $7 : $6 == "dst" ? "echo" : "ttl"
		}
		print sprintf("c00002%02x", $1), "192.0.2." $1, $2, "-", (from == "-" ? "none" : "unreach"), from, kind, "-", "-", (from != "-"), "-", "100.0", "-", $3, $4, $5, "-", "-", "-", "-", "icmp"
	}
	END { print "# end: " NR }' "$file" >"$file.hops"
}

# wants: dst ttl flow attempt, in order
wants() {
	nextround "$@" | recawk '{ print $dst, $ttl, $flow, $attempt }' |
	    sed 's/^192.0.2.//' | sort -n -k 1,1 -k 2,2 -k 3,3 -k 4,4
}

# One target of each kind: 1 goes on, 2 has silent hops, 3 a gap, 4 is
# reached with a hole, 5 loops, 6 is refused, 7 is at the last ttl, 8 answers
# from the same address twice in a row, 9 has two flows, 10 never answered.
cat >kinds <<'END'
1 ams 1 0 0 1
1 ams 2 0 0 2
2 ams 1 0 0 1
2 ams 2 0 0
2 ams 3 0 0
2 ams 3 0 1
2 ams 4 0 0 4
3 ams 1 0 0 1
3 ams 2 0 0
3 ams 2 0 1
3 ams 2 0 2
3 ams 3 0 0
3 ams 3 0 1
3 ams 3 0 2
3 ams 4 0 0
3 ams 5 0 0
4 ams 1 0 0 1
4 ams 3 0 0 3
4 ams 4 0 0 dst
4 ams 5 0 0 dst
4 ams 6 0 0
5 ams 1 0 0 1
5 ams 2 0 0 2
5 ams 3 0 0 1
5 ams 4 0 0 2
6 ams 1 0 0 1
6 ams 2 0 0 2 unreach
6 ams 3 0 0
7 ams 1 0 0 1
7 ams 2 0 0 2
7 ams 3 0 0 3
7 ams 4 0 0 4
7 ams 5 0 0 5
7 ams 6 0 0 6
8 ams 1 0 0 1
8 ams 2 0 0 1
9 ams 1 0 0 1
9 ams 2 0 0 dst
9 ams 1 3 0 1
9 ams 2 3 0 2
10 ams 1 0 0
10 ams 1 0 1
10 ams 1 0 2
10 ams 2 0 0
END
hops kinds

kinds() {
	wants --trace -m 6 -g 2 kinds.hops >out && golden nextround-kinds
}
ok 'on to the end of each path, silent hops again' kinds

# The hole of target 4 is at ttl 2, before its end at 4.
nearer() {
	wants --trace -m 2 -g 2 kinds.hops >out && grep -q '^4 2 ' out &&
	    wants --trace -m 1 -g 2 kinds.hops >out &&
	    ! awk '$2 > 1' out | grep -q .
}
ok 'no ttl beyond -m, be it nearer than in the rounds before' nearer

# Three attempts at once, as traceroute makes them: so for new ttls too.
cat >three <<'END'
1 ams 1 0 0 1
1 ams 1 0 1 1
1 ams 1 0 2 1
1 ams 2 0 0 2
1 ams 2 0 1
1 ams 2 0 2
END
hops three

three() {
	wants --trace -m 3 three.hops >out
	printf '1 3 0 0\n1 3 0 1\n1 3 0 2\n' | cmp - out &&
	    [ -z "$(wants --trace -m 2 three.hops)" ] &&
	    [ -z "$(wants --trace -f 1 -m 2 -q 3 three.hops)" ]
}
ok 'as many attempts at new ttls as at those before' three

# Two senders, each with a trace of its own.
cat >two <<'END'
1 ams 1 0 0 1
1 ams 2 0 0 dst
1 fra 1 0 0 5
1 fra 2 0 0
1 fra 3 0 0 dst
2 fra 1 0 0 5
END
hops two

senders() {
	[ -z "$(wants --trace -m 2 --tx ams two.hops)" ] &&
	    [ "$(wants --trace -m 2 --tx fra two.hops)" = "1 2 0 1
2 2 0 0" ] && wants --trace -m 2 two.hops >x &&
	    wants --trace -m 2 --tx fra two.hops | cmp - x || return 1
	status 1 nextround --trace --tx nrt two.hops 2>err >x &&
	    grep -q '^nextround: no row was sent by nrt' err
}
ok 'senders are told apart, --tx names one' senders

# What two senders both want is written once.
both() {
	printf '1 ams 1 0 0 1\n1 fra 1 0 0 2\n' >b
	hops b
	[ "$(wants --trace -m 2 b.hops)" = '1 2 0 0' ]
}
ok 'a probe that several want is one' both

files() {
	head -n 20 kinds >k1
	tail -n +21 kinds >k2
	hops k1
	hops k2
	gzip -c k2.hops >k2.gz
	wants --trace -m 6 -g 2 k1.hops k2.gz | cmp - "$here/nextround-kinds.out" &&
	    wants --trace -m 6 -g 2 k2.gz k1.hops kinds.hops |
	    cmp - "$here/nextround-kinds.out" &&
	    wants --trace -m 6 -g 2 - <kinds.hops |
	    cmp - "$here/nextround-kinds.out" &&
	    nextround --trace kinds.hops kinds.hops | grep -q 'counts:.* doubled=44'
}
ok 'files of several rounds, in any order, doubled' files

# The columns that some probes have are in what is asked for.
columns() {
	sed -e '1s/$/ sport:q dport:q tos:q size:q options:a/' \
	    -e '/^c0/s/$/\t40000\t443\t8\t52\tMSS(1460)\/SACKP/' two.hops >c.hops
	nextround --trace --tx ams -m 3 -f 1 b.hops c.hops >x
	nextround --trace -m 2 c.hops | grep -v '^#' | sort >out
	golden nextround-columns
}
ok 'ports, size and options are as they were' columns

metadata() {
	hops kinds 'paths: trace,max-ttl: 6,gap: 2,queries: 3'
	wants kinds.hops | cmp - "$here/nextround-kinds.out" &&
	    [ "$(wants -m 2 kinds.hops)" != "$(wants kinds.hops)" ] &&
	    nextround kinds.hops >x && grep -q '^# max-ttl: 6$' x &&
	    grep -q '^# paths: trace$' x && grep -q '^# gap: 2$' x || return 1
	hops two 'paths: ping'
	nextround two.hops | grep -q '^# end: 0$' || return 1
	hops two 'paths: trace,max-ttl: zero'
	status 2 nextround two.hops 2>err &&
	    grep -q '^nextround: metadata: max-ttl: not 1 to 255: zero$' err ||
	    return 1
	hops two 'paths: nonsense'
	status 2 nextround two.hops
}
ok 'what is not given is in the metadata' metadata

limit() {
	hops kinds
	nextround --trace --max-probes 5 kinds.hops 2>err >x &&
	    grep -q 'targets want more than --max-probes' err &&
	    grep -q 'counts:.* capped=[1-9]' x &&
	    nextround --trace --max-probes 5 --quiet kinds.hops 2>err >x &&
	    [ ! -s err ]
}
ok '--max-probes is kept, and said' limit

# No router is asked twice in a row if there are others to ask.
order() {
	awk 'BEGIN { for (t = 1; t <= 9; t++) print 1, "ams", t, 0, 0, t < 9 ? t : "dst" }' >o
	hops o 'paths: tracelb'
	nextround o.hops >o.probes &&
	    recawk '{ if ($ttl == last) bad++; last = $ttl; n++; t[$ttl]++ }
		END { exit !(n == 9 * 5 && !bad && length(t) == 9) }' o.probes &&
	    nextround o.hops | grep -v '^#' >x &&
	    grep -v '^#' o.probes | cmp - x || return 1
	printf '1 ams 1 0 0 1\n1 ams 2 0 0 2\n1 ams 3 0 0 dst\n' >o
	hops o
	nextround --tracelb --confidence 99.99 o.hops | recawk '
		{ if ($ttl == last) bad++; last = $ttl; n++ }
		END { exit !(n > 3 * 12 && !bad) }'
}
ok 'no ttl twice in a row, the same order each time' order

bad() {
	head -n 12 kinds.hops >cut.hops
	status 1 nextround --trace cut.hops 2>err >x &&
	    grep -q '^nextround: cut.hops: cut short' err &&
	    tail -n 1 x | grep -q '^# end: [1-9]' || return 1
	sed '5s/^c0000202/c000020z/' kinds.hops >bad.hops
	status 1 nextround --trace bad.hops 2>err >x &&
	    grep -q '^nextround: bad.hops:5: bad hex: c000020z$' err || return 1
	sed '5s/	2	0	0	/	0	0	0	/' kinds.hops >bad.hops
	status 1 nextround --trace bad.hops 2>err >x &&
	    grep -q '^nextround: bad.hops:5: no such probe: ttl 0' err || return 1
	{ sed -n 1p two.hops; grep '^c0' two.hops | sort -r; } >bad.hops
	status 2 nextround --trace bad.hops 2>err >x &&
	    grep -q '^nextround: bad.hops:3: not sorted by hex' err
}
ok 'what is cut or bad is said' bad

refused() {
	hops two
	status 2 nextround two.hops &&
	    status 2 nextround --trace --tracelb two.hops &&
	    status 2 nextround --tracelb --per-node --per-trace two.hops &&
	    status 2 nextround --tracelb --confidence 100 two.hops &&
	    status 2 nextround --tracelb --confidence 0.95 two.hops &&
	    status 2 nextround --trace -f 9 -m 8 two.hops &&
	    status 2 nextround --trace -m 256 two.hops &&
	    status 2 nextround --trace /nonexistent &&
	    status 2 nextround --trace two &&
	    status 3 nextround --trace two.hops >/dev/full
}
ok 'what makes no sense is refused' refused

# first flows targets: what the first round asks
first() {
	awk -v OFS='\t' -v n="$2" -v what="$1" 'BEGIN {
		print "#fsdb -F t dst:a probe:a ttl:q flow:q attempt:q"
		print "# paths: " what
		print "# max-ttl: 12"
		for (d = 1; d <= n; d++)
			for (t = 1; t <= 6; t++) {
				print "192.0.2." d, "udp", t, 0, 0
				i++
			}
		print "# end: " i
	}'
}

# rounds loss topology [option ...]: from probes.1 until nothing is asked for;
# hop files are hops.1 and so on; prints how many rounds it took
rounds() {
	loss=$1 topology=$2 i=${from-1}
	shift 2
	while grep -q '^[^#]' "probes.$i"
	do
		"$HELPER/simpaths" 7 "$loss" "$topology" <"probes.$i" >"hops.$i" &&
		nextround "$@" hops.* >"probes.$((i + 1))" || return 1
		i=$((i + 1))
		[ "$i" -lt 30 ] || return 1
	done
	echo "$((i - 1))"
}

# links: every link seen, ttl and last bytes, with how many targets have it
links() {
	cat hops.* | recawk '$from != "-" { at[$dst, $flow, $ttl] = $from }
	END {
		for (k in at) {
			split(k, f, SUBSEP)
			to = at[f[1], f[2], f[3] + 1]
			if (to == "" || at[k] == f[1]) continue
			sub(/.*\./, "", to)
			from = at[k]
			sub(/.*\./, "", from)
			if (!((k, to) in seen) && !((f[1], f[3], from, to) in have)) {
				have[f[1], f[3], from, to]
				n[f[3] " " from " " (at[f[1], f[2], f[3] + 1] == f[1] ? "dst" : to)]++
			}
		}
		for (k in n) print k, n[k]
	}' | sort -n
}

wide='0:1 1:2,3,4 2:5 3:5,6 4:6 5:7 6:7 7:8'
multipath() {
	rm -f probes.* hops.*
	first tracelb 20 >probes.1
	n=$(rounds 0 "$wide" --per-trace --confidence 99) && [ "$n" -le 9 ] &&
	    links >out && golden nextround-links || return 1
	echo "$n rounds, $(cat probes.* | grep -vc '^#') probes"
}
ok 'multipath: rounds until every link of 20 targets is found' multipath

# No probe is ever asked for twice.
once() {
	cat probes.* | grep -v '^#' | sort | uniq -d | cmp - /dev/null
}
ok 'multipath: no probe twice' once

raise() {
	before=$(cat probes.* | grep -vc '^#') last=$n
	nextround --per-trace --confidence 99 hops.* | grep -q '^# end: 0$' ||
	    return 1
	nextround --per-trace --confidence 99.9 hops.* >"probes.$((last + 1))"
	n=$(from=$((last + 1)) && rounds 0 "$wide" --per-trace --confidence 99.9) ||
	    return 1
	links | cmp - "$here/nextround-links.out" && once || return 1
	after=$(cat probes.* | grep -vc '^#')
	rm -f probes.* hops.*
	first tracelb 20 >probes.1
	rounds 0 "$wide" --per-trace --confidence 99.9 >x || return 1
	at_once=$(cat probes.* | grep -vc '^#')
	echo "99%: $before probes, then 99.9%: $after, at once: $at_once"
	[ "$after" -gt "$before" ] && [ "$((after * 10))" -le "$((at_once * 11))" ]
}
ok 'multipath: more confidence later asks for the difference only' raise

lossy() {
	rm -f probes.* hops.*
	first tracelb 20 >probes.1
	n=$(rounds 5 "$wide" --per-trace --confidence 99) &&
	    links | cmp - "$here/nextround-links.out"
}
ok 'multipath: and with 5 % loss' lossy

plain() {
	rm -f probes.* hops.*
	first trace 20 >probes.1
	n=$(rounds 10 '0:1 1:2 2:3 3:4 4:5* 5:6 6:7 7:8 8:9' -q 6) &&
	    cat hops.* | recawk '$flow != 0 { bad++ }
	    { at[$dst, $ttl] = at[$dst, $ttl] + ($from != "-"); all++ }
	    END { for (t = 1; t <= 9; t++) for (d = 1; d <= 20; d++)
		if (t != 5 && !at["192.0.2." d, t]) bad++
		exit !(bad + 0 == 0 && all < 20 * 40) }'
}
ok 'trace: to the destination, silent hops and loss in between' plain

dead() {
	rm -f probes.* hops.*
	first trace 2 >probes.1
	n=$(rounds 0 '0:1 1:2 2:3* 3:4* 4:5* 5:6* 6:7* 7:8* 8:9* 9:10* 10:11*' -g 3) &&
	    cat hops.* | recawk '{ n[$ttl]++ } END { exit !(n[3] == 6 && n[5] == 6 && n[6] == 2 && n[7] == 0) }'
}
ok 'trace: a gap ends it' dead

# The examples of the manual page, as they are printed there.
examples() {
	hops kinds 'paths: trace,max-ttl: 6'
	gzip -c kinds.hops >hops.1.gz
	awk '/^\.Sh EXAMPLES/ { on = 1 } /^\.Sh SEE/ { on = 0 }
	on && /^\.Bd -literal/ { code = 1; n++; next }
	/^\.Ed/ { code = 0 }
	code { gsub(/\\e/, "\\"); print >("example." n) }' \
	    "$TOP/man/nextround.1"
	for e in example.*
	do
		sh -eu "./$e" >out && [ -s out ] || return 1
	done
	[ "$(sh ./example.1)" = 'there is more to ask' ] &&
	    sh ./example.2 | grep -q '^2 [1-9]'
}
ok 'the examples of the manual page' examples

done_testing
