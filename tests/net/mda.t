#!/bin/sh
# needs: filters
#
# Multipath on the lab: every node and every link of all balancers, wide,
# asymmetric, nested, meshed, in a row, of unequal branches, by IPv6 flow
# label; one that balances by packet is said to, and is no diamond.
. "${0%/*}/../lib.sh"
labname=m
. "$TOP/tests/net/pathtest.sh"
CATCH=--prompt
diamonds='d2 d3 d4 d16 asym nested row mesh uneven label'

# The chance that a node or link of any path stays unseen is 1 in 10,000 each.
first() {
	# shellcheck disable=SC2086 # paths are words
	lab targets $1 | mkprobes --tracelb --confidence 99.99 --per-trace \
	    -m 10 >probes
}

found() {
	hop_rows "$1/hops" >rows
	judge rows ams -v whole=1
}

says_packet() {
	showpaths --tracelb --ascii packet/hops >tree
	cat tree
	[ "$(grep -c '\] per-packet balancer$' tree)" -eq 2 ]
}

says_flow() {
	showpaths --tracelb --ascii multi/hops >tree
	grep -c reached tree
	! grep per-packet tree
}

# shellcheck disable=SC2086 # paths are words
ok 'the lab' lab up $diamonds packet chain
first "$diamonds chain"
ok 'rounds until nothing is wanted' rounds multi ams udp 2000 probes
ok 'every node and link, nothing else' found multi
ok '... and none is said to balance by packet' says_flow
ok 'from another site, too' rounds far nyc udp 2000 probes
hop_rows far/hops >rows
ok '... every node and link' judge rows nyc -v whole=1
first packet
ok 'a balancer by packet' rounds packet ams udp 2000 probes
hop_rows packet/hops >rows
ok '... all on the topology' judge rows ams
ok '... and said to be one' says_packet
ok 'down' lab down
done_testing
