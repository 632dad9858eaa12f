# verbs.sh - what orchestrate can be asked; sourced by it
# shellcheck shell=sh disable=SC2154,SC2086,SC2046 # variables of cmd/orchestrate.sh; lists

# --- before anything starts ------------------------------------------------

check_inputs() {
	take_nodes
	if ! is_path_verb
	then
		: "${hitlist:=$(dirname "$nodes_file")/hitlist.gz}"
		is_file "$hitlist" ||
		    die "$hitlist: cannot read the hitlist"
	fi
	[ -z "$blocklist" ] || [ -r "$blocklist" ] ||
	    die "$blocklist: cannot read the blocklist"
	for name in $(IFS=,; printf '%s\n' $senders)
	do
		case "$newline$names$newline" in
		*"$newline$name$newline"*)	;;
		*)	die "--senders: no such node: $name" ;;
		esac
	done
	if [ -z "$source$origins" ] && [ "$verb" != unicast ] &&
	    awk -F '\t' '$5 == "-" { bad = 1 } END { exit !bad }' "$tmp/nodes"
	then
		die 'no anycast address: -S, or source= for every node'
	fi
	set_family
	tools='mkhitlist aggregate'
	! is_path_verb || tools='mkprobes nextround showpaths sendprobes'
	for tool in matchresults $tools
	do
		command -v $tool >/dev/null || die "$tool: not found"
	done
}

# set_family: targets no source can probe are not taken
set_family() {
	[ "$family" = any ] && [ "$verb" != unicast ] || return 0
	all="$source $origins"
	[ -n "${all# }" ] || all=$(cut -f 5 "$tmp/nodes")
	case $all in
	*[0-9].[0-9]*)
		case $all in
		*:*)	;;
		*)	family=4 ;;
		esac ;;
	*:*)	family=6 ;;
	esac
}

scratch() {
	tmp=$(mktemp -d)
	trap 'mux_close; rm -rf "$tmp"' EXIT
}

random_hex() {
	set -- $(od -An -v -N "$1" -tx1 /dev/urandom)
	(IFS='' && printf '%s' "$*")
}

# take_lock: a run belongs to one orchestrator and its children; those of a
# killed one finish their step first.
take_lock() {
	exec 9>>"$run/lock"
	flock -w 60 9 || die "run $id: somebody is at it"
}

# new_run dir id: an empty run in a new directory, with a key of its own.
# The key stands in a file only its owner can read, for as long as the run is
# not complete: a laptop that was rebooted has nothing else to resume with.
new_run() {
	mkdir "$1" 2>/dev/null || die "$1: there is a run of that name"
	run=$(cd "$1" && pwd) id=$2
	(cd "$run" && mkdir -p $(printf 'nodes.d/%s ' $names))
	(umask 077 && { random_hex 16; echo; } >"$run/key.part")
	mv "$run/key.part" "$run/key"
	cp "$tmp/nodes" "$run/nodes"
	cp "$nodes_file" "$run/nodes.txt"
	spread_nodes
	ssh_setup
	save_options
	[ -z "$blocklist" ] || [ "$blocklist" = "$run/blocklist" ] ||
	    cp "$blocklist" "$run/blocklist"
	{
		echo "castnet $version"
		uname -srm
		"$ssh" -V 2>&1 || :
	} >"$run/versions" &
	[ -z "$offsets" ] && ! is_path_verb || mesh_offsets >"$run/mesh.offsets"
}

# plan_shards: the list shared out among the senders
plan_shards() {
	n=$(chosen | wc -l)
	chosen | awk -v n="$n" '{ print $1, "hitlist.gz", NR "/" n, 0 }' >"$run/plan"
}

# plan_all: all of it to every sender, one after the other
plan_all() {
	chosen | awk -v gap="$gap" '{ print $1, "hitlist.gz", "-", (NR - 1) * gap }' \
	    >"$run/plan"
}

