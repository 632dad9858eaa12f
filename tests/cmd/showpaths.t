#!/bin/sh
. "${0%/*}/../lib.sh"

# hops [# key: value ...]: a hop file of lines "column=value ..." on standard
# input; what a line does not name stays as on the line before it, if it is
# dst or tx, otherwise it is missing.  IPv6 targets name their hex.
hops() {
	awk -v OFS='\t' -v comments="$(printf '%s\n' "$@")" '
	BEGIN {
		columns = "hex dst tx rx verdict from kind rtt_ms rttl replies sites sent_time auth ttl flow attempt qttl qlen mpls mods qclass rtt_err_ms reply_time src probe icmp dport size options"
		n = split(columns, name, " ")
		print "#fsdb -F t " columns
		if (comments != "") print comments
	}
	NF == 0 || /^#/ { next }
	{
		split("", v)
		v["flow"] = v["attempt"] = 0
		v["probe"] = "udp"; v["src"] = "192.0.2.1"
		for (i = 1; i <= NF; i++) {
			eq = index($i, "=")
			v[substr($i, 1, eq - 1)] = substr($i, eq + 1)
		}
		if ("dst" in v) { dst = v["dst"]; hex = v["hex"] } else v["dst"] = dst
		if ("tx" in v) tx = v["tx"]; else v["tx"] = tx
		if (hex == "") { split(dst, b, "."); v["hex"] = sprintf("%02x%02x%02x%02x", b[1], b[2], b[3], b[4]) }
		else v["hex"] = hex
		if ("from" in v) {
			if (!("rx" in v)) v["rx"] = tx
			if (!("sites" in v)) v["sites"] = v["rx"]
			if (!("kind" in v)) v["kind"] = "ttl"
			if (!("verdict" in v)) v["verdict"] = v["kind"] ~ /^(echo|dns|rst|synack)$/ ? "ok" : "unreach"
			if (!("replies" in v)) v["replies"] = 1
			if (!("auth" in v)) v["auth"] = "mac64"
			if (!("qttl" in v) && v["kind"] == "ttl") v["qttl"] = 1
			if (!("icmp" in v) && v["kind"] == "ttl") v["icmp"] = dst ~ /:/ ? "3/0" : "11/0"
		} else { v["verdict"] = "none"; v["replies"] = 0 }
		v["sent_time"] = sprintf("%.9f", 100 + ++rows / 1000)
		if ("rtt_ms" in v) v["reply_time"] = sprintf("%.9f", 100 + rows / 1000 + v["rtt_ms"] / 1000)
		for (i = 1; i <= n; i++) printf "%s%s", name[i] in v ? v[name[i]] : "-", i < n ? OFS : "\n"
	}
	END { print "# end: " rows + 0 }'
}

# A path as everybody knows them: two routers at one hop, silence, times.
hops '# paths: trace' '# max-ttl: 30' >plain <<'END'
dst=198.51.100.7 tx=ams ttl=1 from=10.0.0.1 rtt_ms=0.312 size=60
ttl=1 attempt=1 from=10.0.0.1 rtt_ms=0.298
ttl=1 attempt=2 from=10.0.0.1 rtt_ms=0.301
ttl=2
ttl=2 attempt=1
ttl=2 attempt=2
ttl=3 from=10.0.3.1 rtt_ms=4.2
ttl=3 attempt=1 from=10.0.3.2 rtt_ms=4.3
ttl=3 attempt=2
ttl=4 from=198.51.100.7 kind=unreach icmp=3/3 rtt_ms=9.5
ttl=4 attempt=1 from=198.51.100.7 kind=unreach icmp=3/3 rtt_ms=9.25
ttl=4 attempt=2 from=198.51.100.7 kind=unreach icmp=3/3 rtt_ms=9
ttl=5 from=198.51.100.7 kind=unreach icmp=3/3 rtt_ms=9.1
ttl=6
END

