#!/bin/sh
# needs: filters
#
# Damaged captures: no packet may crash, hang, or end the tools that judge
# packets.  Most useful with SAN=address,undefined.
#
# CAPTURES=dir adds every pcap file found there; the tcpdump project's own
# malformed ones are in the source package (apt-get source tcpdump, tests/).
. "${0%/*}/../lib.sh"

mk=$HELPER/mkreplies

# survived command ...: it ended by itself, however it ended.
survived() {
	rc=0
	timeout 60 "$@" >out 2>err || rc=$?
	[ "$rc" -lt 124 ] && return 0
	tail -n 20 err
	echo "exit $rc"
	return 1
}

for type in icmp dns chaos syn synack
do
	for from in '192.0.2.1 10.0.0.0' '2001:db8::1 2001:db8:1::'
	do
		src=${from% *} n=0
		for how in 'answer 0' 'ttl 0' 'ttl 8' 'unreach 28'
		do
			n=$((n + 1))
			"$mk" "probe=$type" "src=$src" "first=${from#* }" \
			    n=3000 kind="${how% *}" quote="${how#* }" |
			    "$HELPER/mutate" $n >damaged.pcap
			ok "$type $src $how, damaged" survived "$HELPER/feed" \
			    damaged.pcap
			ok "$type $src $how, damaged, the whole way" survived \
			    catchreply -f damaged.pcap -S "$src" -P "$type" \
			    --wide --ignore-checksums
		done
	done
done
for link in 0 12 108 113 276
do
	"$mk" n=3000 link=$link | "$HELPER/mutate" $link >damaged.pcap
	ok "link type $link, damaged" survived "$HELPER/feed" damaged.pcap
done
if [ -n "${CAPTURES-}" ]
then
	find "$CAPTURES" -name '*.pcap*' -type f >list
	while read -r f
	do
		ok "${f##*/}" survived "$HELPER/feed" "$f"
		cat out >>all
		ok "${f##*/}, the whole way" survived catchreply -f "$f" \
		    -S 192.0.2.1,2001:db8::1 --wide
	done <list
	awk '{ for (i = 2; i <= NF; i++) { split($i, a, "="); n[a[1]] += a[2] } }
	    END { printf "#"; for (k in n) printf " %s %d", k, n[k]; print "" }' all
fi
done_testing
