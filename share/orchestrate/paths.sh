# paths.sh - a run of ping, trace, tracelb or tracebox; sourced by orchestrate
# shellcheck shell=sh disable=SC2154,SC2086,SC2046 # variables of cmd/orchestrate.sh; lists

# All nodes catch for the whole run.  A round is a list of probes for each
# sender, nodes.d/NAME/probes.N.gz; round.N names the senders once all lists
# are there.  It is over when its senders are and what is silent had its
# time; then nextround(1) says what the next one holds.  In every step the
# nodes are asked what is done already, so that resume is the same again.

# --- steps, each on one node -----------------------------------------------

# A kernel buffer for a few seconds is filled in no time; the usual one takes
# as long to clear as everything else.
path_catch_words() {
	buffer='' quotes=quotes=yes
	[ "$verb" != ping ] || quotes=''
	[ "$rate" -eq 0 ] || [ "$rate" -gt 5000 ] || buffer=buffer=16M
	echo "start $id catch node=$n_name:$n_number secs=$catch_secs new=yes" \
	    "attempts=254 prompt=yes nodes=$node_count $quotes $buffer" \
	    $(iface_word) $(origin_words)
}

path_send_words() {
	echo "start $id send node=$n_name:$n_number list=probes.$round.gz" \
	    "rate=$(node_rate) secs=$(probes_seconds "$dir/probes.$round.gz")" \
	    "round=$((round - 1))" $(iface_word) $(origin_words) \
	    $(for a in $allow; do echo "allow=$a"; done)
}

# probes_seconds file: how long sending it may take: as send_seconds, and
# what pauses it has
probes_seconds() {
	gzip -cd "$1" | awk -F '\t' -v rate="$(node_rate)" "$cols_awk"'
	{ n++; if ("wait_us" in f && $f["wait_us"] != "-") us += $f["wait_us"] }
	END { if (rate == 0) rate = 10000
		printf "%d", 60 + 2 * n / rate + 1.2 * us / 1000000 }'
}

# path_begin name: from nothing to a catcher, and its first probes, which are
# made while the login is going on
path_begin() {
	[ -e "$run/rounds.done" ] || hello_ask $(path_catch_words) hello=yes
	first_probes "$1" ||
	    { hello_session || :; quit_node "$1"; return 1; }
	path_hello "$1" || return 1
	[ -z "$blocklist" ] || put_file "$run/blocklist" blocklist ||
	    node_failed "$1" "blocklist: $(cat "$dir/reason")"
}

# first_probes name: its list of the first round, if it sends
first_probes() {
	[ ! -e "$run/round.1" ] && grep -Fqx -- "$1" "$run/senders" || return 0
	[ ! -e "$dir/probes.1.gz" ] || rm -f "$dir/probes.1.gz"
	make_probes "$n_number" "$dir/probes.1.gz" 2>"$dir/probes.log" ||
	    node_failed "$1" "$(tail -n 1 "$dir/probes.log")"
}

# path_hello name: hello, and its catcher in the same session.  Who refuses
# that may be another version, and hello tells which.
path_hello() {
	if [ ! -e "$run/rounds.done" ]
	then
		if hello_session
		then
			read -r word <"$dir/hello"
			echo "$word" >"$dir/open"
			hello_suits "$1" && return
			quit_node "$1"
			return 1
		fi
		[ -n "$said" ] ||
		    { node_failed "$1" "$(why "$dir/hello")"; return 1; }
	fi
	node_hello "$1" || return 1
	[ -e "$run/rounds.done" ] || path_catch "$1"
}

# quit_node name: it takes no part
quit_node() {
	ask "$dir/stop" stop "$id" all && ask "$dir/clean" clean "$id" || :
}

path_catch() {
	ask "$dir/start" $(path_catch_words) <"$run/key" ||
	    { node_failed "$1" "$(why "$dir/start")"; return 1; }
	read -r word <"$dir/start"
	echo "$word" >"$dir/open"
}