# Anycast: errors and answers come in anywhere; a time is known only where
# the clocks are.
hops '# paths: trace' '# max-ttl: 30' >anycast <<'END'
dst=198.51.100.7 tx=ams ttl=1 from=10.0.0.1 rtt_ms=0.312
ttl=1 attempt=1 from=10.0.0.1 rx=lax
ttl=1 attempt=2 from=10.0.0.1 rtt_ms=0.4
ttl=2 from=10.0.2.1 rx=lax rtt_ms=7.25 rtt_err_ms=0.5
ttl=2 attempt=1 from=10.0.2.1 rx=lax
ttl=2 attempt=2 from=10.0.2.1 rx=lax verdict=late rtt_ms=1000000
ttl=3 from=198.51.100.7 kind=echo verdict=multi rx=- sites=fra,lax replies=2
ttl=3 attempt=1 from=198.51.100.7 kind=echo rx=fra
ttl=3 attempt=2 from=198.51.100.7 kind=echo rtt_ms=9 replies=3
dst=198.51.100.7 tx=lax ttl=1 from=10.1.0.1 rtt_ms=1
ttl=2 from=198.51.100.7 kind=echo rtt_ms=2.5 probe=icmp
ttl=2 from=198.51.100.7 kind=unreach icmp=3/3 rtt_ms=2.5
END

# What else can end a path, and holes in it.
hops '# max-ttl: 12' '# gap: 3' '# first-ttl: 2' >ends <<'END'
dst=203.0.113.1 tx=ams ttl=2 from=10.0.0.2
ttl=3 from=10.0.0.3
ttl=4 from=10.0.0.2
ttl=5 from=10.0.0.3
ttl=6 from=10.0.0.2
dst=203.0.113.2 tx=ams ttl=2 from=10.0.0.2
ttl=3
ttl=4
ttl=5
dst=203.0.113.3 tx=ams ttl=2 from=10.0.0.2
ttl=11 from=10.0.0.11
ttl=12
dst=203.0.113.4 tx=ams ttl=2
ttl=3
dst=203.0.113.5 tx=ams ttl=2 from=10.0.0.2
ttl=3 from=10.0.0.3 kind=unreach icmp=3/13
ttl=4 from=10.0.0.3 kind=unreach icmp=3/13
ttl=5
ttl=6 from=10.0.0.3 kind=unreach icmp=3/13
dst=203.0.113.6 tx=ams ttl=2 from=10.0.0.2
ttl=3 from=10.0.0.3
dst=203.0.113.7 tx=ams ttl=4 from=10.0.0.2
ttl=5 flow=1 from=203.0.113.7 kind=dns
ttl=4 flow=2 from=203.0.113.7 kind=dns
dst=203.0.113.8 tx=ams ttl=2 probe=syn from=203.0.113.8 kind=synack
dst=203.0.113.9 tx=ams ttl=2 probe=syn from=203.0.113.9 kind=rst
dst=203.0.113.10 tx=ams ttl=2 probe=ack from=203.0.113.10 kind=rst
END

# Every code that traceroute(8) has a letter for, and some it has none for.
{
	for code in 0 1 2 3 5 6 9
	do
		echo "dst=2001:db8::7 hex=20010db8000000000000000000000007 tx=ams ttl=1 attempt=$code from=2001:db8:1::1 kind=unreach icmp=1/$code"
	done
	echo 'ttl=2 attempt=0 from=2001:db8:1::1 kind=toobig icmp=2/0'
	echo 'ttl=2 attempt=1 from=2001:db8:1::1 kind=param icmp=4/1'
	echo 'ttl=2 attempt=2 from=2001:db8:1::1 kind=param icmp=4/0'
	echo 'ttl=3 from=2001:db8::7 kind=unreach icmp=1/4 rtt_ms=3'
	for code in 0 1 2 4 5 6 7 8 9 10 11 12 13 14 15 99
	do
		echo "dst=203.0.113.1 tx=ams ttl=1 attempt=$code from=10.0.0.2 kind=unreach icmp=3/$code"
	done
	echo 'ttl=2 attempt=0 from=10.0.0.2 kind=quench icmp=4/0'
	echo 'ttl=2 attempt=1 from=10.0.0.2 kind=ttl icmp=11/1'
	echo 'ttl=2 attempt=2 from=10.0.0.2 kind=param icmp=12/0'
} | hops >codes

