# run.sh - one run, from wherever it stands; sourced by orchestrate
# shellcheck shell=sh disable=SC2154,SC2086,SC2046 # variables of cmd/orchestrate.sh; lists

# Every step asks the nodes what is done already and does the rest, so that
# resume is nothing but the same steps again.

# --- words for the nodes ---------------------------------------------------

# families address[,address]: those of the asked families, one a word
families() {
	for a in $(IFS=,; printf '%s\n' $1)
	do
		case $family$a in
		4*:*)	;;
		4*|6*:*|any?*)	echo "$a" ;;
		esac
	done
}

# node_sources: the addresses probes of the node loaded come from
node_sources() {
	case $how in
	unicast)
		if [ "$n_unicast" != - ]
		then
			families "$n_unicast"
		else
			for key in addr4 addr6
			do
				a=$(node_fact "$n_name" $key)
				[ -z "$a" ] || families "$a"
			done
		fi ;;
	*)
		if [ -n "$source" ]
		then
			families "$source"
		elif [ "$n_source" != - ]
		then
			families "$n_source"
		fi ;;
	esac
}

# origin_words: "origin=..." for each origin of the node loaded
origin_words() {
	if [ -n "$origins" ] && [ "$how" != unicast ]
	then
		for o in $origins
		do
			echo "origin=$o"
		done
		return
	fi
	for a in $(node_sources)
	do
		echo "origin=src=$a,probe=$probe${sport:+,sport=$sport}${dport:+,dport=$dport}${ttl:+,ttl=$ttl}"
	done
}

iface_word() {
	if [ -n "$iface" ]
	then
		echo "iface=$iface"
	elif [ "$n_iface" != - ]
	then
		echo "iface=$n_iface"
	elif [ -s "$run/nodes.d/$n_name/hello" ]
	then
		a=$(node_fact "$n_name" iface)
		[ -z "$a" ] || echo "iface=$a"
	fi
}

# plan_line name: its line of the plan: name list shard delay
plan_line() {
	awk -v name="$1" '$1 "" == name ""' "$run/plan"
}

node_rate() {
	if [ "$n_rate" != - ] && [ "$n_rate" -lt "$rate" ]
	then
		echo "$n_rate"
	else
		echo "$rate"
	fi
}

# how long sending may take, at most: twice what it should, and a minute
send_seconds() {
	awk -v n="$(count_targets "$1")" -v rate="$2" -v shards="$3" -v o="$4" \
	    'BEGIN { if (rate == 0) rate = 10000
		printf "%d", 60 + 2 * n * o / shards / rate }'
}

# list_seconds list shard: the same, for a line of the plan
list_seconds() {
	shards=1
	[ "$2" = - ] || shards=${2#*/}
	send_seconds "$run/$1" "$(node_rate)" "$shards" "$(origin_words | wc -l)"
}

count_targets() {
	gzip -cd "$1" | sed -n '$s/^# end: //p'
}

# What a short tag may say is bounded by what the run has: the fewer nodes and
# hop counts there are, the less a forger can hit by chance.
catch_words() {
	case $origins in
	*ttl=*)	one_ttl= ;;
	*)	one_ttl=${ttl:-64} ;;
	esac
	echo "start $id catch node=$n_name:$n_number secs=$catch_secs" \
	    "nodes=$(wc -l <"$run/nodes")" ${one_ttl:+ttl="$one_ttl"} \
	    $(iface_word) $(origin_words)
}