# make_hitlist: from the user's list, checked, in the run's order
make_hitlist() {
	set -- -e "$seed" -w "$run/hitlist.new.gz"
	[ -z "$blocklist" ] || set -- "$@" -b "$run/blocklist"
	[ -z "$block" ] || set -- "$@" --block "$block"
	[ -z "$block6" ] || set -- "$@" --block6 "$block6"
	[ -z "$candidates" ] || set -- "$@" --candidates "$candidates"
	[ -z "$max_targets" ] || set -- "$@" --max-targets "$max_targets"
	[ -z "$sample" ] || set -- "$@" --sample "$sample"
	[ "$family" = any ] || set -- "$@" "-$family"
	for a in $allow
	do
		set -- "$@" --allow-prefix "$a"
	done
	rc=0
	mkhitlist "$@" "$hitlist" 2>"$run/hitlist.log" || rc=$?
	[ $rc -le 1 ] || { cat "$run/hitlist.log" >&2; return 1; }
	[ $rc -eq 0 ] || note "mkhitlist: $(tail -n 1 "$run/hitlist.log")"
	[ "$(count_targets "$run/hitlist.new.gz")" -gt 0 ] ||
	    { warn "$hitlist: no targets"; return 1; }
	use_hitlist "$hitlist"
}

# use_hitlist name: hitlist.new.gz is it; name is where it came from
use_hitlist() {
	{
		echo "name $1"
		echo "sha256 $(sha256sum <"$1" | cut -d ' ' -f 1)"
		echo "targets $(count_targets "$run/hitlist.new.gz")"
	} >"$run/hitlist"
	mv "$run/hitlist.new.gz" "$run/hitlist.gz"
}

# --- measurements ----------------------------------------------------------

# Does a run of catchments come first, to know what answers and where?
two_stages() {
	case $verb in
	latency)	return 0 ;;
	unicast)	[ -n "$source" ] || awk -F '\t' '$5 == "-" { bad = 1 }
			    END { exit bad }' "$run/nodes" ;;
	*)		[ -n "$responsive" ] ;;
	esac
}

# answered file: what answered in a result, in its order: "target site",
# one per block when there were several candidates
answered() {
	zcat "$1" | awk -F '\t' "$cols_awk"'
	$f["verdict"] == "ok" || $f["verdict"] == "multi" {
		if ($f["dst"] != was) print $f["dst"], $f["rx"]
		was = $f["dst"]
	}'
}

# first_run: the run of catchments inside this one, in directory first
first_run() {
	main_run=$run main_id=$id main_verb=$verb
	run=$main_run/first id=$main_id.first verb=catchments
	[ -e "$run/plan" ] || plan_shards
	rc=0
	[ -e "$run/COMPLETE" ] || measure || rc=$?
	rm -f "$main_run/first.reasons"
	[ ! -s "$run/PARTIAL" ] || cp "$run/PARTIAL" "$main_run/first.reasons"
	run=$main_run id=$main_id verb=$main_verb
	return $rc
}

# plan_main: what the nodes have to send; the plan is there when it is whole
plan_main() {
	if [ ! -e "$run/hitlist.gz" ]
	then
		if [ "$verb" = unicast ] && [ -z "$responsive" ]
		then
			cp "$run/first/hitlist.gz" "$run/hitlist.new.gz"
		else
			answered "$run/first/result.gz" >"$run/answered"
			one_per_block <"$run/answered" | as_targets >"$run/hitlist.new.gz"
		fi
		use_hitlist "$run/first/hitlist.gz"
	fi
	candidates=''
	case $verb in
	catchments)	plan_shards ;;
	latency)	plan_catchers ;;
	*)		plan_all ;;
	esac
}

# one_per_block: of "target site" lines, the first target of each block of
# the first run's hitlist
one_per_block() {
	[ -n "$candidates" ] || { cut -d ' ' -f 1; return; }
	cut -d ' ' -f 1 >"$run/answered.dst"
	zcat "$run/first/hitlist.gz" | awk -F '\t' -v answered="$run/answered.dst" '
	BEGIN { while ((getline line <answered) > 0) has[line] = 1 }'"$cols_awk"'
	$f["dst"] in has {
		b = "block" in f ? $f["block"] : $f["dst"]
		if (!(b in done)) print $f["dst"]
		done[b] = 1
	}'
	rm -f "$run/answered.dst"
}

# plan_catchers: to each site what it caught
plan_catchers() {
	: >"$run/plan.new"
	for name in $(chosen)
	do
		awk -v site="$name" '$2 "" == site "" { print $1 }' "$run/answered" |
		    as_targets >"$run/list.$name.gz"
		[ "$(count_targets "$run/list.$name.gz")" -eq 0 ] ||
		    echo "$name list.$name.gz - 0" >>"$run/plan.new"
	done
	mv "$run/plan.new" "$run/plan"
}

