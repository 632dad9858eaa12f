#!/bin/sh
# probes: what tcpdump, which shares no code with us, thinks of every probe

. "${0%/*}/../lib.sh"

if ! command -v tcpdump >/dev/null
then
	echo "1..0 # SKIP no tcpdump"
	exit 0
fi

decode() {
	tcpdump -nvvtr probes.pcap >out 2>/dev/null
}

# What tcpdump says when it is not content.
content() {
	! grep -iE 'bad|wrong|incorrect|invalid|truncated|\[\|' out |
	    grep -v 'invalid\.'
}

# all pattern count: so many probes show it.
all() {
	[ "$(grep -c "$1" out)" -eq "$2" ] || { grep -c "$1" out; return 1; }
}

ok "probes are written to a file" "$HELPER/probepcap" probes.pcap
ok "tcpdump reads them" decode
ok "and has no complaint" content
ok "TCP and UDP checksums are right" all 'correct\|udp sum ok' 24
ok "no IPID is 0" all ' id 0,' 0
ok "they are what they were" golden probes
done_testing