# path_send name: its list of this round, to the end
path_send() {
	start_list "$1" || return 1
	[ -n "$news" ] || path_pull "$1" "$poll"
	while [ -e "$dir/lost" ] || [ "$(list_state)" = alive ]
	do
		[ ! -e "$dir/failed" ] || return 1
		path_pull "$1" "$poll"
	done
	[ ! -e "$dir/failed" ]
}

# start_list name: the sender of this round, and its list with it; one that
# is not small goes ahead, in pieces if it must.  Set news when the answer has
# what a pull would have brought.
start_list() {
	list=$dir/probes.$round.gz news=''
	bytes=$(stat -c %s "$list")
	if [ "$bytes" -gt 262144 ]
	then
		put_file "$list" "probes.$round.gz" ||
		    { node_failed "$1" "probes: $(cat "$dir/reason")"; return 1; }
		start_send "$1" $(path_send_words)
		return
	fi
	rm -f "$dir/start" "$dir/refusal"
	what_is_here
	if {
		cat "$run/key"
		if [ -n "$contact_set" ]
		then
			printf 'contact %s\n' "$contact"
		else
			echo none
		fi
		cat "$list"
	} | remote $(path_send_words) "bytes=$bytes" \
	    "pull=$poll:$seg:$have:$sends" 2>"$dir/start.err" | take_pull
	then
		news=1
		pulled "$1"
	elif [ ! -e "$dir/start" ]
	then
		[ -e "$dir/refusal" ] || : >"$run/started"	# who knows
		node_failed "$1" "$(why "$dir/start")"
	fi
}

# list_state: of this round's sender at the node: alive, done, stopped, dead,
# failed, or none at all
list_state() {
	grep -q "^send [0-9]* [a-z]* probes.$round.gz " "$dir/status" ||
	    { echo none; return; }
	send_state "$dir/status" "probes.$round.gz"
}

# path_pull name [seconds]: its state into status, what it caught and sent
# into our files; a catcher that was killed or came to its end starts again
path_pull() {
	what_is_here
	remote pull "$id" "${2:-0}" "$seg:$have" "$sends" 2>"$dir/status.err" |
	    take_pull || { still_lost "$1"; return; }
	pulled "$1"
}

# pulled name: what was pulled is here
pulled() {
	[ ! -e "$dir/lost" ] || rm "$dir/lost"
	mv "$dir/status.part" "$dir/status"
	case $(segment_last catch "$dir/status") in
	alive|'ended 143')	;;
	dead|'ended 0')		path_catch "$1" ;;
	*)			node_failed "$1" 'its catcher gave up' ;;
	esac
}

# what_is_here: set seg, have and sends to what pull takes for it
what_is_here() {
	seg=1 sends=1 have=0
	while [ -e "$dir/reply.$seg.gz" ] || [ -e "$dir/reply.$((seg + 1)).gz.part" ]
	do
		seg=$((seg + 1))
	done
	while [ -e "$dir/sent.$sends.gz" ]
	do
		sends=$((sends + 1))
	done
	[ ! -e "$dir/reply.$seg.gz.part" ] ||
	    have=$(stat -c %s "$dir/reply.$seg.gz.part")
}

# take_pull: an answer to pull on standard input, its state into status.part;
# 0 when it came to its end.  What a sender says that starts comes first.
take_pull() {
	: >"$dir/status.part"
	while IFS= read -r line
	do
		case $line in
		'castnode: file '*)
			# shellcheck disable=SC2086 # words
			set -- $line
			is_offered "$@" && take_file "$3" "$4" "$5" "$6" ||
			    return 1 ;;
		'castnode: 0')
			return 0 ;;
		'castnode: '*)
			echo "$line" >"$dir/refusal"
			return 1 ;;
		sending|'done'|alive)
			echo "$line" >"$dir/start"
			: >"$run/started" ;;
		*)
			printf '%s\n' "$line" ;;
		esac
	done >>"$dir/status.part"
	return 1
}

