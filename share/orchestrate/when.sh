# when.sh - once or again and again; sourced by orchestrate
# shellcheck shell=sh disable=SC2154 # variables of cmd/orchestrate.sh

# mPlane's grammar (RFC-less; its reference model, section "temporal scope"):
#     now | TIME | START ... END | START + DURATION   [ / PERIOD ]
# START: now or a time; END: a time, or future; a time is 2026-11-21,
# 2026-11-21 08:00 or 2026-11-21 08:00:00, in UTC; a duration 1d2h3m4s.

time_re='[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?Z?)?'
duration_re='([1-9][0-9]{0,5}d)?([1-9][0-9]{0,5}h)?([1-9][0-9]{0,5}m)?([1-9][0-9]{0,5}s)?'

# instant word: in Unix seconds
instant() {
	case $1 in
	now)	date +%s ;;
	future)	echo 99999999999 ;;
	*)	is "$1" "$time_re" || die "--when: not a time: $1"
		date -u -d "${1%Z}" +%s 2>/dev/null ||
		    die "--when: not a time: $1" ;;
	esac
}

# duration word: in seconds
duration() {
	is "${1:-0}" "$duration_re" ||
	    die "--when: not a duration: $1"
	printf '%s\n' "$1" | sed 's/[dhms]/ &\
/g' | awk 'BEGIN { unit["d"] = 86400; unit["h"] = 3600; unit["m"] = 60; unit["s"] = 1 }
	    { n += $1 * unit[$2] }
	    END { printf "%d\n", n }'
}

# squeeze text: without blanks around it
squeeze() {
	printf '%s\n' "$1" | sed 's/^  *//; s/  *$//'
}

# when_parse text: set $first, $last and $period; $last is empty for once
when_parse() {
	period='' last=''
	scope=$1
	case $scope in
	*/*)	period=$(duration "$(squeeze "${scope#*/}")") || exit 2
		scope=${scope%%/*} ;;
	esac
	case $scope in
	*...*)	first=$(instant "$(squeeze "${scope%%...*}")") || exit 2
		last=$(instant "$(squeeze "${scope#*...}")") || exit 2 ;;
	*+*)	first=$(instant "$(squeeze "${scope%%+*}")") || exit 2
		last=$(duration "$(squeeze "${scope#*+}")") || exit 2
		last=$((first + last)) ;;
	*)	first=$(instant "$(squeeze "$scope")") || exit 2
		[ -z "$period" ] || last=99999999999 ;;
	esac
	[ -z "$last" ] || [ "$last" -gt "$first" ] ||
	    die "--when: ends before it begins: $1"
}

# wait_until time: 1 when we were asked to stop meanwhile
wait_until() {
	left=$(($1 - $(date +%s)))
	[ $left -le 0 ] || { say "waiting $left s"; nap $left; }
	! stop_asked
}

# repeat id: the measurement as often as --when says.  A slot that has
# passed by is left out; the last is the last to begin before the end.
repeat() {
	[ "$when" != now ] || { measure_once "$1"; return; }
	when_parse "$when"
	if [ -z "$last" ]
	then
		wait_until "$first" || exit "$interrupted"
		measure_once "$1"
		return
	fi
	slot=0 worst=0 count=0
	while [ $((first + slot * ${period:-0})) -lt "$last" ] &&
	    [ "$(date +%s)" -lt "$last" ]
	do
		wait_until $((first + slot * ${period:-0})) || break
		count=$((count + 1))
		rc=0
		measure_once "$1-$(printf %03d $count)" || rc=$?
		[ $rc -le $worst ] || worst=$rc
		stop_asked && break
		if [ -n "$period" ]
		then
			now=$(($(date +%s) - first))
			slot=$((now > slot * period ? (now + period - 1) / period : slot + 1))
		elif [ $rc -gt 1 ]
		then
			break		# it would fail again at once
		fi
	done
	return "${interrupted:-$worst}"
}
