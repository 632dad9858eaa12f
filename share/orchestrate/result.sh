# result.sh - from the nodes' files to what is known; sourced by orchestrate
# shellcheck shell=sh disable=SC2154,SC2086,SC2046 # variables of cmd/orchestrate.sh; lists

# Columns by name in awk: f["dst"] is the number of the field.
cols_awk='
/^#/ {
	if ($0 ~ /^#fsdb /) {
		n_w = split($0, w, " ")
		for (i = 4; i <= n_w; i++) {
			sub(/:.*/, "", w[i]); f[w[i]] = i - 3
		}
	}
	next
}'

log_of() {
	case $1 in
	sent)	echo send ;;
	*)	echo catch ;;
	esac
}

# run_files kind: sent or reply files of all nodes, in the run directory; what
# could not be fetched whole is there as far as it came
run_files() {
	for name in $names
	do
		n=1
		while :
		do
			path=nodes.d/$name/$1.$n.gz
			if [ -e "$run/$path" ]
			then
				echo "$path"
			elif [ -s "$run/$path.part" ]
			then
				echo "$path.part"
			elif [ ! -e "$run/nodes.d/$name/$(log_of "$1").$n.log" ]
			then
				break
			fi
			n=$((n + 1))
		done
	done
}

no_records='no node has given any records yet'