# list_words shard: how mkhitlist takes a list of ours; castnode does the same
list_words() {
	set -- ${1#-}
	echo ${1:+-s "$1" -e "$seed"} ${block:+--block "$block"} \
	    ${block6:+--block6 "$block6"} \
	    ${candidates:+--candidates "$candidates"}
	for a in $allow
	do
		echo "--allow-prefix $a"
	done
}

# send_words list shard delay secs
send_words() {
	echo "start $id send node=$n_name:$n_number list=$1 rate=$(node_rate)" \
	    "secs=$4 delay=$3 $([ "$2" = - ] || echo "shard=$2 seed=$seed")" \
	    $(iface_word) $(origin_words) $(for a in $allow; do echo "allow=$a"; done) \
	    ${block:+block=$block} ${block6:+block6=$block6} \
	    ${candidates:+candidates=$candidates}
}

# --- steps, each on one node -----------------------------------------------

node_hello() {
	hello_ask hello
	hello_session ||
	    { node_failed "$1" "$(why "$dir/hello")"; return 1; }
	hello_suits "$1"
}

# hello_ask word ...: begin to say hello, or what says the same.  Only start
# wants the key.
hello_ask() {
	[ ! -e "$dir/in" ] || rm -f "$dir/in" "$dir/out" "$dir/ask" "$dir/time"
	mkfifo "$dir/in" "$dir/out" "$dir/ask" "$dir/time"
	remote "$@" <"$dir/in" >"$dir/out" 2>"$dir/hello.err" &
	stdbuf -oL date -f - +%s.%N <"$dir/ask" >"$dir/time" 9>&- &
	trap '' PIPE
	exec 5>"$dir/in" 6<"$dir/out" 7>"$dir/ask" 8<"$dir/time"
	[ "$1" != start ] || { read -r line <"$run/key" && echo "$line" >&5; } \
	    2>/dev/null || :
}

# hello_session: what it answers; take the clock's offset in the same session:
# logging in takes a hundred times longer than what is to be measured.  Our
# own time is told by one process as well.
hello_session() {
	: >"$dir/hello.part"
	said=''
	while IFS= read -r line <&6
	do
		case $line in
		'castnode: '*)	said=${line#castnode: }; break ;;
		esac
		printf '%s\n' "$line" >>"$dir/hello.part"
	done
	[ "$said" != 0 ] || clock_rounds >"$dir/clock"
	exec 5>&- 6<&- 7>&- 8<&-
	wait
	rm -f "$dir/in" "$dir/out" "$dir/ask" "$dir/time"
	mv "$dir/hello.part" "$dir/hello"
	[ "$said" = 0 ] || return 1
	clock_offset <"$dir/clock" >>"$dir/hello"
}

# clock_rounds: a line each of our time, theirs, and ours again
clock_rounds() {
	{ echo now >&7 && read -r t0 <&8; } 2>/dev/null || return 0
	for _ in 1 2 3 4 5
	do
		{ echo >&5; } 2>/dev/null && IFS= read -r t <&6 || break
		{ echo now >&7; } 2>/dev/null && read -r t1 <&8 || break
		echo "$t0 $t $t1"
		t0=$t1
	done
}

# The quickest of the rounds says it best.
clock_offset() {
	awk '{
		rtt = $3 - $1
		if (NR == 1 || rtt < best) {
			best = rtt; offset = $2 - ($1 + $3) / 2
		}
	} END { if (NR) printf "offset %.6f\nlogin_rtt %.6f\n", offset, best }'
}

hello_suits() {
	for tool in catchreply sendprobes mkhitlist
	do
		v=$(node_fact "$1" $tool)
		[ "$v" = "$version" ] || {
			node_failed "$1" "$tool is version $v, not $version: try push"
			return 1
		}
	done
	disk=$(node_fact "$1" disk)
	[ "$disk" -ge "$need_kib" ] || {
		node_failed "$1" "only $disk KiB of disk, not $need_kib"
		return 1
	}
	offset=$(node_fact "$1" offset)
	case $offset in
	''|0.*|-0.*)	;;
	*)	node_failed "$1" "its clock is $offset s off" ;;
	esac
}

node_open() {
	ask "$dir/open" open "$id" <"$run/key" ||
	    node_failed "$1" "$(why "$dir/open")"
}

# node_put: what the plan has for it; the blocklist, if there is one
node_put() {
	[ -z "$blocklist" ] || put_file "$run/blocklist" blocklist ||
	    { node_failed "$1" "blocklist: $(cat "$dir/reason")"; return 1; }
	list=$(plan_line "$1" | cut -d ' ' -f 2)
	[ -z "$list" ] || put_file "$run/$list" hitlist.gz ||
	    node_failed "$1" "hitlist: $(cat "$dir/reason")"
}

node_catch() {
	ask "$dir/start" $(catch_words) <"$run/key" ||
	    node_failed "$1" "$(why "$dir/start")"
}

node_send() {
	set -- "$1" $(plan_line "$1")
	secs=$(list_seconds "$3" "$4")
	start_send "$1" $(send_words hitlist.gz "$4" "$5" "$secs")
}

