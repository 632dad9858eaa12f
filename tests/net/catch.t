#!/bin/sh
# needs: filters
#
# shellcheck disable=SC2016,SC2154,SC3045 # awk programs; $work is lib.sh's
# catchreply on a live interface: a site and the rest of the world.
. "$(dirname "$0")/../lib.sh"

if [ "$(id -u)" -ne 0 ] || ! ip netns add "crt$$s" 2>/dev/null
then
	echo "1..0 # SKIP needs root and network namespaces"
	exit 0
fi
site=crt$$s world=crt$$w
pids=
clean() {
	for p in $pids
	do
		kill -9 "$p" 2>/dev/null
	done
	ip netns del "$site" 2>/dev/null
	ip netns del "$world" 2>/dev/null
	rm -rf "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM
on() {
	ns=$1
	shift
	nsenter --net="/run/netns/$ns" "$@"
}

# As low as it commonly is: CHAOS needs more.
ulimit -S -n 1024
ip netns add "$world"
mac=020000000001
ip link add s netns "$site" address 02:00:00:00:00:01 type veth \
    peer name w netns "$world" address 02:00:00:00:00:02
ip -n "$site" -batch - <<B
link set lo up
addr add 192.0.2.1/32 dev lo
addr add 2001:db8::1/128 dev lo nodad
addr add 10.99.0.1/31 dev s
link set s up
neigh add 10.99.0.0 lladdr 02:00:00:00:00:02 dev s nud permanent
route add 10.0.0.0/16 via 10.99.0.0
B
ip -n "$world" -batch - <<B
link set lo up
addr add 10.99.0.0/31 dev w
link set w up
neigh add 10.99.0.1 lladdr 02:00:00:00:00:01 dev w nud permanent
route add local 10.0.0.0/16 dev lo
B
printf 000102030405060708090a0b0c0d0e0f >key
printf ffffffffffffffffffffffffffffffff >key2

# start name argument ...: catchreply into name.tsv; $pid, once it catches.
start() {
	name=$1
	shift
	nsenter --net="/run/netns/$site" catchreply -i s -k key -N site:3 -w "$name.tsv" "$@" \
	    2>"$name.err" &
	pid=$!
	pids="$pids $pid"
	i=0
	while [ ! -s "$name.tsv" ] && [ $i -lt 100 ]
	do
		i=$((i + 1))
		sleep 0.05
	done
	[ -s "$name.tsv" ]
}

# ends status [signal]: how the last one started ends.
ends() {
	[ -z "${2-}" ] || kill -"$2" "$pid"
	got=0
	wait "$pid" || got=$?
	cat "$name.err"
	[ "$got" -eq "$1" ] || { echo "exit $got, not $1"; return 1; }
}

replies() {
	on "$world" "$HELPER/mkreplies" iface=w mac=$mac "$@"
}

# count name key: the last value of a counter.
count() {
	sed -n 's/^# counts: //p' "$1.tsv" | tail -n 1 | tr ' ' '\n' |
	    sed -n "s/^$2=//p"
}

rows() {
	grep -vc '^#' "$1.tsv"
}

# told name key n: the n-th line of that key is in the file, at last.
told() {
	i=0
	while [ "$(grep -c "^# $2: " "$1.tsv")" -lt "$3" ]
	do
		i=$((i + 1))
		[ $i -lt 100 ] || return 1
		sleep 0.1
	done
}

same() {
	[ "$1" = "$2" ] || { echo "got $1, want $2"; return 1; }
}

# What the kernels of a namespace told each other: a counter of /proc/net/snmp.
unreachables() {
	on "$world" awk '/^Icmp:/ { for (i = 1; i <= NF; i++)
	    if (!n) name[i] = $i; else if (name[i] == "InDestUnreachs") print $i
	    n++ }' /proc/net/snmp
}

ok 'starts' start a -S 192.0.2.1,2001:db8::1
ok 'replies, forged and spoilt ones' replies n=1000 forge=10 spoil=7
ok 'IPv6' replies n=500 src=2001:db8::1 first=2001:db8:1::
ok 'ttl exceeded' replies n=200 kind=ttl quote=8
ok 'with a VLAN tag' replies n=50 vlan=5 first=10.0.128.0
ok 'SIGTERM' ends 143 TERM
ok 'every authentic reply is there' same "$(rows a) $(count a replies)" \
    '1522 1522'
ok 'the others are counted' same \
    "$(count a forged) $(count a badsum) $(count a packets)" '86 142 1750'
ok 'interrupted, and says so' grep -qx '# interrupted: SIGTERM' a.tsv
ok 'the end is there' grep -qx '# end: 1522' a.tsv
ok 'nanoseconds' sh -c 'grep -v "^#" a.tsv | cut -f1 | grep -vq "000$"'
ok 'times are after those of sending' awk -F'\t' \
    '!/^#/ && $8 != "-" && $1 < $8 { print; bad = 1 } END { exit bad }' a.tsv

# The kernel hands over what came within 50 ms at once; a signal is noticed
# within 100 ms, sooner or later than that.
last_ones() {
	for last in 0 1 2 3 4 5 6 7 8 9
	do
		start "last$last" -S 192.0.2.1 && replies n=20 &&
		    ends 143 TERM &&
		    same "$(count "last$last" replies)" 20 || return 1
	done
}
ok 'what came just before SIGTERM, ten times' last_ones

ok 'idle, starts' start idle -S 192.0.2.1
ok 'idle, ends' ends 130 INT

ok 'every interface' start any -i any -S 192.0.2.1
replies n=100
replies n=10 vlan=5
ok 'ends' ends 143 TERM
ok 'hears the one that is there' same "$(count any replies)" 110

ok 'own end' start own -S 192.0.2.1 --end +1s
ok 'is no failure' ends 0
ok 'and is told' grep -qx '# ended: end time' own.tsv

at=$(($(date +%s) + 2))
ok 'an end in the midst of packets' start flood -S 192.0.2.1 --end $at
while [ "$(date +%s)" -le $at ]
do
	replies n=2000
done
ok 'ends' ends 0
ok 'there were some in the last second' awk -F'\t' -v at=$at \
    '!/^#/ && $1 > at - 1 { n++ } END { exit !n }' flood.tsv
ok 'and none after it' awk -F'\t' -v at=$at \
    '!/^#/ && $1 > at { print; bad = 1 } END { exit bad }' flood.tsv

ok 'a full disk is kept clear of' start floor -S 192.0.2.1 --disk-floor 1000000G
ok 'which is a failure' ends 1
ok 'and is told' grep -qx '# ended: disk floor' floor.tsv
ok 'size' start size -S 192.0.2.1 --max-bytes 10K
replies n=1000
ok 'is kept' ends 1
ok 'and is told' grep -qx '# ended: max bytes' size.tsv

ok 'packets kept as well' start keep -S 192.0.2.1 --pcap keep.pcap
replies n=300 forge=3
ok 'ends' ends 143 TERM
catchreply -f keep.pcap -S 192.0.2.1 -k key -N site:3 >again.tsv
ok 'and read again give the same' sh -c \
    'grep -v "^#" keep.tsv >1; grep -v "^#" again.tsv | diff 1 -'
ok 'all 200 of them' same "$(rows keep)" 200
ok 'with the same refusals' same "$(count again forged)" 100

ok 'wide' start wide -S 192.0.2.1 --wide
replies n=100 probe=dns
replies n=100
on "$site" ping -c 1 -W 1 10.0.0.1 >/dev/null 2>&1
ok 'ends' ends 143 TERM
ok 'counts foreign packets, not our own' same \
    "$(count wide packets) $(count wide foreign)" '200 100'

ok 'a small buffer' start small -S 192.0.2.1 --buffer 2M --end +4s
kill -STOP "$pid"
replies n=60000
kill -CONT "$pid"
ok 'is a failure, when something was lost' ends 1
ok 'drops are all counted' same \
    "$(($(count small replies) + $(count small kdrops)))" 60000
ok 'and there were some' [ "$(count small kdrops)" -gt 0 ]

ok 'link' start link -S 192.0.2.1
replies n=10
ip -n "$site" link set s down
ok 'down is told' told link linkdown 1
ip -n "$site" link set s up
ip -n "$site" neigh replace 10.99.0.0 lladdr 02:00:00:00:00:02 dev s \
    nud permanent
ip -n "$site" route replace 10.0.0.0/16 via 10.99.0.0
ok 'up again is told' told link linkup 1
replies n=10
ip -n "$world" link set w down
ok 'no carrier is told' told link linkdown 2
ip -n "$world" link set w up
ip -n "$world" neigh replace 10.99.0.1 lladdr 02:00:00:00:00:01 dev w \
    nud permanent
ok 'its return is told' told link linkup 2
replies n=10
ok 'ends' ends 143 TERM
ok 'goes on after it was down, or had no carrier' same "$(count link replies)" 30
ok 'twice, as counted' same "$(count link linkdowns)" 2

before=$(unreachables)
replies n=100 probe=dns
ok 'the kernel answers DNS replies to a port nobody has' \
    [ "$(($(unreachables) - before))" -gt 0 ]
# More than the token bucket of ICMP errors holds must not be needed below.
sleep 1
before=$(unreachables)
ok 'DNS' start dns -S 192.0.2.1 -P dns
replies n=100 probe=dns
# The smallest buffer there is takes one packet.
ok 'at most one a port is queued for us' sh -c "nsenter --net=/run/netns/$site \
    gawk --non-decimal-data '
    NR > 1 && (\"0x\" substr(\$5, 10)) + 0 > 2304 { print; bad = 1 }
    NR > 1 { n++ } END { exit bad || !n }' /proc/net/udp"
ok 'ends' ends 143 TERM
ok 'the kernel answers none of them now' same \
    "$(($(unreachables) - before)) $(count dns replies)" '0 100'
before=$(unreachables)
ok 'CHAOS' start chaos -S 192.0.2.1 -P chaos
replies n=100 probe=chaos
ok 'ends' ends 143 TERM
ok 'nor any of these' same \
    "$(($(unreachables) - before)) $(count chaos replies)" '0 100'

ok 'two runs at once' start one -S 192.0.2.1 -P dns
one=$pid
ok 'with two keys' start two -S 192.0.2.1 -P dns -k key2
replies n=100 probe=dns
replies n=70 probe=dns key=ffffffffffffffffffffffffffffffff
ok 'end' ends 143 TERM
pid=$one name=one
ok 'both' ends 143 TERM
ok 'and each has its own' same "$(count one replies) $(count two replies)" \
    '100 70'
ok 'without a word about ports' test ! -s two.err

ok 'interface gone' start gone -S 192.0.2.1
ip -n "$site" link del s
ok 'is the end' ends 1
ok 'and is told' grep -qx '# ended: interface gone' gone.tsv

done_testing
