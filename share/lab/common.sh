# common.sh - what the labs have in common: nodes, their sshd, their end
# shellcheck shell=sh disable=SC2154 # variables of lab and pathlab
#
# Sourced by lab and pathlab, which set prog, here, base, name and dir.

warn() {
	echo "$prog: $*" >&2
}

die() {
	warn "$@"
	exit 2
}

is_number() {
	case $1 in
	''|*[!0-9]*|??????????*)
		return 1 ;;
	esac
}

# Where the labs are, as an absolute path.
find_base() {
	base=${CASTNET_LABDIR:-/run/castnet-lab}
	case $base in
	/*)	;;
	*)	base=$PWD/$base ;;
	esac
}

# begin_up [tool ...]: what raising a lab begins with; it ends with end_up,
# and if it ends before that, nothing stays behind.
begin_up() {
	[ "$(id -u)" = 0 ] || die "a lab is made of namespaces: be root"
	for tool in "$@" ip ssh ssh-agent ethtool nsenter unshare setsid
	do
		command -v "$tool" >/dev/null || die "not installed: $tool"
	done
	[ -x /usr/sbin/sshd ] || die "not installed: sshd"
	programs
	for ns in "/run/netns/$name"-*
	do
		[ ! -e "$ns" ] || die "$ns is there: another lab $name?"
	done
	mkdir -p "$base"
	mkdir -m 700 "$dir" 2>/dev/null || die "$dir is there: lab down first"
	trap abandon EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	mkdir "$dir/batch" "$dir/site"
}

end_up() {
	: >"$dir/ready"
	trap - EXIT INT TERM HUP
}

# The namespaces and links of the generated files, and what is in them.
raise_nodes() {
	ip -batch "$dir/netns"
	ip -batch "$dir/links"
	pids=
	while read -r node role
	do
		in_ns "$node" sh "$here/netns" "$dir" "$node" "$role" \
		    >>"$dir/log" 2>&1 </dev/null &
		pids="$pids $!"
	done <"$dir/nodes"
	make_keys
	for pid in $pids
	do
		wait "$pid"
	done
}

boot_sites() {
	for site in $(all_nodes site)
	do
		boot_site "$site"
	done
	for site in $(all_nodes site)
	do
		await "sshd of $site" 20 is_listening "$site"
	done
}

# need_site site
need_site() {
	need_up
	[ -d "$dir/site/$1" ] || die "no such site: $1"
}

is_up() {
	[ -e "$dir/ready" ]
}

need_up() {
	is_up || die "no lab called $name is up"
}

# in_ns node command [arg ...]
in_ns() {
	ns=$1
	shift
	nsenter --net="/run/netns/$name-$ns" -- "$@"
}

# Find castnet's own programs, in a build tree or installed.
programs() {
	bin=
	for d in "${OBJ:-$here/../../obj}" "$here/../../obj"
	do
		[ -z "$bin" ] && [ -d "$d/bin" ] && bin=$(cd "$d" && pwd)
	done
	for d in "${CASTNET_LAB:-}" "$bin/lab" "$here/../../../libexec/castnet"
	do
		[ -x "$d/anydns" ] || continue
		ANYDNS=$d/anydns CUTQUOTES=$d/cutquotes
		export ANYDNS CUTQUOTES
		return 0
	done
	die "anydns is not built: run make in the source tree"
}

# all_nodes role ...: the nodes of these roles, one a line.
all_nodes() {
	awk -v roles=" $* " 'index(roles, " " $2 " ") { print $1 }' "$dir/nodes"
}

# [node]: the processes that live in this lab's namespaces, or in one node's.
processes() {
	# A process may end between being listed and being looked at.
	# shellcheck disable=SC2086 # the pattern is to be expanded
	stat -Lc '%i %n' "/run/netns/$name-"${1:-*} /proc/[0-9]*/ns/net \
	    2>/dev/null | awk -F '[ /]' '
		$3 == "run" { ours[$1] = 1 }
		$3 == "proc" && $1 in ours { print $4 }' || :
}