# run_it: the run in $run, from wherever it stands, to its table
run_it() {
	if is_path_verb
	then
		outcome=0
		path_run || outcome=$?
		[ $outcome -gt 1 ] || [ ! -e "$run/hops.gz" ] || make_table
		[ ! -e "$run/COMPLETE" ] || finish
		return $outcome
	fi
	how=anycast outcome=0 late_args=${late:+--late $late}
	if two_stages
	then
		first_run || outcome=$?
		[ $outcome -le 1 ] || return $outcome
		! stop_asked || return 1
	fi
	[ "$verb" != unicast ] || how=unicast
	[ -e "$run/plan" ] || plan_main
	outcome=0
	measure || outcome=$?
	[ $outcome -le 1 ] || return $outcome
	[ ! -e "$run/result.gz" ] || make_table
	return $outcome
}

# prepare dir id: a new run, its hitlist made, nothing sent to anyone
prepare() {
	[ -n "$seed" ] || seed=$(printf '%d' "0x$(random_hex 4)")
	mkdir -p "$runs"
	new_run "$1" "$2"
	if is_path_verb
	then
		path_prepare || { rm -rf "$run"; return 2; }
	elif two_stages
	then
		main_run=$run main_verb=$verb
		verb=catchments
		new_run "$main_run/first" "$2.first"
		make_hitlist || { rm -rf "$main_run"; exit 2; }
		verb=$main_verb run=$main_run id=$2
	else
		make_hitlist || { rm -rf "$run"; exit 2; }
	fi
}

measure_once() {
	prepare "$runs/$1" "$1" || return
	take_lock
	if [ -n "$dry_run" ]
	then
		show_plan
		return
	fi
	run_it && rc=0 || rc=$?
	if [ $rc -eq 2 ] && [ ! -e "$run/started" ] && [ ! -e "$run/first/started" ]
	then
		say 'nothing was measured'
		rm -rf "$run"
	fi
	exec 9>&-
	[ -z "$interrupted" ] || rc=$interrupted
	return $rc
}

verb_measure() {
	[ -n "${tmp-}" ] || scratch
	check_inputs
	[ -z "$dry_run" ] || runs=$tmp/runs
	: "${id:=$(date -u +%Y%m%dT%H%M%SZ)-$(random_hex 2)}"
	repeat "$id"
}

verb_paths() {
	scratch
	mux_open
	verb_measure
}

verb_ping() { verb_paths; }
verb_trace() { verb_paths; }
verb_tracelb() { verb_paths; }
verb_tracebox() { verb_paths; }
verb_catchments() { verb_measure; }
verb_latency() { verb_measure; }
verb_unicast() { verb_measure; }
verb_census() { verb_measure; }

# show_plan: what would be run
show_plan() {
	how=anycast
	if is_path_verb
	then
		path_plan
		return
	fi
	[ "$verb" != unicast ] || how=unicast
	first=''
	! two_stages || { first=/first; run=$run/first id=$id.first how=anycast; }
	case $verb$first in
	unicast|census)	plan_all ;;
	*)		plan_shards ;;
	esac
	echo "mkhitlist: $(sed -n 's/^targets //p' "$run/hitlist") targets"
	catch_secs=$((600 + 2 * cooldown + $(longest)))
	each show_node $names
	print_plans
}

# print_plans: one after the other.  Nodes side by side must not print: cat
# copies from file to file by copy_file_range(2), which writes over what
# another one wrote in between.
print_plans() {
	for name in $names
	do
		cat "$run/nodes.d/$name/plan"
	done
}

