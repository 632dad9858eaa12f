# shellcheck shell=sh
# bed.sh - two namespaces and a veth between them; sourced by parts of the
# bench, which have set near and far

: "${near:?}" "${far:?}"

# bed_up: the near end sends by s through 10.9.0.2, to whatever address
bed_up() {
	ip netns add "$near"
	ip netns add "$far"
	ip link add s netns "$near" address 02:00:00:00:00:01 type veth \
	    peer name w netns "$far" address 02:00:00:00:00:02
	ip -n "$near" -batch - <<-EOF
		addr add 10.9.0.1/30 dev s
		link set s up
		route add default via 10.9.0.2
		neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev s nud permanent
	EOF
	ip -n "$far" link set w up
}

# bed_drops: the far end drops what comes
bed_drops() {
	nsenter --net="/run/netns/$far" nft -f - <<-EOF
		table netdev t {
			chain c {
				type filter hook ingress device w priority 0
				policy drop
			}
		}
	EOF
}

# bed_count packets: begin to count what arrives at the far end; the count and
# the rate are in the file seen once process $counter has ended
bed_count() {
	rm -f ready
	nsenter --net="/run/netns/$far" rxrate w "$1" >seen 2>ready &
	counter=$!
	until grep -qs ready ready
	do
		kill -0 $counter 2>/dev/null || { cat ready >&2; exit 1; }
		sleep 0.05
	done
}

bed_down() {
	ip netns del "$near" 2>/dev/null || :
	ip netns del "$far" 2>/dev/null || :
}
