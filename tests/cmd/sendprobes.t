#!/bin/sh
# needs: filters
#
# sendprobes without a network: what it would send, and what it refuses.
. "${0%/*}/../lib.sh"

printf 'sixteen bytes ..' >key
labs='--allow-prefix 198.18.0.0/15 --allow-prefix 2001:db8::/32'
nets='-S 192.0.2.1,2001:db8::1'
printf '%s\n' 198.18.0.1 2001:db8:1::1 198.18.3.1 >targets

# dry argument ...: the records of a dry run into "out", without times.
dry() {
	# shellcheck disable=SC2086 # options are words
	sendprobes --dry-run -N ams:3 $labs "$@" >all 2>err
	rc=$?
	grep -v '^#' all | cut -f 2- >out
	return $rc
}

# rows line ...: these are in "out", spaces for tabs.
rows() {
	for row
	do
		echo "$row"
	done | tr ' ' '\t' | diff -u - out
}

counted() {
	grep -q "^# counts:.* $1\( \|\$\)" all || { grep counts all; return 1; }
}

one() {
	# shellcheck disable=SC2086
	dry $nets <targets && rows \
	    'ams icmp 192.0.2.1 198.18.0.1 64 0 0 0' \
	    'ams icmp 2001:db8::1 2001:db8:1::1 64 0 0 0' \
	    'ams icmp 192.0.2.1 198.18.3.1 64 0 0 0'
}
ok 'one record per target, from the origin of its family' one
ok 'marked as what was not sent' grep -q '^# dry-run: ' all
ok 'it says which probes' grep -qx \
    '# origin.1: src=2001:db8::1 probe=icmp ttl=64' all
ok 'and the end' grep -qx '# end: 3' all

several() {
	dry -O src=192.0.2.1,probe=dns,sport=5000 -O src=192.0.2.9 -P syn \
	    -t 9 -q 2 --round 7 <<-EOF && rows \
	    'ams dns 192.0.2.1 198.18.0.1 9 0 0 7' \
	    'ams dns 192.0.2.1 198.18.0.1 9 0 1 7' \
	    'ams syn 192.0.2.9 198.18.0.1 9 0 0 7' \
	    'ams syn 192.0.2.9 198.18.0.1 9 0 1 7'
	198.18.0.1
	EOF
}
ok 'every origin, every attempt' several
ok 'the ports of an origin' grep -qx \
    '# origin.0: src=192.0.2.1 probe=dns sport=5000 dport=53 ttl=9' all

records() {
	printf '#fsdb -F t dst:a probe:a ttl:q flow:q attempt:q dport:q\n%s\n# end: 2\n' \
	    "198.18.0.1	dns	3	2	9	5353
198.18.0.2	-	-	-	-	-" >probes
	dry -O src=192.0.2.1,probe=dns -O src=192.0.2.1,probe=icmp <probes &&
	    rows 'ams dns 192.0.2.1 198.18.0.1 3 2 9 0 5353' \
	    'ams dns 192.0.2.1 198.18.0.2 64 0 0 0 -' \
	    'ams icmp 192.0.2.1 198.18.0.2 64 0 0 0 -'
}
ok 'a probe record says what it wants' records