# is_offered castnode: file name from size sum: as a node may say it
is_offered() {
	[ $# -eq 6 ] || return 1
	n=${3%.gz}
	case ${n#*.}$4$5 in
	''|0*|*[!0-9]*)	return 1 ;;
	esac
	case $3,$6 in
	reply.?*.gz,*[!0-9a-f]*|sent.?*.gz,*[!0-9a-f]*)	return 1 ;;
	reply.?*.gz,*|sent.?*.gz,*)	[ "$4" -le "$5" ] ;;
	*)	return 1 ;;
	esac
}

# take_file name from size sum: its bytes from standard input; what a sender
# wrote gets its name once it is whole, replies when the run ends
take_file() {
	part=$dir/$1.part
	[ "$2" -gt 0 ] || : >"$part"
	head -c "$(($3 - $2))" >>"$part"
	sum=$(sha256sum <"$part")
	if [ "${sum%% *}" != "$4" ]
	then
		: >"$part"
		return 1
	fi
	case $1 in
	sent.*)	mv "$part" "$dir/$1" ;;
	esac
}

# path_finish name: stop, and fetch what is left
path_finish() {
	for _ in 1 2 3
	do
		what_is_here
		remote end "$id" "$seg:$have" "$sends" 2>"$dir/status.err" |
		    take_pull || continue
		mv "$dir/status.part" "$dir/status"
		while [ -e "$dir/reply.$seg.gz.part" ]
		do
			mv "$dir/reply.$seg.gz.part" "$dir/reply.$seg.gz"
			seg=$((seg + 1))
		done
		node_fetch_rest "$1"
		return
	done
	node_failed "$1" "cannot stop or fetch: $(why "$dir/status")"
}

# --- rounds ----------------------------------------------------------------

# senders_of round: those that have not failed
senders_of() {
	grep -Fx "$(standing)" "$run/round.$1" || :
}

ms_now() {
	echo $(($(date +%s%N) / 1000000))
}

# snooze ms: nap
snooze() {
	nap "$(($1 / 1000)).$(printf %03d $(($1 % 1000)))"
}

# one_round: send it, wait for what is silent, and match; 1 when we were
# asked to stop
one_round() {
	set -- $(senders_of $round)
	say "round $round: $# senders"
	polling=1
	each path_send "$@" || :
	polling=''
	! stop_asked || return 1
	[ -e "$run/started" ] && [ -n "$(standing)" ] || return 0
	began=$(last_sent "$@")
	deadline=$((began + $(awk -v w="$wait_secs" 'BEGIN { printf "%d", w * 1000 }')))
	asked=''
	while :
	do
		match_paths && all_answered && break
		! stop_asked || return 1
		[ "${asked:-0}" -lt $deadline ] || break
		[ -z "$asked" ] || snooze_until $deadline
		asked=$(ms_now)
		polling=1
		each path_pull $(standing) || :
		polling=''
	done
	return 0
}

# last_sent name ...: when the last probe of this round left, in milliseconds
# by our clock, as far as we know
last_sent() {
	now=$(ms_now) list=probes.$round.gz
	for name
	do
		shift
		[ ! -s "$run/nodes.d/$name/status" ] ||
		    set -- "$@" offset="$(node_fact "$name" offset)" \
		    "$run/nodes.d/$name/status"
	done
	[ $# -gt 0 ] || { echo "$now"; return; }
	awk -v list="$list" -v now="$now" '
	$1 == "send" && $4 == list && $7 - offset > last { last = $7 - offset }
	END {
		last *= 1000
		printf "%.0f\n", (last > 0 && last < now ? last : now)
	}' "$@"
}

# snooze_until ms: until then at most, and longer each time
snooze_until() {
	rest=$(($1 - $(ms_now)))
	pause=$((($(ms_now) - began) / 2 + 20))
	[ $rest -le 0 ] || snooze $((pause < rest ? pause : rest))
}

# all_answered: has every probe of this round been answered?
all_answered() {
	gzip -cd "$run/hops.gz" | awk -F '\t' -v round=$((round - 1)) "$cols_awk"'
	$f["verdict"] == "none" && $f["round"] "" == round "" { silent = 1; exit }
	END { exit silent }'
}

# clock_offsets: a file of them, from hello and from a mesh
clock_offsets() {
	for name in $names
	do
		[ -s "$run/nodes.d/$name/hello" ] || continue
		offset=$(node_fact "$name" offset) rtt=$(node_fact "$name" login_rtt)
		[ -z "$offset" ] || echo "$name $offset $rtt"
	done 2>/dev/null | awk -v time="$(date +%s)" \
	    -v mesh="$run/mesh.offsets" 'BEGIN {
		print "#fsdb -F t node:a peer:a offset_ms:d err_ms:d time:d drift_ms:d" }
	{ printf "%s\t_orchestrate\t%.3f\t%.3f\t%d.000000000\t-\n", $1, $2 * 1000,
	    $3 * 500 + 0.001, time; n++ }
	END {
		while ((getline line <mesh) > 0) { print line; n++ }
		print "# end: " n + 0
	}' >"$run/offsets"
}