# What answers carried besides.
hops '# paths: trace' >ext <<'END'
dst=198.51.100.7 tx=ams ttl=1 from=10.0.0.1 rtt_ms=1 mpls=24001:0:1:1
ttl=1 attempt=1 from=10.0.0.1 rtt_ms=1 mpls=24001:0:1:1
ttl=1 attempt=2 from=10.0.0.1 rtt_ms=1 mpls=24002:3:0:1,17:0:1:254
ttl=2 from=10.0.0.2 rtt_ms=2 mpls=in|3|10.0.0.9|eth0|1500,24001:0:1:1
ttl=2 attempt=1 from=10.0.0.2 rtt_ms=2 mpls=out|||ge-0/0/1|
ttl=3 from=10.0.0.3 rtt_ms=2 qttl=0
ttl=4 from=198.51.100.7 kind=echo rtt_ms=3
END

traces() {
	for f in plain anycast ends codes ext
	do
		echo "== $f"
		showpaths $f || return
	done >out
	{
		echo '== -e ext'
		showpaths -e ext
		echo '== --sites plain'
		showpaths --sites plain
		echo '== UTF-8 anycast'
		LC_ALL=C.UTF-8 showpaths anycast
	} >>out
	golden showpaths-trace
}
ok 'traces, as traceroute prints them' traces

ascii() {
	LC_ALL=C.UTF-8 showpaths --ascii anycast >a &&
	    showpaths anycast | cmp - a
}
ok '--ascii is what a terminal without UTF-8 gets' ascii

# Pings: loss, duplicates, other addresses, other sites, errors.
hops '# paths: ping' >ping <<'END'
dst=198.51.100.7 tx=ams ttl=64 from=198.51.100.7 kind=echo rtt_ms=10 probe=icmp
ttl=64 attempt=1 from=198.51.100.7 kind=echo rtt_ms=12 probe=icmp replies=3
ttl=64 attempt=2 probe=icmp
ttl=64 attempt=3 from=198.51.100.7 kind=echo rtt_ms=17 probe=icmp
dst=198.51.100.8 tx=ams ttl=64 from=198.51.100.8 kind=echo rtt_ms=10 probe=icmp
ttl=64 attempt=1 from=198.51.100.8 kind=echo rx=lax probe=icmp
ttl=64 attempt=2 from=198.51.100.8 kind=echo rx=lax rtt_ms=31 rtt_err_ms=0.25 probe=icmp
ttl=64 attempt=3 from=198.51.100.8 kind=echo rx=- verdict=multi sites=ams,lax replies=2 probe=icmp
ttl=64 attempt=4 from=198.51.100.8 kind=echo verdict=late probe=icmp
dst=198.51.100.8 tx=lax ttl=64 from=198.51.100.9 kind=echo verdict=alias rtt_ms=1.5 probe=icmp
dst=198.51.100.9 tx=ams ttl=64 from=10.0.0.9 kind=unreach icmp=3/1 probe=icmp
ttl=64 attempt=1 probe=icmp
dst=198.51.100.10 tx=ams ttl=64 from=198.51.100.10 kind=echo rx=lax probe=icmp
END
pings() {
	{
		showpaths ping
		echo
		showpaths --fping ping
		echo
		LC_ALL=C.UTF-8 showpaths --sites ping | sed -n '/100.8/,/^$/p'
	} >out
	golden showpaths-ping
}
ok 'pings, as ping and fping sum them up' pings