# All columns by which a probe may differ from its origin, and the flow.
unusual() {
	printf '#fsdb -F t dst:a probe:a sport:q dport:q ttl:q flow:q %s\n' \
	    'attempt:q tos:q size:q options:a'
	tr ' ' '\t' <<-EOF
	198.18.0.1 syn - - 1 0 0 - - MSS(1300)/WSCALE(7)/SACKP/TS/ECE/CWR
	198.18.0.1 syn 5000 443 2 3 0 184 - MPCAPABLE
	198.18.0.1 syn - - 3 0 1 1 - NONE
	2001:db8::9 syn - - 3 0 1 3 - TS/MSS/MPCAPABLE/SACKP
	198.18.0.1 syn - 443 - - - - 44 -
	198.18.0.1 dns - 5353 4 1023 254 - 300 -
	2001:db8::9 dns 1000 53 255 7 0 2 300 -
	198.18.0.1 icmp - - 4 65535 - 255 201 -
	198.18.0.1 chaos - 54 4 - 3 - 300 -
	2001:db8::9 synack - - 4 9 - 16 64 -
	2001:db8::9 icmp - - - - - - - -
	EOF
	echo '# end: 11'
}
unusual_rows() {
	unusual >probes
	for t in syn dns icmp chaos synack
	do
		echo "-O src=192.0.2.1,probe=$t -O src=2001:db8::1,probe=$t"
	done >origins
	# shellcheck disable=SC2046,SC2086
	sendprobes --pcap odd.pcap -k key $labs $(cat origins) -N ams:3 \
	    --round 9 -w odd <probes && grep -v '^#' odd |
	    cut -f 3,5-8,10- >out && rows \
	    'syn 198.18.0.1 1 0 0 - - 0 - MSS(1300)/WSCALE(7)/SACKP/TS/ECE/CWR' \
	    'syn 198.18.0.1 2 3 0 5000 443 184 - MPCAPABLE' \
	    'syn 198.18.0.1 3 0 1 - - 1 - NONE' \
	    'syn 2001:db8::9 3 0 1 - - 3 - TS/MSS(1460)/MPCAPABLE/SACKP' \
	    'syn 198.18.0.1 64 0 0 - 443 0 44 -' \
	    'dns 198.18.0.1 4 1023 254 - 5353 0 300 -' \
	    'dns 2001:db8::9 255 7 0 1000 53 2 300 -' \
	    'icmp 198.18.0.1 4 65535 0 - - 255 201 -' \
	    'chaos 198.18.0.1 4 0 3 - 54 0 300 -' \
	    'synack 2001:db8::9 4 9 0 - - 16 64 -' \
	    'icmp 2001:db8::9 64 0 0 - - 0 - -'
}
ok 'what is unusual about a probe is in its record' unusual_rows
again() { [ "$("$HELPER/regen" key odd.pcap <odd)" = 11 ]; }
ok 'from which it can be made again, byte for byte' again
decoded() {
	tcpdump -nvvr odd.pcap 2>/dev/null >out &&
	    ! grep -iE 'bad|wrong|incorrect|truncated' out &&
	    grep -q 'tos 0xb8, ttl 2,' out &&
	    grep -q 'Flags \[SEW\], .* \[mss 1300,wscale 7,sackOK,TS val [0-9]* ecr 0,eol\]' out &&
	    grep -q '5003 > .*443: Flags \[S\], .* \[mptcp 4 capable' out &&
	    grep -q 'Flags \[S\], .* win 1024, length 0' out
}
if command -v tcpdump >/dev/null
then
	ok 'and tcpdump reads it' decoded
fi

bad_record() {
	printf '#fsdb -F t dst:a %s:q\n198.18.0.1\t%s\n# end: 1\n' "$1" "$2" |
	    status 1 dry -S 192.0.2.1 -P "${3-dns}" && rows && counted refused.bad=1
}
for bad in 'ttl 0' 'ttl 256' 'flow 65536' 'flow 4536' 'attempt 255' \
    'sport 0' 'dport 65536' 'tos 256' 'size 27' 'size 1501' \
    'options mss' 'options MSS(0) syn' 'options MSS synack' \
    'size 40 syn' 'size 60 syn' 'flow 1 chaos'
do
	# shellcheck disable=SC2086
	ok "refused: $bad" bad_record $bad
done

empty_rows() { [ ! -s out ]; }
rows_none() {
	printf '%s\n' "$1" | status 1 dry -S 192.0.2.1 && empty_rows &&
	    counted "$2"
}
ok 'refused: nonsense' rows_none nonsense refused.bad=1
ok 'refused: private' rows_none 10.0.0.1 refused.special=1
ok 'refused: multicast' rows_none 224.0.0.1 refused.special=1
ok 'refused: no origin of that family' rows_none 2001:db8::1 refused.origin=1
blocked() {
	echo 198.18.0.0/24 >block
	dry -S 192.0.2.1 -b block <<-EOF
	198.18.0.9
	198.18.1.9
	EOF
	[ $? -eq 1 ] && rows 'ams icmp 192.0.2.1 198.18.1.9 64 0 0 0' &&
	    counted refused.blocklist=1
}
ok 'refused: a blocklist weighs more than --allow-prefix' blocked
ok 'the number of a line that is refused' sh -c \
    'printf "9.9.9.9\nx y\n" | sendprobes --dry-run -S 192.0.2.1 2>&1 >/dev/null |
     grep -qx "sendprobes: stdin:2: bad dst: x y"'

max() {
	# shellcheck disable=SC2086
	dry $nets --max-targets 2 <targets && [ "$(wc -l <out)" -eq 2 ]
}
ok '--max-targets' max
ok 'input that was cut short is exit 1' sh -c \
    'printf "#fsdb -F t dst:a\n9.9.9.9\n" |
     sendprobes --dry-run -S 192.0.2.1 >/dev/null 2>err; [ $? -eq 1 ] &&
     grep -q "cut short" err'
ok 'input without a header line' sh -c \
    'printf "5\t9.9.9.9\n" | sendprobes --dry-run -S 192.0.2.1 \
     --header "#fsdb -F t score:q dst:a" | cut -f 5 | grep -qx 9.9.9.9'
ok 'metadata is handed on' sh -c \
    'printf "#fsdb -F t dst:a\n# seed: 7\n# counts: x=1\n9.9.9.9\n#   | mk\n# end: 1\n" |
     sendprobes --dry-run -S 192.0.2.1 >out && grep -qx "# seed: 7" out &&
     grep -qx "#   | mk" out && ! grep -q "x=1" out'

