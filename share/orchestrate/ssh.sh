# ssh.sh - how nodes are reached; sourced by orchestrate
# shellcheck shell=sh disable=SC2154 # variables of cmd/orchestrate.sh

# What finds castnode on a node whose key is not restricted to it.  The same
# line stands in cmd/castnode.sh, which takes it off again.
# shellcheck disable=SC2016 # for the remote shell
finder='sh -c '\''PATH=$HOME/castnet:$PATH:/usr/local/libexec/castnet:/usr/libexec/castnet exec castnode "$@"'\'' castnode'

# ssh_setup: our own configuration file in the run directory.  The first
# value given counts, so what is pinned stands before the user's extras.
ssh_setup() {
	beside=.
	case $nodes_file in
	*/*)	beside=${nodes_file%/*}/ ;;
	esac
	beside=$(cd -- "$beside" && pwd)
	if [ -f "$beside/known_hosts" ]
	then
		cp "$beside/known_hosts" "$run/known_hosts"
	elif [ -f "${HOME-}/.ssh/known_hosts" ]
	then
		cp "$HOME/.ssh/known_hosts" "$run/known_hosts"
	else
		: >"$run/known_hosts"
	fi
	cat >"$run/ssh_config" <<-END
	BatchMode yes
	StrictHostKeyChecking yes
	UserKnownHostsFile "$run/known_hosts"
	GlobalKnownHostsFile /dev/null
	UpdateHostKeys no
	PasswordAuthentication no
	ForwardAgent no
	ForwardX11 no
	ClearAllForwardings yes
	PermitLocalCommand no
	RequestTTY no
	ConnectTimeout 10
	ServerAliveInterval 5
	ServerAliveCountMax 3
	LogLevel ERROR
	END
	if [ -f "$beside/ssh_config" ]
	then
		cat "$beside/ssh_config" >>"$run/ssh_config"
	fi
}

# remote word ...: ask castnode on the node loaded; standard input and output
# are the caller's.  The words are of castnode's alphabet, so that no shell
# on the way can see anything else in them.
remote() {
	for word
	do
		case $word in
		''|*[!A-Za-z0-9._:/,=@+%-]*)
			warn "$n_name: cannot send this word: $word"
			return 2 ;;
		esac
	done
	[ "$n_sudo" != yes ] || set -- sudo "$@"
	if [ "$n_castnode" != - ]
	then
		command="$n_castnode $*"
	else
		command="$finder $*"
	fi
	over_ssh "$limit" "$command"
}

# over_ssh seconds command: on the node loaded, as its shell takes it.  A
# node that keeps the line but says nothing is given up after that time.
# The lock of the run is ours to keep, not ssh's.
over_ssh() {
	# shellcheck disable=SC2046 # words
	timeout -k 5 "$1" "$ssh" -F "$run/ssh_config" $(mux_words) -T -- \
	    "$n_dest" "$2" 9>&-
}

# A run of many short questions logs in once at each node: the first ssh
# stays as the master of the connection, and goes by itself when nobody has
# asked anything for a minute.  Its socket lives in our own scratch
# directory, so that no run finds one another left.
mux_words() {
	[ -z "$mux" ] || echo "-oControlMaster=auto -oControlPersist=60" \
	    "-oControlPath=$mux/$n_number"
}

# mux_open: from here on, if the path is short enough for a socket's
mux_open() {
	[ ${#tmp} -gt 80 ] || mux=$tmp
}

mux_close() {
	[ -n "$mux" ] || return 0
	find "$mux" -type s | {
		while read -r socket
		do
			"$ssh" -F /dev/null -o ControlPath="$socket" -O exit \
			    -- node </dev/null 2>/dev/null &
		done
		wait
	}
}

# ask file word ...: remote, its answer into a file without castnode's own
# status line, which is what we return; 255 when there was none.
ask() {
	answer=$1
	shift
	remote "$@" >"$answer.part" 2>"$answer.err" || :
	text='' line=''
	while IFS= read -r more
	do
		text=${text:+$text$newline}$line line=$more
	done <"$answer.part"
	case $line in
	'castnode: '[0-9]|'castnode: '[0-9][0-9]|'castnode: '[0-9][0-9][0-9])
		printf '%s' "${text:+$text$newline}" >"$answer"
		return "${line#castnode: }" ;;
	esac
	return 255
}

newline='
'

# why file: one line on what went wrong with ask file
why() {
	line=$(grep -v '^castnode: [0-9]*$' "$1.err" 2>/dev/null | tail -n 1)
	printf '%s\n' "${line:-no answer}" | tr -cd '\040-\176' | cut -c 1-200
}

# node_failed name reason: it is left out from here on; partial knows why
node_failed() {
	printf '%s\n' "$2" >"$run/nodes.d/$1/failed"
	warn "$1: $2"
	return 1
}

# standing: the nodes that have not failed, in order
standing() {
	for name in $names
	do
		[ -e "$run/nodes.d/$name/failed" ] || echo "$name"
	done
}

# each function name ...: the function for each of the nodes, side by side,
# at most $parallel at once; 1 if it failed for any.
each() {
	each_do=$1 pids='' running=0 bad=0
	shift
	for each_name
	do
		(
			trap - INT TERM
			node_load "$each_name"
			"$each_do" "$each_name"
		) </dev/null &
		pids="$pids $!"
		running=$((running + 1))
		[ $running -ge "$parallel" ] || continue
		# shellcheck disable=SC2086 # one word a process
		set -- $pids
		wait "$1" || bad=1
		shift
		pids=$*
		running=$((running - 1))
	done
	for pid in $pids
	do
		wait "$pid" || bad=1
	done
	return $bad
}

# put_file local remote: send what the node does not have of it yet.
put_file() {
	size=$(stat -c %s "$1")
	sum=$(sha256sum <"$1" | cut -d ' ' -f 1)
	have=0 there=-
	quick=$limit
	for try in 1 2 3 4
	do
		limit=$quick
		if [ "$try" -gt 1 ] || [ "$(cat "$dir/open")" != new ]
		then
			ask "$dir/sum" sum "$id" "$2" ||
			    { why "$dir/sum" >"$dir/reason"; continue; }
			read -r have there <"$dir/sum"
			[ "$there" != "$sum" ] || return 0
		fi
		# What is there and is not the beginning of this file shows
		# only at the end: then all of it again.
		[ "$have" -lt "$size" ] && [ "$try" -lt 3 ] || have=0
		limit=$transfer
		tail -c "+$((have + 1))" "$1" |
		    ask "$dir/put" put "$id" "$2" "$have" ||
		    { why "$dir/put" >"$dir/reason"; continue; }
		read -r have there <"$dir/put"
		[ "$there" != "$sum" ] || return 0
	done
	return 1
}

# get_file name: fetch it, from where an earlier attempt ended; under its own
# name only when it is whole and its checksum right.
get_file() {
	part=$dir/$1.part
	[ -e "$part" ] || : >"$part"
	limit=$transfer
	for _ in 1 2 3 4
	do
		remote fetch "$id" "$1" "$(stat -c %s "$part")" \
		    2>"$dir/fetch.err" | {
			IFS= read -r line || line=
			printf '%s\n' "$line" >"$dir/fetch"
			case $line in
			'castnode: size '*)	cat >>"$part" ;;
			esac
		}
		read -r _ what size sum <"$dir/fetch" || :
		case $what in
		size)	;;
		1)	: >"$part"; continue ;;	# ours is longer than theirs
		*)	continue ;;
		esac
		[ "$(stat -c %s "$part")" -ge "$size" ] || continue
		if [ "$sum" = "$(sha256sum <"$part" | cut -d ' ' -f 1)" ]
		then
			mv "$part" "$dir/$1"
			return 0
		fi
		: >"$part"
	done
	return 1
}
