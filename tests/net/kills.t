#!/bin/sh
# needs: filters
# beside: others
#
# kill -9 of senders, catchers, ssh daemons, castnode and orchestrate, at a
# hundred random moments: no record that is a second old is lost, no run says
# it is complete and is not, and every run comes to the same result in the
# end.  KILLS is how many, SEED which moments.
. "${0%/*}/../lib.sh"
labname=k
. "$TOP/tests/net/labtest.sh"

KILLS=${KILLS-100}
sites='ams iad sin'

# random word ...: one of them is $pick, by a sequence that SEED begins
seed=${SEED-20260101}
random() {
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	shift $((seed / 65536 % $#))
	pick=$1
}

# What is killed, at a site; says so if there was something.
# shellcheck disable=SC2016 # for the site's shell
strike='
cd "$HOME/castnet/runs/$2" 2>/dev/null || exit 0
case $1 in
send|catch)
	[ -e "$1.lock" ] && ! flock -s -n "$1.lock" true || exit 0
	kill -9 "$(cat "$1.pid")" 2>/dev/null && echo killed ;;
sshd|castnode)
	for p in /proc/[0-9]*
	do
		[ "${p#/proc/}" -ne 1 ] || continue
		case $1.$(cat "$p/comm" 2>/dev/null) in
		sshd.sshd)		;;
		castnode.castnode*)	;;
		*)			continue ;;
		esac
		kill -9 "${p#/proc/}" 2>/dev/null && echo killed && break
	done ;;
esac'

# kill_one id: something somewhere, and a line "from what site to" in its
# log: it was killed between these two moments
kill_one() {
	random 0 1 2 3 4 5 6 7 8 9
	sleep "0.${pick}5"
	random send catch sshd castnode orchestrate
	what=$pick
	random ams iad sin
	at=$(date +%s.%N)
	set -- "$1" "$what" "$pick"
	if [ "$2" = orchestrate ]
	then
		kill -9 "$orch_pid" 2>/dev/null || return 1
	else
		lab exec "$3" sh -c "$strike" - "$2" "$1" | grep -q killed ||
		    return 1
	fi
	echo "$at $2 $3 $(date +%s.%N)" >>"$1.kills"
	kills=$((kills + 1))
}

# carry_on id: if orchestrate has ended and is not done, again
carry_on() {
	! kill -0 "$orch_pid" 2>/dev/null || return 0
	wait "$orch_pid"
	[ ! -e "runs/$1/COMPLETE" ] || return 1
	if [ -e "runs/$1/hitlist.gz" ]
	then
		resume_start "$1"
	else
		rm -rf "runs/$1"
		orch_start "$1" -4 -r 50 --patience 10s
	fi
}

# kill_run id: a run in which up to ten things are killed, carried on until
# it is complete
kill_run() {
	: >"$1.kills"
	orch_start "$1" -4 -r 50 --patience 10s
	tries=0
	while [ "$tries" -lt 15 ] && [ "$(wc -l <"$1.kills")" -lt 10 ] &&
	    [ "$kills" -lt "$KILLS" ]
	do
		carry_on "$1" || break
		kill_one "$1" || tries=$((tries + 1))
	done
	for _ in 1 2 3 4 5 6 7 8
	do
		wait "$orch_pid"
		carry_on "$1" || return 0
	done
	wait "$orch_pid"
	[ -e "runs/$1/COMPLETE" ] || { tail -n 50 "$1.err" "$1.out"; return 1; }
}

# each_zcat file ...: after a file that was cut, one zcat would read no further
each_zcat() {
	for file
	do
		zcat "$file" 2>/dev/null || :
	done
}

# Every reply tells of a probe that was sent; it has to be in its sender's
# log, if that was not killed within the next second.
sent_kept() {
	number=0
	for site in $sites
	do
		number=$((number + 1))
		echo N "$site"
		awk -v s="$site" '$2 == "send" && $3 == s { print "K", $1, $4 }' "$1.kills"
		each_zcat "runs/$1/nodes.d/$site"/sent.*.gz |
		    awk '!/^#/ { print "S", $1 }'
		each_zcat "runs/$1/nodes.d"/*/reply.*.gz | awk -F '\t' -v n=$number \
		    '!/^#/ && $7 == n { print "R", $8 }'
	done | awk '
	$1 == "N" { split("", sent); n = 0; site = $2 }
	$1 == "K" { kill[++n] = $2; to[n] = $3 }
	$1 == "S" { sent[$2] = 1 }
	$1 == "R" && !($2 in sent) {
		for (i = 1; i <= n; i++)
			if ($2 > kill[i] - 1 && $2 < to[i]) next
		print "not in the log of", site ":", $2; bad = 1
	}
	END { exit bad }' && return 0
	cat "$1.kills"
	tail -n 100 "runs/$1/nodes.d"/*/status "runs/$1/nodes.d"/*/send.*.log
	return 1
}

# Every probe to a target that answers has its reply in the log of the site
# that catches it, if that was listening, and was not killed within the next
# second.
caught_kept() {
	lab truth -4 | awk '$4 == "answers" { sub(/0\/.*/, "", $1); print "T", $1, $2 }' >facts
	for site in $sites
	do
		awk -v s="$site" '$2 == "catch" && $3 == s { print "K", s, $1 }' "$1.kills"
		awk -v s="$site" '$1 == "catch" { print "C", s, $6, $7, $3 }' \
		    "runs/$1/nodes.d/$site/status"
		each_zcat "runs/$1/nodes.d/$site"/reply.*.gz |
		    awk -F '\t' -v s="$site" '!/^#/ { print "R", s, $8 }'
	done >>facts
	each_zcat "runs/$1/nodes.d"/*/sent.*.gz |
	    awk -F '\t' '!/^#/ { print "S", $1, $5 }' >>facts
	awk '
	$1 == "T" { site[$2] = $3 }
	$1 == "K" { kill[$2, ++kills[$2]] = $3 }
	$1 == "C" { from[$2, ++n[$2]] = $3; to[$2, n[$2]] = $4 }
	$1 == "R" { got[$2, $3] = 1 }
	$1 == "S" {
		block = $3; sub(/[0-9]*$/, "", block)
		if (!(block in site) || (site[block], $2) in got) next
		s = site[block]
		for (i = 1; i <= n[s]; i++) {
			end = to[s, i] == "-" ? 0 : to[s, i] - .5
			for (k = 1; k <= kills[s]; k++)
				if (kill[s, k] > from[s, i] && kill[s, k] - 1 < end)
					end = kill[s, k] - 1
			if ($2 > from[s, i] + 1 && $2 < end) {
				print "not caught:", $2, $3, s; bad = 1
			}
		}
	}
	END { exit bad }' facts
}

# right_or_why id: what was killed when, and who listened, if it is not right
right_or_why() {
	right "$1" && return 0
	cat "$1.kills" "runs/$1/log" "runs/$1/covered"
	return 1
}

ok 'a lab of three sites' lab_up 3 8
lab hitlist -4 450 >hitlist
kills=0 round=0
while [ "$kills" -lt "$KILLS" ] && [ "$round" -lt 50 ]
do
	round=$((round + 1)) before=$kills
	ok "run $round comes to its end" kill_run "k$round"
	ok "... and is right after $((kills - before)) kills" right_or_why "k$round"
	ok '... what was sent is in the logs' sent_kept "k$round"
	ok '... what was caught too' caught_kept "k$round"
done
ok "$kills were killed in $round runs" test "$kills" -ge "$KILLS"
done_testing
