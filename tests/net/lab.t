#!/bin/sh
# needs: filters
#
# The lab itself: the Internet the other tests are measured against.

. "${0%/*}/../lib.sh"
: "${work:?}"

missing=
for tool in ip bird birdc ethtool nsenter unshare ssh ping
do
	command -v $tool >/dev/null || missing="$missing $tool"
done
[ -x /usr/sbin/sshd ] || missing="$missing sshd"
if [ "$(id -u)" != 0 ] || [ -n "$missing" ]
then
	echo "1..0 # SKIP needs root and:${missing:- nothing else}"
	exit 0
fi

CASTNET_LABDIR=$work/labs; export CASTNET_LABDIR
one=t$$a two=t$$b
lab() {
	sh "$TOP/share/lab/lab" "$@"
}
leave() {
	for name in $one $two
	do
		[ ! -d "$CASTNET_LABDIR/$name" ] || lab down -p "$name"
	done
	rm -rf "$work"
}
trap leave EXIT
trap 'exit 130' INT TERM

# traces: what a lab could leave behind, by its names.
traces() {
	printf '%s\n' "$one-" "$two-" "$CASTNET_LABDIR/" >names
	ip netns list | grep -F -f names
	ip -o link | grep -F -f names
	cut -d' ' -f2 /proc/mounts | grep -F -f names
	grep -laF -f names /proc/[0-9]*/cmdline 2>/dev/null
	ls "$CASTNET_LABDIR" 2>/dev/null
	:
}

no_traces() {
	traces >left
	[ ! -s left ] || { cat left; return 1; }
}

all_catch() {
	[ "$(cut -f2 truth.1 | sort -u | grep -c '^[a-z]')" -eq 6 ]
}

truth() {
	lab truth -p "$1" >"$2"
}

none_left() {
	! grep -q "	$1	" truth.2
}

# echoes site: echo requests that have come to this site
echoes() {
	lab exec -p "$one" "$1" cat /proc/net/snmp </dev/null | awk '
		/^Icmp:/ && !n { n = split($0, name) }
		/^Icmp: [0-9]/ {
			for (i = 1; i <= n; i++)
				if (name[i] == "InEchos")
					print $i
		}'
}

# The truth asked the other way round, without a line of bird's or ours: from
# each edge network's own address to the service; whose counter moves?
agrees() {
	awk -F'\t' '$1 ~ /0\/24$/ && !($3 in seen) {
		seen[$3] = 1; sub(/0\/24/, "7", $1); print $2, $3, $1
	}' truth.1 >ask
	[ "$(wc -l <ask)" -eq 48 ] || return 1
	while read -r site edge addr
	do
		before=$(echoes "$site")
		ip netns exec "$one-$edge" ping -q -c 3 -i 0.01 -W 1 \
		    -I "$addr" 192.0.2.1 >/dev/null </dev/null || {
			echo "$edge: no answer from $site"
			return 1
		}
		[ $(($(echoes "$site") - before)) -eq 3 ] || {
			echo "$edge: reached another site than $site"
			return 1
		}
	done <ask
}

fits() {
	[ "$(lab hitlist -p "$one" -4 | wc -l)" -ge 200000 ] &&
	    [ "$(lab hitlist -p "$one" -6 | wc -l)" -ge 200000 ] &&
	    [ "$(lab targets -p "$one" -4 | wc -l)" -ge 40 ] &&
	    [ "$(lab nodes -p "$one" | xargs grep -c .)" -ge 6 ] &&
	    [ "$(cut -f1,3 truth.1 | sort -u | wc -l)" -eq "$(wc -l <truth.1)" ]
}