# Mean and deviation by another hand, of times that differ in the last digit.
moments() {
	awk 'BEGIN { for (i = 0; i < 200; i++)
		printf "%sttl=64 attempt=%d from=198.51.100.7 kind=echo rtt_ms=%.6f probe=icmp\n",
		    i ? "" : "dst=198.51.100.7 tx=ams ", i, 80000 + i * 7919 % 101 / 1000 }' >rows
	hops '# paths: ping' <rows >many
	showpaths many | grep '^rtt' >got
	sed 's/.*rtt_ms=\([0-9.]*\).*/\1/' rows | awk '
		{ x[NR] = $1; s += $1; if (NR == 1 || $1 < min) min = $1; if ($1 > max) max = $1 }
		END { for (i in x) q += (x[i] - s / NR) ^ 2
		printf "rtt min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms\n", min, s / NR, max, sqrt(q / NR) }' |
	    cmp - got
}
ok 'mean and deviation are right' moments

# Middleboxes: what was changed, between which hops it happened.
# What was quoted is not there when catchreply did not keep it.
hops '# paths: tracebox' '# max-ttl: 30' '# spec: IP/TCP/MSS(1460)/SACKP' >box <<'END'
dst=2001:db8::7 hex=20010db8000000000000000000000007 tx=ams ttl=1 from=2001:db8:1::1 qclass=part qlen=56 mods=IPv6::FlowLabel
ttl=2 from=2001:db8:2::1 qclass=part qlen=56 mods=IPv6::FlowLabel,TCP::Window
ttl=3 from=2001:db8:3::1 qclass=full mods=TCP::Checksum
dst=198.51.100.7 tx=ams probe=syn ttl=1 from=10.0.0.1 qclass=full mods=same qlen=48
ttl=1 probe=syn attempt=1 from=10.0.0.1 qclass=full mods=same qlen=48
ttl=2 probe=syn from=10.0.0.2 qclass=l3+8 mods=same qlen=28
ttl=3 probe=syn
ttl=4 probe=syn from=10.0.0.4 rx=lax qclass=full mods=TCP::SeqNumber,TCP::Options::MSS(1460>1300),-TCP::Options::SACKPermitted qlen=44
ttl=5 probe=syn from=10.0.0.5 qclass=full mods=TCP::SeqNumber,TCP::Options::MSS(1460>1300),-TCP::Options::SACKPermitted,IP::ECN(2>0) qlen=44
ttl=6 probe=syn from=10.0.0.6 qclass=part mods=TCP::SeqNumber,TCP::Window qlen=36
ttl=7 probe=syn from=198.51.100.7 kind=synack qclass=none
ttl=8 probe=syn from=198.51.100.7 kind=synack qclass=none
dst=198.51.100.8 tx=ams probe=syn ttl=1 from=10.0.0.1 qclass=full mods=same
ttl=2 probe=syn from=10.0.0.2 qclass=none
ttl=3 probe=syn from=10.0.0.3 qlen=60
ttl=4 probe=syn from=198.51.100.8 kind=rst
dst=198.51.100.9 tx=ams probe=syn ttl=1 from=10.0.0.1 qclass=full mods=same flow=1
ttl=2 probe=syn from=10.0.0.2 qclass=l3+8 mods=same flow=1
ttl=3 probe=syn from=10.0.0.3 qclass=full mods=TCP::Window(1024>512),TCP::SPort flow=1
ttl=1 probe=syn from=10.0.0.1 qclass=l3 mods=IP::DiffServicesCP(46>0)
ttl=2 probe=syn from=10.0.0.2 kind=unreach icmp=3/13 qclass=l3+8 mods=IP::DiffServicesCP(46>8),TCP::SPort
END
boxes() {
	showpaths box >out && golden showpaths-box
}
ok 'what middleboxes changed, as tracebox prints it' boxes

