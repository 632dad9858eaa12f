# routes.sh - what lab asks of the routers, and tells the sites to announce
# shellcheck shell=sh disable=SC2154 # variables of lab

# Does every router know every network, in both families?
is_connected() {
	want=$(awk 'END { print NR + 2 }' "$dir/edges" "$dir/sites")
	for node in $(all_nodes router edge site)
	do
		birdc -r -s "$dir/bird/$node.ctl" show route count 2>/dev/null |
		awk -v want="$want" '$NF ~ /^master/ && $6 == want { n++ }
			END { exit n != 2 }' || return 1
	done
}

# tables role ...: NODE SITE4 SITE6, the sites those nodes' best routes to
# the service lead to, known by the community the site announced them with.
tables() {
	for node in $(all_nodes "$@")
	do
		echo "node $node"
		birdc -r -s "$dir/bird/$node.ctl" show route primary all where \
		    net = 192.0.2.0/24 '||' net = 2001:db8:a::/48 \
		    2>/dev/null || :
	done | awk '
		function flush() {
			if (node != "")
				print node, to["master4:"], to["master6:"]
			to["master4:"] = to["master6:"] = "-"
		}
		FILENAME == ARGV[1] { site[$2] = $1; next }
		$1 == "node" { flush(); node = $2 }
		$1 == "Table" { table = $2 }
		$1 == "BGP.community:" && match($0, /64500,[0-9]+/) {
			to[table] = site[substr($0, RSTART + 6, RLENGTH - 6)]
		}
		END { flush() }' "$dir/sites" -
}

# Wait until no router changes its mind any more.
settle() {
	same=0 last=
	while [ $same -lt 3 ]
	do
		now=$(tables router edge)
		[ "$now" = "$last" ] && same=$((same + 1)) || same=0
		last=$now
		sleep 0.1
	done
}

# BLOCK SITE NETWORK answers|silent|unreach
truth() {
	tables edge | awk -v want=truth -v families="$families" \
	    -f "$here/blocks.awk" - "$dir/edges"
}

cmd_truth() {
	[ $# -eq 0 ] || usage
	need_up
	truth
}

cmd_hitlist() {
	[ $# -le 1 ] || usage
	need_up
	is_number "${1:-0}" || die "not a number of targets: $1"
	awk -v want=hitlist -v families="$families" -v count="${1:-0}" \
	    -f "$here/blocks.awk" "$dir/edges"
}

# Do these results say what the routers' tables say now?
cmd_check() {
	[ $# -ge 1 ] || usage
	need_up
	{
		truth
		zcat -f -- "$@" || echo "cut short"
	} | awk -F '\t' -f "$here/check.awk"
}

# Prefix, length and AS number, as in CAIDA's pfx2as files.
cmd_targets() {
	[ $# -eq 0 ] || usage
	need_up
	awk -v OFS='\t' -v f="$families" '
		index(f, 4) { split($3, p, "/"); print p[1], p[2], $2 }
		index(f, 6) { split($4, p, "/"); print p[1], p[2], $2 }' \
	    "$dir/edges"
}

# turn site knob value: change what the site announces, see it through.
turn() {
	sed "s/^define $2 = .*/define $2 = $3;/" "$dir/knob/$1" \
	    >"$dir/knob/$1.new"
	mv "$dir/knob/$1.new" "$dir/knob/$1"
	birdc -s "$dir/bird/$1.ctl" configure >"$dir/log" ||
	    die "$1: its bird does not answer"
}

cmd_prepend() {
	[ $# -eq 2 ] || usage
	need_site "$1"
	case $2 in
	[0-8])
		turn "$1" PREPEND "$2" ;;
	*)
		die "not a number up to 8: $2" ;;
	esac
	settle
}

cmd_withdraw() {
	[ $# -eq 1 ] || usage
	need_site "$1"
	turn "$1" WITHDRAW true
	settle
}

cmd_announce() {
	[ $# -eq 1 ] || usage
	need_site "$1"
	turn "$1" WITHDRAW false
	settle
}

# A second gone, a second back, so many times.
cmd_flap() {
	[ $# -eq 1 ] || [ $# -eq 2 ] || usage
	need_site "$1"
	times=${2:-1}
	is_number "$times" || die "not a number of times: $times"
	while [ "$times" -gt 0 ]
	do
		turn "$1" WITHDRAW true
		sleep 1
		turn "$1" WITHDRAW false
		sleep 1
		times=$((times - 1))
	done
	settle
}
