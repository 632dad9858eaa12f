#!/bin/sh
# castnode-run - one program of a run until it has ended; castnode(8) starts it
#
# usage: castnode-run dir catch|send|listen|links segment seconds argument ...
# Detached from whoever asked.  Standard output is the lock by which others
# see that the program is alive, standard error its log; standard input has
# the key.  Leaves in the directory, for a kind and a segment N,
#	KIND.N.begin	since when, and of a sender which list
#	KIND.pid	whom to ask to end
#	KIND.N.status	exit status and time of its end
# Descriptor 7 is castnode's: it keeps others out until we hold our own lock.

set -euf

now() {
	date +%s.%N
}

# begun [list]: say since when, in one piece
begun() {
	echo "$(now)${1:+ $1}" >"$kind.$seg.begin.part"
	mv "$kind.$seg.begin.part" "$kind.$seg.begin"
}

# wait_child: a trap notwithstanding; write how it ended
wait_child() {
	echo "$child" >"$kind.pid"
	rc=0
	wait "$child" || rc=$?
	while kill -0 "$child" 2>/dev/null	# only the trap ended our wait
	do
		rc=0
		wait "$child" || rc=$?
	done
	# A sender that had no list has not done its work.  1 is no failure: what
	# an earlier, killed sender wrote is cut short.
	if [ "$rc" -le 1 ] && [ -s "list.$seg.status" ] && [ "$kind" = send ]
	then
		read -r list_rc <"list.$seg.status"
		[ "$list_rc" -le 1 ] || rc=$list_rc
	fi
	[ "$kind" != send ] || [ "$rc" -ne 1 ] || why_not_all
	echo "$rc $(now)" >"$kind.$seg.status.part"
	mv "$kind.$seg.status.part" "$kind.$seg.status"
}

# why_not_all: a sender that left off before the list did is not done: 124
# when its time was over, 125 when what gives it the list was killed
why_not_all() {
	read -r list_rc <"list.$seg.status" || list_rc=255
	if zcat "sent.$seg.gz" 2>/dev/null | tail -n 50 |
	    grep -q '^# interrupted: max-time'
	then
		rc=124
	elif [ "$list_rc" -gt 1 ]
	then
		rc=125
	fi
}

# begin_catch: since when it catches; it has a file as soon as it does.  Who
# wants to stop it must know it by then: we may be killed while we wait.
begin_catch() {
	echo "$child" >catch.pid
	until [ -e "reply.$seg.gz" ]
	do
		kill -0 "$child" 2>/dev/null || return 0
		sleep 0.02
	done
	begun
}

# A catcher that was killed is started again at once, as a new segment.
run_catch() {
	until=$(($(date +%s) + secs))
	while :
	do
		printf '%s\n' "$key" | catchreply "$@" --end "+$secs" \
		    -w "reply.$seg.gz" 2>>"catch.$seg.log" &
		child=$!
		begin_catch
		wait_child
		if [ -e catch.stop ] || [ "$rc" -lt 128 ]
		then
			break
		fi
		secs=$((until - $(date +%s)))
		if [ "$secs" -le 0 ] || [ "$seg" -ge 9999 ]
		then
			break
		fi
		sleep 0.1		# should it be its own fault
		seg=$((seg + 1))
		: >>"catch.$seg.log"
	done
}

run_conntest() {
	begun
	conntest "$@" --end "+${secs}s" -w "$kind.$seg.gz" &
	child=$!
	wait_child
}

# What an earlier, killed sender still wrote down is not sent again.
run_send() {
	list=$1 delay=$2 list_words=$3
	shift 3
	begun "$list"
	if [ "$delay" != 0 ]
	then
		sleep "$delay" &
		child=$!
		echo "$child" >send.pid
		wait "$child" || :
	fi
	[ ! -e send.stop ] || { echo "143 $(now)" >"send.$seg.status"; return; }
	{
		rc=0
		still_to_send || rc=$?
		[ "$rc" -le 1 ] || echo "castnode: mkhitlist: exit $rc" >&2
		echo "$rc" >"list.$seg.status"
	} | sendprobes -k /dev/fd/3 "$@" \
	    --max-time "$secs" -w "sent.$seg.gz" 3<<-END &
	$key
	END
	child=$!
	wait_child
}

# What probes lists hold goes out as it is: there no probe may be sent twice
# under one number, so what is left of a killed sender's is given a new list.
still_to_send() {
	case $list in
	probes.*)
		cat "$list"
		return ;;
	esac
	# shellcheck disable=SC2086 # words; set -f
	set -- $list_words
	if [ "$list" = hitlist.gz ]
	then
		n=1
		while [ "$n" -lt "$seg" ]
		do
			[ ! -s "sent.$n.gz" ] || set -- "$@" --resume "sent.$n.gz"
			n=$((n + 1))
		done
	fi
	mkhitlist "$@" "$list"
}

main() {
	cd "$1"
	kind=$2 seg=$3 secs=$4
	shift 4
	flock -w 5 1 || exit 1		# somebody may be looking whether it is free
	exec 7>&-
	IFS= read -r key
	exec </dev/null
	child=
	trap ': >$kind.stop; [ -z "$child" ] || kill "$child" 2>/dev/null || :' TERM INT HUP
	case $kind in
	listen|links)	run_conntest "$@" ;;
	*)		"run_$kind" "$@" ;;
	esac
}

main "$@"