# Load balancers: nested, with a node that two branches share; then one that
# sends the packets of a flow either way.
hops '# paths: tracelb' >lb <<'END'
dst=198.51.100.7 tx=ams ttl=1 from=10.0.0.1
ttl=1 flow=1 from=10.0.0.1
ttl=1 flow=2 from=10.0.0.1
ttl=1 flow=3 from=10.0.0.1
ttl=2 flow=0 from=10.0.1.1
ttl=2 flow=1 from=10.0.1.2
ttl=2 flow=2 from=10.0.1.2
ttl=2 flow=3 from=10.0.1.1
ttl=3 flow=0 from=10.0.2.1
ttl=3 flow=1 from=10.0.2.2
ttl=3 flow=2 from=10.0.2.3 rx=lax
ttl=3 flow=3 from=10.0.2.2
ttl=4 flow=0 from=10.0.3.1
ttl=4 flow=1 from=10.0.3.1
ttl=4 flow=2 from=10.0.3.2
ttl=4 flow=3 from=10.0.3.1
ttl=5 flow=0 from=10.0.4.1
ttl=5 flow=1 from=10.0.4.1
ttl=5 flow=2 from=10.0.4.1
ttl=5 flow=3 from=10.0.4.1
ttl=6 flow=0 from=198.51.100.7 kind=unreach icmp=3/3
ttl=6 flow=1 from=198.51.100.7 kind=unreach icmp=3/3
dst=198.51.100.8 tx=ams ttl=1 from=10.0.0.1
ttl=1 flow=1 from=10.0.0.1
ttl=1 attempt=1 from=10.0.0.1
ttl=2 from=10.0.1.1
ttl=2 attempt=1 from=10.0.1.2
ttl=2 flow=1 from=10.0.1.2
ttl=3 from=10.0.2.1
ttl=3 attempt=1 from=10.0.2.2
ttl=3 flow=1 from=10.0.2.2
ttl=4 from=10.0.3.1
ttl=4 flow=1 from=10.0.3.1
ttl=5
ttl=5 flow=1
ttl=6 from=198.51.100.8 kind=echo
ttl=6 flow=1 from=198.51.100.8 kind=echo
END
balancers() {
	showpaths lb >out && LC_ALL=C.UTF-8 showpaths lb >>out &&
	    sed '2s/$/\n# confidence: 95\n# per-trace: no/' lb |
	    showpaths | head -n 1 >>out &&
	    sed '2s/$/\n# confidence: 99\n# per-trace: yes/' lb |
	    showpaths | head -n 1 >>out &&
	    golden showpaths-lb
}
ok 'what load balancers spread flows over' balancers

# One graph: two senders, silence, several addresses, a loop, shared links.
hops '# paths: trace' >graph <<'END'
dst=198.51.100.7 tx=ams ttl=1 from=10.0.0.1
ttl=2
ttl=3 from=10.0.3.1
ttl=3 attempt=1 from=10.0.3.2 rx=lax
ttl=4 from=198.51.100.7 kind=unreach icmp=3/3
dst=198.51.100.7 tx=lax ttl=1 from=10.1.0.1
ttl=2 from=10.0.3.2
ttl=3 from=198.51.100.7 kind=unreach icmp=3/3
dst=198.51.101.7 tx=ams ttl=1 from=10.0.0.1
ttl=2 from=10.0.7.1
ttl=3 from=10.0.8.1
ttl=4 from=10.0.7.1
ttl=5 from=10.0.7.1
dst=198.51.102.7 tx=ams ttl=1 from=10.0.0.1
ttl=2 from=10.0.7.1
ttl=3 from=10.0.9.1
ttl=4 from=10.0.10.1
ttl=5 from=198.51.102.7 kind=echo
END
cat >names <<'END'
# routers
10.0.0.1	gw.ams.example.net

10.0.7.1  "a\b<&>"	and what follows
10.0.9.1 -		# has none
2001:db8::7 seven.example.net
END

graphs() {
	showpaths --graph dot --names-file names graph >out &&
	    golden showpaths-dot || return
	showpaths --graph svg --names-file names graph >out &&
	    golden showpaths-svg
}
ok 'graphs, for dot and as a picture' graphs

