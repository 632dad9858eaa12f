#!/bin/sh
# needs: filters
#
# shellcheck disable=SC2086 # $us is several words
# catchreply from pcap files: what every kind of packet becomes.
. "${0%/*}/../lib.sh"

mk=$HELPER/mkreplies
printf 000102030405060708090a0b0c0d0e0f >key
us='-S 192.0.2.1 -k key'

# count file key: the last value of a counter.
count() {
	sed -n 's/^# counts: //p' "$1" | tail -n 1 | tr ' ' '\n' |
	    sed -n "s/^$2=//p"
}

same() {
	[ "$1" = "$2" ] || { echo "got $1, want $2"; return 1; }
}

# refused word argument ...: exit 2, with that word in the message.
refused() {
	word=$1 rc=0
	shift
	catchreply "$@" >/dev/null 2>err </dev/null || rc=$?
	cat err
	[ "$rc" -eq 2 ] && grep -q "$word" err
}

# Each row of the probe table, both families, each kind of answer.
for type in icmp dns chaos syn synack
do
	for from in '192.0.2.1 10.0.0.250' '2001:db8::1 2001:db8:1::250'
	do
		src=${from% *}
		for how in 'answer 0' 'ttl 0' 'ttl 8' 'unreach 28' 'probe 0'
		do
			echo "== $type $src $how"
			"$mk" "probe=$type" "src=$src" "first=${from#* }" n=2 \
			    kind="${how% *}" quote="${how#* }" flow=$((
			    $(echo $type | grep -c chaos) ? 0 : 2)) attempt=1 |
			    catchreply -f - -S "$src" -P "$type" -k key -N t:7 \
			    --quotes |
			    grep -v '^#'
		done
	done
done >out
ok 'every kind of answer to every probe' golden catchreply-kinds

# Quotes are kept when asked for, or when the key is not there.
quotes() {
	"$mk" n=2 kind=ttl quote=8 >ttl.pcap
	[ "$(catchreply -f ttl.pcap $us | recawk '{ print $quote }' |
	    sort -u)" = - ] || return 1
	catchreply -f ttl.pcap $us --quotes |
	    recawk '{ n += length($quote) } END { exit n != 2 * 2 * 28 }' ||
	    return 1
	catchreply -f ttl.pcap -S 192.0.2.1 -N t:7 |
	    recawk '{ n += length($quote) } END { exit n != 2 * 2 * 56 }'
}
ok 'quotes when asked for' quotes

"$mk" n=200 forge=10 spoil=7 copies=2 >spoilt.pcap
catchreply -f spoilt.pcap $us >spoilt.tsv
ok 'duplicates stay, what is refused is counted' same \
    "$(count spoilt.tsv packets) $(count spoilt.tsv replies) $(count \
    spoilt.tsv badsum) $(count spoilt.tsv forged)" '400 308 56 36'
"$mk" n=200 cut=10 >cut.pcap
ok 'packets captured in part' sh -c "catchreply -f cut.pcap $us >cut.tsv"
ok 'are counted' same "$(count cut.tsv replies) $(count cut.tsv short)" \
    '180 0'
catchreply -f cut.pcap $us --wide >cut.tsv
ok 'when wide, too' same "$(count cut.tsv replies) $(count cut.tsv short)" \
    '180 20'
"$mk" n=200 cut=10 cutat=13 >cut.pcap
catchreply -f cut.pcap $us >cut.tsv
ok 'or in their link header' same "$(count cut.tsv replies) $(count \
    cut.tsv short)" '180 20'
"$mk" n=3 tx=4000000000 rtt_us=-3000000 >future.pcap
catchreply -f future.pcap $us >future.tsv
ok 'from the future' same "$(count future.tsv future)" 3
ok 'of another time to live' sh -c \
    "catchreply -f spoilt.pcap $us -t 63 >ttl.tsv"
ok 'are forged' same "$(count ttl.tsv replies) $(count ttl.tsv forged)" \
    '0 344'
catchreply -f spoilt.pcap $us --max-node 2 >max.tsv
ok 'of a node there is none of' same "$(count max.tsv replies)" 0
catchreply -f spoilt.pcap $us --ignore-checksums >nosum.tsv
ok 'wrong checksums may be overlooked' same \
    "$(count nosum.tsv badsum) $(count nosum.tsv replies)" '0 360'

"$mk" n=9 >eth.pcap
catchreply -f eth.pcap $us | grep -v '^#' >want
for link in 'link=113' 'link=12' 'link=101' 'link=228' 'link=1 vlan=7' \
    'link=113 vlan=7'
do
	"$mk" n=9 $link >l.pcap
	catchreply -f l.pcap $us | grep -v '^#' >got
	ok "the same with $link" diff want got
done
"$mk" n=9 link=105 >wifi.pcap
ok 'an unknown link type is exit 1' status 1 catchreply -f wifi.pcap $us

