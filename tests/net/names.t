#!/bin/sh
# A resolver that never answers: showpaths does not wait for it.
. "${0%/*}/../lib.sh"

inside='
	set -eu
	printf "nameserver 192.0.2.99\n" >resolv
	mount --bind resolv /etc/resolv.conf
	ip link add d0 type veth peer name d1
	ip addr add 192.0.2.1/24 dev d0
	ip link set d0 up
	ip link set d1 up
	ip neigh add 192.0.2.99 lladdr 02:00:00:00:00:01 dev d0
	begin=$(date +%s%N)
	showpaths --names --names-wait 300ms hops >out
	echo $(($(date +%s%N) - begin)) >took
'
# Within a chroot there are no user namespaces; root needs none.
apart=-rnm
[ "$(id -u)" != 0 ] || apart=-nm
if ! unshare $apart ip link add d0 type veth peer name d1 2>/dev/null
then
	echo '1..0 # SKIP no namespaces here'
	exit 0
fi

# Two targets and more routers than are asked for at once.
awk -v OFS='\t' 'BEGIN {
	print "#fsdb -F t hex dst tx rx verdict from kind rtt_ms rttl replies sites sent_time auth ttl flow attempt qttl qlen mpls mods"
	for (t = 1; t <= 2; t++) for (i = 1; i <= 40; i++)
		print "c633640" t, "198.51.100." t, "ams", "ams", "unreach", "10.0." t "." i, "ttl", 1, 60, 1, "ams", 100, "mac64", i, 0, 0, 1, 28, "-", "-"
	print "# end: 80"
}' >hops

waited() {
	unshare $apart sh -c "$inside" 2>err && [ "$(cat took)" -gt 590000000 ] &&
	    [ "$(cat took)" -lt 4000000000 ]
}
ok 'it waits as long as told for each target' waited
ok 'what has no name in time is counted' grep -qx \
    'showpaths: 82 names were not found in time' err
ok 'and printed without' grep -q '^40  10.0.2.40 (10.0.2.40)  1.000 ms$' out
done_testing