if command -v dot >/dev/null
then
	drawn() {
		showpaths --graph dot --names-file names graph |
		    dot -Tplain >plain.dot || return
		[ "$(grep -c '^node' plain.dot)" = 13 ] &&
		    [ "$(grep -c '^edge' plain.dot)" = \
		    "$(showpaths --graph dot graph | grep -c -e '->.*penwidth')" ]
	}
	ok 'dot draws all of it' drawn
else
	ok 'dot draws all of it # SKIP no graphviz' true
fi

named() {
	showpaths --names-file names plain >out && golden showpaths-names
}
ok 'names from a file' named

# bad line number, names file: refused, with its place.
bad() {
	status 2 showpaths --names-file bad plain 2>err >x &&
	    grep -qF "showpaths: bad:$1" err && [ ! -s x ]
}
nonames() {
	printf '10.0.0.1 a\nnonsense b\n' >bad
	bad '2: not an address: nonsense b' || return
	printf '10.0.0.1\n' >bad
	bad '1: no name: 10.0.0.1' || return
	printf '10.0.0.1 \033[2J\n' >bad
	bad '1: a name with a byte that is not printable ASCII' || return
	printf '10.0.0.1 %0300d\n' 1 >bad
	bad '1: a name longer than 255 bytes' || return
	rm bad
	bad ' No such file or directory'
}
ok 'names that are none are refused' nonames

resolved() {
	printf '127.0.0.1 ignored.example\n' >names.lo
	{
		echo 'dst=127.0.0.1 tx=ams ttl=1 from=127.0.0.1 kind=echo rtt_ms=1'
		echo 'dst=127.0.0.1 tx=fra ttl=1 from=127.0.0.1 kind=echo rtt_ms=1'
	} | hops >lo
	showpaths --names lo | grep -q 'to localhost.* (127.0.0.1) from' &&
	    showpaths --names --names-file names.lo lo |
	    grep -q 'to ignored.example (127.0.0.1)'
}
if [ -n "$(getent hosts 127.0.0.1)" ]
then
	ok 'names from the resolver, the file first' resolved
else
	ok 'names from the resolver # SKIP it knows no localhost' true
fi

# No name was asked for: nothing is looked up, not even in a file.
unasked() {
	showpaths lo | grep -q 'to 127.0.0.1 from ams' &&
	    ! showpaths lo | grep -q localhost
}
ok 'no names unless asked for' unasked

merged() {
	gzip -c anycast >anycast.gz
	showpaths anycast >a
	showpaths <anycast.gz | cmp - a || return
	awk '/^#fsdb/ || $3 == "ams"' anycast >a.ams
	awk '/^#fsdb/ || $3 == "lax"' anycast >a.lax
	for f in a.ams a.lax
	do
		echo "# end: $(grep -vc '^#' $f)" >>$f
	done
	showpaths a.lax a.ams >b
	sed 's/, 30 hops max//' a | cmp - b
}
ok 'gzip, standard input, several files' merged

chosen() {
	for how in trace ping tracelb tracebox
	do
		sed "s/^# paths: .*/# paths: $how/" plain >how
		showpaths how >a
		showpaths --$how plain | cmp - a || return
	done
	sed 's/^# paths: .*/# paths: by train/' plain >how
	status 2 showpaths how 2>err && grep -q 'paths: by train' err &&
	    showpaths --trace how >a
}
ok 'the view is what was measured, unless told' chosen