# match: result.gz from all files.  It may complain of streams that were cut
# by a kill; judge knows which.
match() {
	rm -f "$run/result.new.gz"
	rc=0 offset_args=''
	set -- $(run_files sent) $(run_files reply)
	[ $# -gt 0 ] || { warn "$no_records"; return 1; }
	if [ -s "$run/mesh.offsets" ]
	then
		as_offsets <"$run/mesh.offsets" >"$run/offsets"
		offset_args='-o offsets'
	fi
	(
		cd "$run"
		matchresults -v --merge $late_args $offset_args -w result.new.gz "$@"
	) 2>"$run/match.log" || rc=$?
	if [ $rc -gt 1 ]
	then
		warn "matchresults: exit $rc: $(tail -n 1 "$run/match.log")"
		return 1
	fi
	match_rc=$rc
	mv "$run/result.new.gz" "$run/result.gz"
}

# covered: when every node was listening, in our own time, and when probes
# were out: lines "node catch from to", "node send from to".  The last two
# seconds before a catcher was killed do not count, nor do 10 ms at either
# end: clocks are not compared better than that.
covered() {
	for name in $names
	do
		[ -s "$run/nodes.d/$name/status" ] || continue
		awk -v node="$name" -v offset="$(node_fact "$name" offset)" '
		$1 == "catch" || $1 == "send" {
			if ($6 == "-") next
			end = $7
			if ($3 == "alive" || end == "-") end = 9999999999
			else if ($3 == "dead" && $1 == "catch") end -= 2
			printf "%s %s %.3f %.3f\n", node, $1, \
			    $6 - offset + 0.01, end - offset - 0.01
		}' "$run/nodes.d/$name/status"
	done
}

# lost: "node target" for each silent target whose reply may have come while
# a site was not listening; within $wait seconds of its probe, that is.
lost() {
	covered >"$run/covered"
	wait=$cooldown
	[ "$wait" -le 5 ] || wait=5
	zcat "$run/result.gz" | awk -F '\t' -v wait="$wait" \
	    -v covered="$run/covered" "$gaps_awk$cols_awk"'
	$f["verdict"] == "none" && in_gap($f["sent_time"]) { print $f["tx"], $f["dst"] }'
}

# May a probe of that time have been answered while a site was not listening?
gaps_awk='
function gap(from, to) {
	if (to > from) { n_gaps++; gap_from[n_gaps] = from; gap_to[n_gaps] = to }
}
function in_gap(t,  i) {
	for (i = 1; i <= n_gaps; i++)
		if (t < gap_to[i] && t + wait > gap_from[i]) return 1
	return 0
}
BEGIN {
	while ((getline line <covered) > 0) {
		split(line, c, " ")
		if (c[2] == "send") continue
		if (!(c[1] in last)) gap(0, c[3])
		else gap(last[c[1]], c[3])
		if (!(c[1] in last) || c[4] > last[c[1]]) last[c[1]] = c[4]
	}
	for (n in last) gap(last[n], 1e11)
}'

# redo: send again what may have been answered to a site that was not
# listening, until nothing is left.
redo() {
	for _ in 1 2 3 4 5
	do
		lost >"$run/lost"
		[ -s "$run/lost" ] || return 0
		! stop_asked || return 1
		redo=1
		while [ -e "$run/redo.$redo" ]
		do
			redo=$((redo + 1))
		done
		cp "$run/lost" "$run/redo.$redo"
		say "$(wc -l <"$run/lost") targets again: a site was not listening"
		cut -d ' ' -f 1 "$run/lost" | sort -u |
		    grep -Fx "$(standing)" >"$run/senders" || return 1
		each node_redo_put $(cat "$run/senders") || return 1
		pass "redo.$redo.gz" node_redo || return 1
		match || return 1
	done
	lost >"$run/lost"
	[ ! -s "$run/lost" ]
}

# as_targets: addresses on standard input as target records
as_targets() {
	awk 'BEGIN { print "#fsdb -F t dst:a" } { print }
	    END { printf "# end: %d\n", NR }' | gzip -1
}

node_redo_put() {
	awk -v node="$1" '$1 "" == node "" { print $2 }' "$run/redo.$redo" |
	    as_targets >"$dir/redo.$redo.gz"
	put_file "$dir/redo.$redo.gz" "redo.$redo.gz" ||
	    node_failed "$1" "redo list: $(cat "$dir/reason")"
}

node_redo() {
	secs=$(send_seconds "$dir/redo.$redo.gz" "$(node_rate)" 1 \
	    "$(origin_words | wc -l)")
	start_send "$1" $(send_words "redo.$redo.gz" - 0 "$secs")
}

# node_unsent: what it should have sent and has not, into its own unsent;
# what it refused to send, beside it
node_unsent() {
	set -- $(plan_line "$1")
	[ $# -gt 0 ] || { : >"$dir/unsent"; echo 0 >"$dir/refused"; return; }
	list=$2 shard=$3
	set -- $(list_words "$shard")
	sends=$(awk '$1 == "send" { print $2 }' "$dir/status")
	for n in $sends
	do
		for path in "$dir/sent.$n.gz" "$dir/sent.$n.gz.part"
		do
			[ ! -s "$path" ] || set -- "$@" --resume "$path"
		done
	done
	rc=0
	mkhitlist --quiet "$@" "$run/$list" 2>"$dir/unsent.log" |
	    grep -v '^#' | cut -f 1 >"$dir/unsent" || :
	for n in $sends
	do
		zcat "$dir/sent.$n.gz" 2>/dev/null | grep '^# counts: ' | tail -n 1
	done | tr ' ' '\n' | awk -F = '/^refused/ { n += $2 } END { print n + 0 }' \
	    >"$dir/refused"
}

# unsent: "node target" for all that was never sent, listed as such
unsent() {
	each node_unsent $(standing) || :
	for name in $(standing)
	do
		[ ! -s "$run/nodes.d/$name/unsent" ] ||
		    sed "s/^/$name /" "$run/nodes.d/$name/unsent"
	done >"$run/unsent"
}

# reasons: why the run is not complete, a line each
reasons() {
	for name in $names
	do
		d=$run/nodes.d/$name
		if [ -e "$d/failed" ]
		then
			echo "$name: $(cat "$d/failed")"
		elif [ ! -s "$d/status" ]
		then
			echo "$name: took no part"
		elif [ -n "$(plan_line "$name")" ] &&
		    [ "$(send_state "$d/status" hitlist.gz)" != 'done' ]
		then
			echo "$name: did not send all it should"
		elif [ "$(wc -l <"$d/unsent")" -gt "$(cat "$d/refused")" ]
		then
			echo "$name: $(wc -l <"$d/unsent") targets were never sent"
		fi
	done
	[ ! -s "$run/lost" ] ||
	    echo "$(wc -l <"$run/lost") targets: a site was not listening when they may have answered"
	[ ! -s "$run/first.reasons" ] ||
	    sed 's/^/first: /' "$run/first.reasons"
}

# flags: what is complete but not as it should be, a line each
flags() {
	for name in $names
	do
		d=$run/nodes.d/$name
		[ -s "$d/status" ] || continue
		[ ! -s "$d/unsent" ] ||
		    echo "$name: $(wc -l <"$d/unsent") targets not sent, $(cat "$d/refused") refused"
		while read -r kind n state _ rc _
		do
			[ "$state,$rc" != ended,1 ] ||
			    echo "$name: $kind: $(tail -n 1 "$d/$kind.$n.log" | cut -c 1-120)"
		done <"$d/status"
	done
	all_drops
	# Streams are cut where something was killed, and nowhere else.
	[ "$match_rc" -eq 0 ] || any_dead ||
	    echo "matchresults: $(head -n 1 "$run/match.log" | cut -c 1-120)"
}

any_dead() {
	for name in $names
	do
		! grep -Eq '^(catch|send) [0-9]* dead' "$run/nodes.d/$name/status" ||
		    return 0
	done
	return 1
}

# all_drops: what the catchers say they could not see
all_drops() {
	for name in $names
	do
		for n in $(segments_of "$name")
		do
			printf "\nfile %s\n" "$name"
			gzip -cd "$run/nodes.d/$name/reply.$n.gz" 2>/dev/null || :
		done
	done | grep -e '^file ' -e '^# counts: ' | awk '
	BEGIN {
		says["kdrops"] = "packets dropped by the kernel"
		says["ifdrops"] = "packets dropped by the interface"
		says["linkdowns"] = "times without a link"
	}
	function take(  w, c, i, k) {	# the last counts of a file are its own
		k = split(line, w, " ")
		for (i = 3; i <= k; i++) {
			split(w[i], c, "=")
			n[name, c[1]] += c[2]
		}
		line = ""
	}
	$1 == "file" {
		take()
		if ($2 != name) order[++names] = $2
		name = $2
		next
	}
	{ line = $0 }
	END {
		take()
		for (i = 1; i <= names; i++)
			for (what in says)
				if (n[order[i], what])
					print order[i] ": " n[order[i], what] " " says[what]
	}'
}

segments_of() {
	[ -s "$run/nodes.d/$1/status" ] || return 0
	while read -r kind n _
	do
		[ "$kind" != catch ] || echo "$n"
	done <"$run/nodes.d/$1/status"
}

# judge: COMPLETE or PARTIAL, never both; then the nodes are left clean.
judge() {
	lost >"$run/lost"
	unsent
	reasons >"$run/reasons"
	flags >"$run/flags"
	if [ -s "$run/reasons" ]
	then
		mv "$run/reasons" "$run/PARTIAL"
		return 1
	fi
	rm -f "$run/PARTIAL" "$run/reasons"
	date -u +%Y-%m-%dT%H:%M:%SZ >"$run/COMPLETE"
	finish
	[ ! -s "$run/flags" ]
}

# finish: the run is complete, nobody needs what is left of it
finish() {
	[ -n "$keep" ] || each node_clean $names || :
	rm -f "$run/key"
}