# Every tenth network: one block that answers, one silent, one unreachable.
behaves() {
	awk -F'\t' 'n[$3, $4, index($1, ":")]++ == 0 && $3 ~ /0$/ {
		a = $1; sub(/0\/24/, "7", a); sub(/\/48/, "7", a)
		print a, $4 }' truth.1 >ask
	[ "$(wc -l <ask)" -eq 24 ] || { cat ask; return 1; }
	while read -r addr how
	do
		got=$(lab exec -p "$one" ams ping -n -c 1 -W 1 "$addr" \
		    </dev/null | sed -n 2p)
		case $how/$got in
		answers/*"bytes from $addr"*|unreach/From*estination*|silent/)
			;;
		*)
			echo "$addr: should be $how: $got"
			return 1 ;;
		esac
	done <ask
}

ssh_to() {
	# shellcheck disable=SC2016 # for the shell there
	got=$(lab ctl -p "$one" ssh -F /dev/null -o BatchMode=yes \
	    -o UserKnownHostsFile="$CASTNET_LABDIR/$one/known_hosts" \
	    -- "root@$2" 'echo $(hostname) $(ls ~ | wc -l)')
	[ "$got" = "$1 0" ] || { echo "$got"; return 1; }
}

moves() {
	lab truth -p "$one" >truth.2 || return 1
	[ "$(cut -f1,3 truth.1 | cksum)" = "$(cut -f1,3 truth.2 | cksum)" ] &&
	    cut -f2 truth.2 | paste truth.1 - |
	    awk -F'\t' -v site="$1" '$2 != $5 { n++; if ($2 != site) wrong++ }
	    END { print n " moved, " wrong + 0 " of them not from " site
		exit !(n > 0 && wrong == 0) }'
}

same() {
	lab truth -p "$one" | cmp - truth.1
}

# The other end of every link is in a named namespace of the lab, and only
# sites have a default route, to a router.
closed() {
	for ns in $(ip netns list | sed -n "s/^\($one-[a-z0-9]*\).*/\1/p")
	do
		ip -n "$ns" -d -o link show type veth |
		    grep -v "link-netns $one-"
		ip -n "$ns" -o link | grep -v -e ' lo: ' -e ' veth' -e ' br0: ' \
		    -e '@if'
		case $ns in
		*-ams|*-iad|*-sin|*-gru|*-syd|*-fra)
			continue ;;
		esac
		ip -n "$ns" route show default
		ip -n "$ns" -6 route show default
	done >open
	[ ! -s open ] || { cat open; return 1; }
}

other_is_untouched() {
	lab truth -p "$two" >two.after && cmp two.before two.after
}

# break_up seconds: lab up is told to end when it has run so long.
break_up() {
	sh "$TOP/share/lab/lab" up -p "$one" &
	pid=$!
	sleep "$1"
	kill "$pid"
	status 143 wait "$pid"
}

ok "nothing there before" no_traces
ok "up" lab up -p "$one"
ok "up again is refused" status 2 lab up -p "$one"
ok "truth" truth "$one" truth.1
ok "at least 6 sites, 40 networks, 200,000 blocks of each family" fits
ok "every site catches something" all_catch
ok "blocks answer, are silent or unreachable as the truth says" behaves
ok "a network's packets reach the site the truth says" agrees
ok "no way out" closed
ok "ssh reaches a site, with a home of its own" ssh_to sin 10.255.0.3
ok "prepend" lab prepend -p "$one" ams 3
ok "some of its blocks move, no others" moves ams
ok "prepend 0" lab prepend -p "$one" ams 0
ok "all are back" same
ok "a second lab beside it" lab up -p "$two" -n 2 -e 4
ok "has its own truth" truth "$two" two.before
ok "withdraw" lab withdraw -p "$one" fra
ok "its blocks move, no others" moves fra
ok "it has none left" none_left fra
ok "the other lab does not notice" other_is_untouched
ok "announce" lab announce -p "$one" fra
ok "all are back" same
ok "flap" lab flap -p "$one" gru 1
ok "all are back" same
ok "kill" lab kill -p "$one" syd
ok "its blocks move, no others" moves syd
ok "boot" lab boot -p "$one" syd
ok "all are back" same
ok "down" lab down -p "$one"
ok "the other lab stands" other_is_untouched
ok "down" lab down -p "$two"
ok "without a trace" no_traces
for seconds in 0.2 0.6 1.2
do
	ok "up, ended after $seconds s" break_up $seconds
	ok "leaves no trace" no_traces
done
ok "an unknown site count is refused" status 2 lab up -p "$one" -n 99
ok "and leaves no trace" no_traces

done_testing