# match_paths: hops.gz from all that is here
match_paths() {
	rm -f "$run/hops.new.gz"
	rc=0
	set -- $(run_files sent) $(run_files reply)
	[ $# -gt 0 ] || { warn "$no_records"; return 1; }
	(
		cd "$run"
		matchresults -v --hops --merge -k key -o offsets $late_args \
		    -w hops.new.gz "$@"
	) 2>"$run/match.log" || rc=$?
	if [ $rc -gt 1 ]
	then
		warn "matchresults: exit $rc: $(tail -n 1 "$run/match.log")"
		return 1
	fi
	match_rc=$rc
	mv "$run/hops.new.gz" "$run/hops.gz"
}

# plan_round: the lists of the round after this one; 1 when there is none
plan_round() {
	next=$((round + 1))
	again=''
	if [ -s "$run/lost.now" ] || anyone_died
	then
		again=1 redone=$((redone + 1))
	fi
	[ $redone -le 5 ] || { : >"$run/endless"; again=''; }
	each next_probes $(standing_senders) || :
	for name in $(standing_senders)
	do
		[ ! -e "$run/nodes.d/$name/probes.$next.gz" ] || echo "$name"
	done >"$run/round.new"
	[ -s "$run/round.new" ] || { rm "$run/round.new"; return 1; }
	[ $next -le 255 ] || { rm "$run/round.new"; : >"$run/endless"; return 1; }
	mv "$run/round.new" "$run/round.$next"
}

standing_senders() {
	grep -Fx "$(standing)" "$run/senders" || :
}

# anyone_died: was a sender of this round killed, or its time over?
anyone_died() {
	for name in $(senders_of $round)
	do
		dir=$run/nodes.d/$name
		[ "$(list_state)" = 'done' ] || return 0
	done
	return 1
}

# next_probes name: its list for the next round, if there is anything in it.
# What a killed sender had still to send, and what may have been answered
# while a site was not listening, goes out under new attempt numbers; else
# nextround says.
next_probes() {
	out=$dir/probes.$next.gz
	rm -f "$out"
	if [ -n "$again" ]
	then
		{
			unsent_keys "$1"
			awk -F '\t' -v tx="$1" '$1 "" == tx "" { sub(/^[^\t]*\t/, ""); print }' \
			    "$run/lost.now"
		} >"$dir/again.now"
		cat "$dir/again.now" >>"$dir/again"
		all_probes "$1" | awk -F '\t' -v again="$dir/again.now" "$keys_awk"'
		BEGIN { while ((getline line <again) > 0) want[line] = 1 }
		/^#fsdb / { if (!headed++) print; next }
		/^#/ { next }
		{
			if (!($f["attempt"] + 0 < top[series()])) top[series()] = $f["attempt"]
			if (key() in want) kept[++n] = $0
		}
		END {
			for (i = 1; i <= n; i++) {
				$0 = kept[i]
				if (top[series()] >= 254) { left++; continue }
				$f["attempt"] = ++top[series()]
				print
			}
			print "# end: " n - left
		}' OFS='\t' | gzip -1 >"$out"
		[ "$(count_targets "$out")" -gt 0 ] || rm -f "$out"
		return
	fi
	[ "$verb" != ping ] || return 0
	nextround "--$verb" --tx "$1" --quiet ${max_ttl:+-m "$max_ttl"} \
	    ${first_ttl:+-f "$first_ttl"} \
	    ${gap_limit:+-g "$gap_limit"} ${queries:+-q "$queries"} \
	    ${confidence:+--confidence "$confidence"} \
	    ${per_trace:+--per-trace} \
	    ${max_probes:+--max-probes "$max_probes"} -w "$out" \
	    "$run/hops.gz" 2>"$dir/nextround.log" || :
	n=$(count_targets "$out")
	[ "${n:-0}" -gt 0 ] || rm -f "$out"
	[ -n "$n" ] || {
		warn "$1: nextround: $(tail -n 1 "$dir/nextround.log")"
		: >"$run/endless"
	}
}

# What tells the probes of a node apart, as text: they are all of one type,
# and attempts of a series differ by number alone.
keys_awk='
function col(name, otherwise) {
	return name in f && $f[name] != "-" ? $f[name] : otherwise
}
function series() {
	return col("dst", "") "\t" col("ttl", 64) "\t" col("flow", 0)
}
function key() { return series() "\t" col("attempt", 0) }
/^#fsdb / {
	n_w = split($0, w, " ")
	for (i = 4; i <= n_w; i++) { sub(/:.*/, "", w[i]); f[w[i]] = i - 3 }
}'