# The packets: the time in the file, in the payload and in the record agree.
agree() {
	# shellcheck disable=SC2086
	sendprobes --pcap p.pcap -k key $labs -S 192.0.2.1 -N ams:771 -w s \
	    <<-EOF || return 1
	198.18.0.1
	EOF
	sent=$(grep -v '^#' s | cut -f 1 | tr -d .)
	be() { od -An -j "$1" -N "$2" -t x1 p.pcap | tr -d ' \n'; }
	[ "$(printf '%d%09d' "0x$(be 24 4)" "0x$(be 28 4)")" = "$sent" ] &&
	    [ "$(printf '%d' "0x$(be 76 8)")" = "$sent" ] &&
	    [ "$(be 72 2)" = 0303 ]
}
ok 'file, payload and record have the same time' agree
tcpdump_reads() {
	# shellcheck disable=SC2086
	sendprobes --pcap all.pcap -k key $labs $nets -w s2 <targets &&
	    tcpdump -nvvtr all.pcap >out 2>/dev/null &&
	    [ "$(grep -c 'echo request' out)" -eq 3 ] &&
	    ! grep -iE 'bad|wrong|incorrect|truncated' out
}
if command -v tcpdump >/dev/null
then
	ok 'tcpdump has no complaint' tcpdump_reads
fi
contact() {
	echo 9.9.9.9 | sendprobes --pcap c.pcap --force -k key -S 192.0.2.1 \
	    --contact "$1" >/dev/null && grep -aq "$2" c.pcap
}
ok 'the opt-out text' contact https://example.net/probes \
    https://example.net/probes
ok 'or none' sh -c 'echo 9.9.9.9 | sendprobes --pcap n.pcap -k key \
    -S 192.0.2.1 --contact "" >/dev/null && ! grep -aq castnet n.pcap'
ok 'there is one by default' sh -c 'echo 9.9.9.9 | sendprobes --pcap d.pcap \
    -k key -S 192.0.2.1 >/dev/null && grep -aq castnet d.pcap'
ok 'the key is nowhere in the records' sh -c '! grep -aq "sixteen" s'
ok 'a key ahead of the targets' sh -c \
    '{ cat key; echo 9.9.9.9; } | sendprobes --dry-run -k - -S 192.0.2.1 >kout &&
     grep -q 9.9.9.9 kout && grep "^# key" s >a; grep "^# key" kout | diff a -'

# What cannot work is exit 2, before anything is sent.
two() {
	what=$1
	shift
	ok "exit 2: $what" status 2 sendprobes "$@"
}
two 'no key' -S 192.0.2.1 -i lo
two 'a key that is none' -S 192.0.2.1 -k /dev/null --dry-run
two 'no such type' --dry-run -S 192.0.2.1 -P nonsense
two 'no address' --dry-run -S 192.0.2
two 'the same origin twice' --dry-run -S 192.0.2.1,192.0.2.1
two '-S and -O' --dry-run -S 192.0.2.1 -O src=192.0.2.1
two 'an unknown key of -O' --dry-run -O src=192.0.2.1,color=red
two 'no node' --dry-run -S 192.0.2.1 -N ams
two 'a blocklist that cannot be read' --dry-run -S 192.0.2.1 -b /nonexistent
two 'no prefix' --dry-run -S 192.0.2.1 --allow-prefix 10.0.0.1/8
two 'no interface' -k key -S 192.0.2.1 -i nonexistent0
two 'an operand' --dry-run -S 192.0.2.1 targets
two 'a file that exists' --dry-run -S 192.0.2.1 -w key
two 'a rate that is none' --dry-run -S 192.0.2.1 -r fast
ok 'exit 3: no space' sh -c 'yes 9.9.9.9 | head -n 100000 |
    sendprobes --dry-run -S 192.0.2.1 >/dev/full 2>err; [ $? -eq 3 ]'
ok 'exit 3: no space for the packets' sh -c 'yes 9.9.9.9 | head -n 100000 |
    sendprobes -k key --force --pcap /dev/full -S 192.0.2.1 >/dev/null 2>err
    [ $? -eq 3 ]'
ok 'exit 3: the reader is gone' sh -c 'yes 9.9.9.9 | head -n 300000 |
    { sendprobes --dry-run -S 192.0.2.1; echo $? >rc; } 2>err | head -n 1 >/dev/null
    [ "$(cat rc)" -eq 3 ]'
interrupted() {
	mkfifo in
	sendprobes --dry-run -S 192.0.2.1 -w int <in 2>err &
	pid=$!
	exec 3>in
	echo 9.9.9.9 >&3
	until grep -q 9.9.9.9 int
	do
		sleep 0.1
	done
	kill -TERM $pid
	rc=0
	wait $pid || rc=$?
	exec 3>&-
	[ $rc -eq 143 ] && grep -qx '# interrupted: SIGTERM' int &&
	    grep -qx '# end: 1' int
}
ok 'exit 143 on SIGTERM, with a complete file' interrupted
done_testing