# start_send name word ...: from here on something may have been sent, also
# when the answer was lost; only a node that says no has not begun.
start_send() {
	starting=$1 rc=0
	shift
	{
		cat "$run/key"
		[ -z "$contact_set" ] || printf '%s\n' "$contact"
	} |
	    ask "$dir/start" "$@" || rc=$?
	[ $rc -ne 0 ] && [ $rc -ne 255 ] || : >"$run/started"
	[ $rc -eq 0 ] || node_failed "$starting" "$(why "$dir/start")"
}

# node_poll name: wait a while for its sender; start again what was killed.
# Leave the answer in status, and "sent" beside it once the sender is done.
node_poll() {
	if ! ask "$dir/status" status "$id" "$poll"
	then
		still_lost "$1"
		return
	fi
	rm -f "$dir/lost"
	case $(segment_last catch "$dir/status") in
	alive|'ended 143')	;;
	dead|'ended 0')		node_catch "$1" || return ;;
	*)	node_failed "$1" 'its catcher gave up'; return ;;
	esac
	case $(send_state "$dir/status" "$sending") in
	alive)		;;
	done|stopped)	: >"$dir/sent" ;;
	failed)		node_failed "$1" 'its sender gave up' ;;
	*)		if [ "$(grep -c '^send ' "$dir/status")" -ge 50 ]
			then
				node_failed "$1" 'its sender was killed too often'
			else
				"$sender" "$1"
			fi ;;
	esac
}

# still_lost name: no answer; for how long already?
still_lost() {
	lost=0
	[ ! -s "$dir/lost" ] || read -r lost <"$dir/lost"
	[ "$lost" -ne 0 ] || lost=$(date +%s)
	echo "$lost" >"$dir/lost"
	if [ $(($(date +%s) - lost)) -ge "$patience" ]
	then
		node_failed "$1" "lost: $(why "$dir/status")"
	else
		sleep 1
	fi
}

# segment_last kind status: state of the last one, and how it ended
segment_last() {
	awk -v kind="$1" '$1 == kind { s = $3 == "ended" ? $3 " " $5 : $3 }
	    END { print s }' "$2"
}

# send_state status list: of that list's sender: done, alive, dead, stopped
# (by us), or failed
send_state() {
	awk -v list="$2" '$1 == "send" && $4 == list {
		state = $3
		if (state == "ended") {
			state = "failed"
			if ($5 <= 1) state = "done"
			if ($5 == 124 || $5 == 125) state = "dead"
			if ($5 == 130 || $5 == 143) state = "stopped"
		}
		if (state == "done") finished = 1
	} END { print finished ? "done" : state == "" ? "dead" : state }' "$1"
}

node_stop_send() {
	ask "$dir/stop" stop "$id" send || warn "$1: $(why "$dir/stop")"
}

node_stop() {
	ask "$dir/stop" stop "$id" all ||
	    node_failed "$1" "cannot stop: $(why "$dir/stop")"
}

# node_fetch: all it has, each file under its name only when whole
node_fetch() {
	ask "$dir/status" status "$id" || {
		node_failed "$1" "cannot fetch: $(why "$dir/status")"
		return 1
	}
	node_fetch_rest "$1"
}

# node_fetch_rest: what status names and is not here
node_fetch_rest() {
	while read -r kind file size _ <&7
	do
		case $kind,$file in
		file,reply.*|file,sent.*|file,catch.*|file,send.*) ;;
		*)	continue ;;
		esac
		[ ! -e "$dir/$file" ] || [ "$(stat -c %s "$dir/$file")" -ne "$size" ] ||
		    continue
		[ ! -e "$dir/$file" ] || mv "$dir/$file" "$dir/$file.part"
		[ "$size" -gt 0 ] || { : >"$dir/$file"; continue; }
		get_file "$file" || {
			node_failed "$1" "cannot fetch $file"
			return 1
		}
	done 7<"$dir/status"
}

node_clean() {
	ask "$dir/clean" clean "$id" || warn "$1: cannot clean: $(why "$dir/clean")"
}

# --- the run ---------------------------------------------------------------

# preflight: 0 when the nodes can do it; those that cannot are left out if
# that was asked for.
preflight() {
	rm_failed
	need_kib=$((102400 + $(count_targets "$run/hitlist.gz") / 10))
	each node_hello $names || start_over
}

# rm_failed: every node gets a new chance
rm_failed() {
	for name in $names
	do
		for file in failed lost
		do
			[ ! -e "$run/nodes.d/$name/$file" ] ||
			    rm "$run/nodes.d/$name/$file"
		done
	done
}