# all_probes name: its lists so far
all_probes() {
	list=1
	while [ -e "$run/nodes.d/$1/probes.$list.gz" ] &&
	    [ -e "$run/round.$list" ]
	do
		zcat "$run/nodes.d/$1/probes.$list.gz"
		list=$((list + 1))
	done
}

# unsent_keys name: keys of what its lists hold and it did not send, under
# this number or another
unsent_keys() {
	{
		zcat $(find "$run/nodes.d/$1" -name 'sent.*.gz*') 2>/dev/null || :
		echo '# lists'
		all_probes "$1"
	} | awk -F '\t' -v again="$run/nodes.d/$1/again" "$keys_awk"'
	BEGIN { while ((getline line <again) > 0) sent[line] = 1 }
	/^# lists/ { lists = 1 }
	/^#/ { next }
	!lists { sent[key()] = 1; next }
	!(key() in sent) { print key() }'
}

# path_lost: sender and key of what may have been answered at a site that was
# not listening; in the usual case, one catcher at each, nothing to look for
path_lost() {
	: >"$run/lost.now"
	! one_catcher_each || return 0
	covered >"$run/covered"
	zcat "$run/hops.gz" | awk -F '\t' -v wait="$wait_secs" \
	    -v covered="$run/covered" "$gaps_awk$keys_awk"'
	/^#/ { next }
	$f["verdict"] == "none" && $f["round"] == '$((round - 1))' && in_gap($f["sent_time"]) {
		print $f["tx"] "\t" key()
	}' >"$run/lost.now"
}