# [node]: kill them and wait until they are gone.
# shellcheck disable=SC2120
kill_all() {
	for _ in 1 2 3 4 5 6 7 8 9 10
	do
		pids=$(processes "$@")
		[ -n "$pids" ] || return 0
		# shellcheck disable=SC2086 # pids are words
		kill -9 $pids 2>/dev/null || :
		sleep 0.05
	done
	warn "still running:" "$pids"
	return 1
}

# Each site's host key, one client key for all, an agent that holds it.
make_keys() {
	ssh-keygen -q -t ed25519 -N '' -C lab -f "$dir/id"
	while read -r site _ mgmt _ _ lat lon
	do
		mkdir -p "$dir/site/$site"
		ssh-keygen -q -t ed25519 -N '' -C "$site" \
		    -f "$dir/site/$site/hostkey"
		cp "$dir/id.pub" "$dir/site/$site/authorized_keys"
		read -r type key _ <"$dir/site/$site/hostkey.pub"
		echo "$site,$mgmt $type $key" >>"$dir/known_hosts"
		echo "$site root@$mgmt iface=eth0" \
		    "source=192.0.2.1,2001:db8:a::1 lat=$lat lon=$lon" \
		    >>"$dir/nodes.txt"
	done <"$dir/sites"
	in_ns ctl ssh-agent -a "$dir/agent" >"$dir/agent.log"
	SSH_AUTH_SOCK=$dir/agent ssh-add -q "$dir/id" 2>>"$dir/agent.log"
}

# boot_site site: start its container.
boot_site() {
	read -r mgmt <<-END
	$(awk -v s="$1" '$1 == s { print $3 }' "$dir/sites")
	END
	setsid ip netns exec "$name-$1" \
	    unshare --mount --propagation slave --uts --ipc --pid --fork \
	    --kill-child --mount-proc sh "$here/site" "$dir/site/$1" "$1" \
	    "$mgmt" "$bin" </dev/null >>"$dir/site/$1/sshd.log" 2>&1 &
	echo $! >"$dir/site/$1/pid"
}

# await what seconds command [arg ...]: until it succeeds.
await() {
	what=$1 left=$(($2 * 10))
	shift 2
	until "$@"
	do
		left=$((left - 1))
		[ $left -gt 0 ] || die "$what: not within the time allowed"
		sleep 0.1
	done
}

# Does sshd listen on port 22 of this site?
is_listening() {
	in_ns "$1" grep -q ':0016 00000000:0000 0A' /proc/net/tcp
}

abandon() {
	status=$?
	trap - EXIT INT TERM HUP
	warn "$name: could not be set up"
	[ ! -s "$dir/log" ] || sed 's/^/  /' "$dir/log" >&2
	tear_down
	[ "$status" -gt 2 ] || status=2
	exit "$status"
}

tear_down() {
	kill_all || return 1
	if [ -e "$dir/netns" ]
	then
		sed -n 's/^netns add //p' "$dir/netns" | while read -r ns
		do
			[ ! -e "/run/netns/$ns" ] || echo "netns del $ns"
		done | ip -batch -
	fi
	rm -rf "$dir"
	rmdir "$base" 2>/dev/null || :
}

cmd_down() {
	[ $# -eq 0 ] || usage
	[ -d "$dir" ] || die "no lab called $name"
	tear_down
}

cmd_nodes() {
	[ $# -eq 0 ] || usage
	need_up
	echo "$dir/nodes.txt"
}

cmd_exec() {
	[ $# -ge 2 ] || usage
	need_site "$1"
	read -r pid <"$dir/site/$1/pid"
	# The first child of unshare is the site's init; the line has no end.
	read -r init _ <"/proc/$pid/task/$pid/children" || :
	[ -n "$init" ] || die "$1 is down"
	shift
	PATH=/run/castnet/bin:/run/castnet/libexec:$PATH
	export PATH
	exec nsenter --target "$init" --mount --uts --ipc --net --pid \
	    --wd=/ -- "$@"
}

# Where orchestrate is run: from here, and only here, ssh reaches the sites.
cmd_ctl() {
	[ $# -ge 1 ] || usage
	need_up
	programs
	[ -z "$bin" ] || PATH=$bin/bin:$PATH
	SSH_AUTH_SOCK=$dir/agent
	export PATH SSH_AUTH_SOCK
	exec nsenter --net="/run/netns/$name-ctl" -- "$@"
}