# start_over: a node failed before anything was sent
start_over() {
	[ -n "$partial" ] && [ -n "$(standing)" ] ||
	    return 1
}

# wait_sent list function: until every sender is done with the list; the
# function starts one again.
wait_sent() {
	sending=$1 sender=$2
	while :
	do
		pending=''
		for name in $(standing)
		do
			grep -qx -- "$name" "$run/senders" || continue
			[ -e "$run/nodes.d/$name/sent" ] || pending="$pending $name"
		done
		[ -n "$pending" ] || break
		polling=1
		each node_poll $pending || :
		polling=''
		progress
		stop_asked && return 1
	done
	return 0
}

progress() {
	[ -n "$verbose" ] || return 0
	for name in $names
	do
		cat "$run/nodes.d/$name/status" 2>/dev/null || :
	done | awk '$1 == "file" && $2 ~ /^reply/ { n += $3 }
	    END { print n + 0 }' >"$run/bytes"
	note "waiting for$pending; $(cat "$run/bytes") bytes of replies"
}

# pass list function: one pass over a list: catch, send, cool down, fetch.
# Which nodes send is in $run/senders.
pass() {
	for name in $names
	do
		rm -f "$run/nodes.d/$name/sent"
	done
	if ! all_sent "$1"
	then
		say "starting to catch at $(standing | wc -l) nodes"
		each node_catch $(standing) || may_go_on || return 2
		say "sending from $(wc -l <"$run/senders") nodes"
		each "$2" $(grep -Fx "$(standing)" "$run/senders") ||
		    may_go_on || return 2
		wait_sent "$1" "$2" || each node_stop_send $(standing) || :
	fi
	cool_down
	collect
}

# cool_down: what is left of the cooldown since the last probe, if anybody
# still listens
cool_down() {
	each node_look $(standing) || :
	left=$(for name in $(standing)
	do
		awk -v offset="$(node_fact "$name" offset)" '
		$1 == "catch" { listens = $3 == "alive" }
		$1 == "send" && $7 != "-" { end = $7 - offset }
		END { if (listens && end) printf "%.3f\n", end }' \
		    "$run/nodes.d/$name/status" 2>/dev/null || :
	done | sort -g | tail -n 1 | awk -v now="$(date +%s.%N)" \
	    -v cooldown="$cooldown" '{ left = $1 + cooldown - now }
	    END { print (left > 0 ? left : 0) }')
	[ "$left" != 0 ] || return 0
	say "cooling down"
	nap "$left"
}

# may_go_on: once probes are out, what is left of the nodes finishes.
may_go_on() {
	[ -e "$run/started" ] || start_over
}

# all_sent list: did every sender finish it already?
all_sent() {
	[ -e "$run/started" ] || return 1
	sending=$1
	each node_look $(standing) || :
	while read -r name
	do
		[ -e "$run/nodes.d/$name/sent" ] || return 1
	done <"$run/senders"
}

node_look() {
	ask "$dir/status" status "$id" || return 1
	[ "$(send_state "$dir/status" "$sending")" != 'done' ] || : >"$dir/sent"
}

collect() {
	say 'stopping and fetching'
	each node_stop $(standing) || :
	each node_fetch $(standing) || :
}

# measure: all passes of the run in $run.  0 complete, 1 partial, 2 nothing.
measure() {
	say "run $id: saying hello to $(echo $names | wc -w) nodes"
	preflight || return 2
	catch_secs=$((600 + 2 * cooldown + $(longest)))
	each node_open $(standing) || may_go_on || { give_up; return 2; }
	say "sending the hitlist to the nodes"
	each node_put $(senders_planned) || may_go_on || { give_up; return 2; }
	senders_planned >"$run/senders"
	pass hitlist.gz node_send || { give_up; return 2; }
	match || return 1
	redo || :
	judge
}

senders_planned() {
	for name in $(standing)
	do
		[ -z "$(plan_line "$name")" ] || echo "$name"
	done
}

# longest: the time the slowest sender may take
longest() {
	max=0
	for name in $(senders_planned)
	do
		node_load "$name"
		set -- $(plan_line "$name")
		secs=$(list_seconds "$2" "$3")
		[ "$secs" -le "$max" ] || max=$secs
	done
	echo "$max"
}

# give_up: nothing was measured; leave nothing running or lying about.
give_up() {
	each node_stop $names 2>/dev/null || :
	each node_clean $names 2>/dev/null || :
}