# one_catcher_each: has no node had a second one?
one_catcher_each() {
	set --
	for name in $names
	do
		[ ! -s "$run/nodes.d/$name/status" ] ||
		    set -- "$@" "$run/nodes.d/$name/status"
	done
	[ $# -gt 0 ] || return 0
	awk '$1 == "catch" && n[FILENAME]++ { bad = 1; exit } END { exit bad }' "$@"
}

# --- the run ---------------------------------------------------------------

path_run() {
	say "run $id: $verb, saying hello to $(echo $names | wc -w) nodes"
	late_args=${late:+--late $late} need_kib=102400 redone=0 how=anycast
	catch_secs=$((3600 + 2 * cooldown))
	read -r probe <"$run/probe"
	rm_failed
	[ -e "$run/senders" ] || chosen >"$run/senders"
	node_count=$(wc -l <"$run/nodes")
	each path_begin $names || may_go_on || { give_up; return 2; }
	clock_offsets
	[ -e "$run/round.1" ] || standing_senders >"$run/round.1"
	round=$(find "$run" -maxdepth 1 -name 'round.[0-9]*' | wc -l)
	while [ ! -e "$run/rounds.done" ]
	do
		one_round || break
		[ -e "$run/started" ] || { give_up; return 2; }
		path_lost
		plan_round || { : >"$run/rounds.done"; break; }
		round=$next
	done
	[ "$cooldown" -eq 0 ] || stop_asked ||
	    { say 'cooling down'; nap "$cooldown"; }
	each path_finish $(standing) || :
	match_paths || return 1
	path_judge
}

# path_judge: COMPLETE or PARTIAL, as judge does
path_judge() {
	path_lost
	each path_unsent $(standing) || :
	path_reasons >"$run/reasons"
	{
		flags
		[ ! -s "$run/refused" ] ||
		    echo "$(wc -l <"$run/refused") targets are special-purpose, on the blocklist, or have no source"
	} >"$run/flags"
	if [ -s "$run/reasons" ]
	then
		mv "$run/reasons" "$run/PARTIAL"
		return 1
	fi
	rm -f "$run/PARTIAL" "$run/reasons"
	date -u +%Y-%m-%dT%H:%M:%SZ >"$run/COMPLETE"
	[ ! -s "$run/flags" ]
}

# path_unsent name: as node_unsent; refused targets are not counted there.  A
# sender that ended well has sent its list.
path_unsent() {
	: >"$dir/unsent"
	echo 0 >"$dir/refused"
	lists=0
	while [ -e "$run/round.$((lists + 1))" ] &&
	    [ -e "$dir/probes.$((lists + 1)).gz" ]
	do
		lists=$((lists + 1))
	done
	[ $lists -gt "$(grep -c '^send [0-9]* ended [^ ]* 0 ' "$dir/status")" ] ||
	    return 0
	unsent_keys "$1" | awk -F '\t' -v refused="$run/refused" '
	BEGIN { while ((getline line <refused) > 0) gone[line] = 1 }
	!($1 in gone)' >"$dir/unsent"
}

path_reasons() {
	for name in $names
	do
		d=$run/nodes.d/$name
		if [ -e "$d/failed" ]
		then
			echo "$name: $(cat "$d/failed")"
		elif [ ! -s "$d/status" ]
		then
			echo "$name: took no part"
		elif [ -s "$d/unsent" ]
		then
			echo "$name: $(wc -l <"$d/unsent") probes were never sent"
		fi
	done
	[ -e "$run/rounds.done" ] || echo "stopped in round $round"
	[ ! -e "$run/endless" ] || echo 'more rounds would be needed'
	[ ! -s "$run/lost.now" ] ||
	    echo "$(wc -l <"$run/lost.now") probes: a site was not listening when they may have been answered"
}

# table_paths: for people, as they know it from traceroute and ping
table_paths() {
	showpaths ${lookup:+--names} "$run/hops.gz" 2>"$run/show.log" ||
	    warn "showpaths: $(tail -n 1 "$run/show.log")"
}

# path_plan: what would be run, its first round at least
path_plan() {
	round=1 catch_secs=$((3600 + 2 * cooldown)) node_count=$(wc -l <"$run/nodes")
	chosen >"$run/senders"
	echo "$verb: $(wc -l <"$run/targets") targets"
	each path_plan_node $names
	print_plans
}

path_plan_node() {
	command="$ssh -F ssh_config -T -- $n_dest castnode"
	{
		echo "$command $(path_catch_words) hello=yes"
		if grep -Fqx -- "$1" "$run/senders"
		then
			make_probes "$n_number" "$dir/probes.1.gz"
			echo "$command $(path_send_words)"
		fi
		echo "$command end $id 1:0 1"
		echo "$command clean $id"
	} >"$dir/plan"
}