faulty() {
	sed '$d' plain >cut
	status 1 showpaths cut 2>err >a && grep -q '^showpaths: cut: cut short' err &&
	    showpaths plain | cmp - a || return
	awk -F'\t' -v OFS='\t' 'NR == 5 { $14 = 256 } NR == 6 { $8 = "x" } 1' plain >bad
	status 1 showpaths bad 2>err >a && grep -q '^showpaths: bad:5: ' err &&
	    grep -q '^showpaths: bad: 2 bad lines' err &&
	    grep -q 'reached at hop 4' a || return
	{ sed '$d' plain; sed -n '/^c63/p' plain; echo '# end: 28'; } >twice
	status 1 showpaths twice 2>err >a &&
	    grep -q '^showpaths: 14 probes were there more than once' err &&
	    showpaths plain | cmp - a || return
	{ sed 1q graph; sed -n '/^c6/p' graph | tac; echo '# end: 17'; } >unsorted
	status 2 showpaths unsorted 2>err >a &&
	    grep -q '^showpaths: unsorted:.*: not sorted by hex' err
}
ok 'input that is cut, bad, doubled or not sorted' faulty

# Nothing from a file reaches the terminal that it might obey.
escapes() {
	esc=$(printf '\033')
	sed "2s/\$/\\n# spec: IP${esc}[2J/" box >e
	showpaths e >a && ! grep -q "$esc" a &&
	    sed "s/	ams	/	a${esc}s	/" box >e || return
	showpaths e 2>err >a
	! grep -q "$esc" a
}
ok 'no escape sequences' escapes

# Nothing at all is fine, too.
empty() {
	hops '# paths: ping' </dev/null >none
	for how in --trace --ping --fping --tracelb --tracebox
	do
		showpaths $how none >a && [ ! -s a ] || return
	done
	showpaths --graph dot none | grep -q '^digraph' &&
	    showpaths --graph svg none | grep -q '^</svg>'
}
ok 'no records' empty

refused() {
	status 2 showpaths /nonexistent &&
	    status 2 showpaths --trace --ping plain &&
	    status 2 showpaths --graph png plain &&
	    status 2 showpaths --names-wait 0 plain &&
	    status 3 showpaths plain >/dev/full
}
ok 'what makes no sense is refused' refused

# Many targets in little memory.
flat() {
	awk 'BEGIN { OFS = "\t"
		print "#fsdb -F t hex dst tx rx verdict from kind rtt_ms rttl replies sites sent_time auth ttl flow attempt qttl qlen mpls mods"
		print "# paths: ping"
		for (t = 0; t < 20000; t++) for (a = 0; a < 5; a++) {
			d = "10." int(t / 65536) "." int(t / 256) % 256 "." t % 256
			print sprintf("0a%06x", t), d, "ams", "ams", "ok", d, "echo", 10 + a, 55, 1, "ams", 100 + a ".5", "mac64", 64, 0, a, "-", "-", "-", "-"
		}
		print "# end: 100000" }' >pings
	case $OBJ in
	*address*)	showpaths --fping pings >a ;;	# which maps terabytes
	*)		prlimit --as=200000000 showpaths --fping pings >a ;;
	esac || return
	[ "$(grep -c '= 5/5/0%, min/avg/max = 10.0/12.0/14.0, at = ams 5$' a)" = 20000 ] &&
	    tail -n 1 a | grep -q '^100000 packets transmitted, 100000 received, 0%'
}
ok '20,000 targets in little memory' flat

# The commands of the manual page, as they are printed there.
examples() {
	awk '/^\.Sh EXAMPLES/ { on = 1 } /^\.Sh SEE/ { on = 0 }
	on && /^\.Bd -literal/ { code = 1; next }
	/^\.Ed/ { code = 0 }
	code { gsub(/\\e/, "\\"); gsub(/\\&/, ""); print }' \
	    "$TOP/man/showpaths.1" >list
	command -v dot >/dev/null || sed -i '/| dot/d' list
	gzip -c anycast >hops.gz
	gzip -c ping >pings.gz
	while IFS= read -r command
	do
		rm -f paths.svg
		sh -eu -c "$command" >example 2>err || return
		[ ! -s err ] && { [ -s example ] || [ -s paths.svg ]; } || return
		echo "== $command"
		cat example
	done <list >out
	golden showpaths-examples
}
ok 'the examples of the manual page' examples

done_testing