"$mk" n=4 first=10.1.0.0 >two.pcap
ok 'several files' sh -c "catchreply -f eth.pcap -f two.pcap $us >both.tsv"
ok 'one after the other' same "$(count both.tsv replies)" 13
ok 'standard input' sh -c "catchreply -f - $us <eth.pcap | grep -v '^#' >got"
ok 'gives the same' diff want got
ok 'a descriptor by name' sh -c \
    "catchreply -f /dev/fd/5 $us 5<eth.pcap | grep -v '^#' | diff want -"
ok 'key from standard input' sh -c \
    "catchreply -f eth.pcap -S 192.0.2.1 -k - <key | grep -v '^#' | diff want -"
ok 'key from a descriptor' sh -c \
    "catchreply -f eth.pcap -S 192.0.2.1 -k /dev/fd/7 7<key | grep -v '^#' |
    diff want -"
ok 'another key makes them foreign' sh -c \
    "echo 11111111111111111111111111111111 >key2
    catchreply -f eth.pcap -S 192.0.2.1 -k key2 --wide >other.tsv"
ok 'all' same "$(count other.tsv replies) $(count other.tsv foreign)" '0 9'

ok 'packets kept' catchreply -f eth.pcap -f two.pcap $us --pcap kept.pcap \
    -w kept.tsv
ok 'give the same again' sh -c \
    "catchreply -f kept.pcap $us | grep -v '^#' >got
    grep -v '^#' kept.tsv | diff - got"
"$mk" n=4 link=12 >raw.pcap
ok 'two link types cannot be kept in one file' status 1 catchreply \
    -f eth.pcap -f raw.pcap $us --pcap mixed.pcap -w mixed.tsv

head -c 500 eth.pcap >short.pcap
ok 'a pcap file cut short is exit 1' status 1 catchreply -f short.pcap $us \
    -w short.tsv
ok 'with what there was' same "$(count short.tsv replies) $(tail -n 1 \
    short.tsv)" '5 # end: 5'
echo nonsense >nonsense
ok 'no pcap file is exit 1' status 1 catchreply -f nonsense $us
ok 'the others are read all the same' sh -c \
    "catchreply -f nonsense -f eth.pcap $us | grep -v '^#' | diff want -"

# Without the key: everything of that shape, to be judged later.
catchreply -f spoilt.pcap -S 192.0.2.1 >nokey.tsv
ok 'without the key nothing is authentic' same \
    "$(grep -v '^#' nokey.tsv | cut -f13 | sort -u)" none
ok 'and nothing forged' same "$(count nokey.tsv forged)" 0
"$mk" n=9 >eth.pcap
catchreply -f eth.pcap -S 192.0.2.1 | matchresults -k key - >later.tsv 2>err
ok 'matchresults authenticates later' same \
    "$(grep -vc '^#' later.tsv)" 9

ok 'gzip' catchreply -f eth.pcap $us -w r.gz
ok 'is whole' sh -c "gzip -t r.gz && zcat r.gz | grep -v '^#' | diff want -"
ok 'files are not overwritten' status 2 catchreply -f eth.pcap $us -w r.gz
ok 'but by force' catchreply -f eth.pcap $us -w r.gz --force
ln -s nowhere link
ok 'nor written through a link' status 2 catchreply -f eth.pcap $us -w link
ok 'a full disk is exit 3' sh -c \
    "catchreply -f eth.pcap $us >/dev/full; [ \$? -eq 3 ]"
ok 'a reader gone is exit 3' sh -c \
    "{ catchreply -f eth.pcap $us; echo \$? >rc; } | :; [ \$(cat rc) -eq 3 ]"
ok 'a disk full of packets is exit 3' status 3 catchreply -f eth.pcap $us \
    -w p.tsv --pcap /dev/full --force

"$mk" n=50000 >big.pcap
mkfifo pipe
exec 9<>pipe
timeout -k 1 20 sh -c "exec catchreply -f big.pcap $us" >pipe &
stuck=$!
child=
while [ -z "$child" ]
do
	child=$(cat /proc/$stuck/task/$stuck/children)
done
sleep 1
kill -TERM $child && sleep 0.2
kill -TERM $child
rc=0
wait $stuck || rc=$?
exec 9>&-
ok 'a second signal ends it when nobody reads' same $rc 143

while read -r what args
do
	ok "exit 2, $what: $args" refused "$what" $args
done <<'W'
needed -S 192.0.2.1
needed -i lo -f eth.pcap -S 192.0.2.1
192.0.2 -f eth.pcap -S 192.0.2
nonsuch -f eth.pcap -S 192.0.2.1 -P nonsuch
address -f eth.pcap
ams -f eth.pcap -S 192.0.2.1 -N ams
nokey -f eth.pcap -S 192.0.2.1 -k nokey
nofile -f nofile -S 192.0.2.1
nosuch0 -i nosuch0 -S 192.0.2.1
soon -i lo -S 192.0.2.1 --end soon
past -i lo -S 192.0.2.1 --end 1000000000
interfaces -f eth.pcap -S 192.0.2.1 --end +1s
operands -f eth.pcap -S 192.0.2.1 extra
W
done_testing