show_node() {
	set -- $(plan_line "$1")
	[ $# -eq 0 ] || secs=$(list_seconds "$2" "$3")
	command="$ssh -F ssh_config -T -- $n_dest castnode"
	{
		echo "$command hello"
		echo "$command open $id"
		echo "$command $(catch_words)"
		[ $# -eq 0 ] ||
		    echo "$command $(send_words hitlist.gz "$3" "$4" "$secs")"
		echo "$command stop $id all"
	} >"$dir/plan"
}

# --- nodes -----------------------------------------------------------------

# A scratch run for what needs nodes but measures nothing.
nodes_only() {
	scratch
	take_nodes
	run=$tmp/run id=none need_kib=102400
	mkdir -p "$run/nodes.d"
	cp "$tmp/nodes" "$run/nodes"
	for name in $names
	do
		mkdir "$run/nodes.d/$name"
	done
	ssh_setup
}

verb_nodes() {
	nodes_only
	rc=0
	each node_hello $names 2>/dev/null || rc=1
	{
		printf 'node\tnumber\thost\tversion\tiface\tdisk_mib\toffset_ms\trtt_ms\tstate\n'
		for name in $names
		do
			node_load "$name"
			node_row "$name"
		done
	} | align
	mesh=$(last_mesh)
	[ -z "$mesh" ] || { echo; table_mesh "$mesh"; }
	return $rc
}

# node_row name: in one piece, as others write beside it
node_row() {
	touch "$dir/hello"
	{ cat "$dir/hello"; echo 'end of hello'; cat "$dir/failed" 2>/dev/null || echo ok; } |
	    awk -v name="$1" -v number="$n_number" '
	ended { state = $0 }
	$1 == "end" { ended = 1 }
	!ended { v[$1] = $2 }
	function given(x) { return x == "" ? "-" : x }
	function times(x, by, how) { return x == "" ? "-" : sprintf(how, x * by) }
	END {
		OFS = "\t"
		print name, number, given(v["host"]), given(v["catchreply"]), given(v["iface"]), \
		    times(v["disk"], 1 / 1024, "%d"), times(v["offset"], 1000, "%.1f"), \
		    times(v["login_rtt"], 1000, "%.1f"), state
	}'
}

# --- runs there are --------------------------------------------------------

run_state() {
	if [ -e "$1/COMPLETE" ]
	then
		echo complete
	elif [ -e "$1/lock" ] && ! flock -s -n "$1/lock" true
	then
		echo running
	elif [ -e "$1/PARTIAL" ]
	then
		echo partial
	else
		echo interrupted
	fi
}

verb_list() {
	{
		printf 'run\tverb\tstate\tnodes\ttargets\n'
		set +f
		for dir in "$runs"/*/options
		do
			[ -e "$dir" ] || continue
			dir=${dir%/options}
			targets=-
			[ ! -e "$dir/hitlist" ] ||
			    targets=$(sed -n 's/^targets //p' "$dir/hitlist")
			printf '%s\t%s\t%s\t%s\t%s\n' "${dir##*/}" \
			    "$(sed -n 's/^verb //p' "$dir/options")" \
			    "$(run_state "$dir")" "$(wc -l <"$dir/nodes")" "$targets"
		done
		set -f
	} | align
}

# open_run id: a run there is, with the options it was started with
open_run() {
	[ -e "$runs/$1/options" ] || die "$runs/$1: no such run"
	run=$(cd "$runs/$1" && pwd) id=$1
	scratch
	cp "$run/nodes" "$tmp/nodes"
	name_nodes
	load_options
	! is_path_verb || mux_open
	how=anycast late_args=${late:+--late $late}
	[ "$verb" != unicast ] || how=unicast
}

verb_show() {
	open_run "$operand"
	case $(run_state "$run") in
	running)	echo "run $id is going on" ;;
	interrupted)	echo "run $id was interrupted; orchestrate resume $id carries it on" ;;
	esac
	if is_path_verb
	then
		show_measure
	elif [ -e "$run/table" ]
	then
		cat "$run/table"
	fi
	[ -e "$run/COMPLETE" ] && [ ! -s "$run/flags" ]
}

# The stage a run is in: first, or the main one
to_stage() {
	if [ -d "$run/first" ] && [ ! -e "$run/plan" ]
	then
		run=$run/first id=$id.first how=anycast
	fi
}

verb_stop() {
	open_run "$operand"
	to_stage
	rm_failed
	each node_stop $names
}

verb_fetch() {
	open_run "$operand"
	take_lock
	[ ! -e "$run/COMPLETE" ] || die "run $id is complete"
	to_stage
	rm_failed
	need_kib=0
	each node_hello $names || :
	each node_fetch $(standing) || :
	if is_path_verb
	then
		clock_offsets
		match_paths || return 1
	else
		match || return 1
	fi
	fetched_only
	make_table
	return 1
}

# fetched_only: a table of what there is, which never makes a run complete
fetched_only() {
	reasons >"$run/PARTIAL"
	echo 'fetched while the run was not at its end' >>"$run/PARTIAL"
}

verb_resume() {
	open_run "$operand"
	take_lock
	if [ -e "$run/COMPLETE" ]
	then
		[ ! -e "$run/key" ] || finish
		make_table
		[ ! -s "$run/flags" ]
		return
	fi
	[ -e "$run/hitlist.gz" ] || [ -e "$run/first/hitlist.gz" ] ||
	    [ -e "$run/targets" ] ||
	    die "run $id did not come to begin: start another"
	run_it && rc=0 || rc=$?
	[ -z "$interrupted" ] || rc=$interrupted
	return $rc
}
