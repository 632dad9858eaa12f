# mesh.sh - conntest between all nodes; sourced by orchestrate
# shellcheck shell=sh disable=SC2034,SC2154,SC2086,SC2046 # variables of cmd/orchestrate.sh; lists

# Every node listens, every node connects to every other, over UDP and TCP,
# all at once; when all have done that, the listeners end too.

drift_ms=6	# of two clocks in a minute, when it was not measured: 100 ppm

mesh_words() {
	echo "start $id $1 node=$n_name:$n_number secs=$((mesh_secs + 60))" \
	    "port=${dport:-8620}" "turn=$mesh_secs"
}

# mesh_peers: each node and where the others reach it
mesh_peers() {
	for name in $(standing)
	do
		node_load "$name"
		a=$(how=unicast; node_sources | head -n 1)
		if [ -z "$a" ]
		then
			node_failed "$name" 'has no address for others: unicast= in the nodes file' || :
		else
			echo "$name $a"
		fi
	done >"$run/peers"
	gzip -1n <"$run/peers" >"$run/peers.gz"
}

mesh_open() {
	node_hello "$1" || return 1
	ask "$dir/open" open "$id" <"$run/key" ||
	    node_failed "$1" "$(why "$dir/open")"
}

mesh_listen() {
	put_file "$run/peers.gz" peers.gz ||
	    { node_failed "$1" "peers: $(cat "$dir/reason")"; return 1; }
	ask "$dir/start" $(mesh_words listen) <"$run/key" ||
	    node_failed "$1" "$(why "$dir/start")"
}

# mesh_links name: connect, to the end
mesh_links() {
	ask "$dir/start" $(mesh_words links) <"$run/key" ||
	    { node_failed "$1" "$(why "$dir/start")"; return 1; }
	deadline=$(($(date +%s) + mesh_secs + 60))
	while [ $(date +%s) -lt $deadline ]
	do
		ask "$dir/status" status "$id" 2 ||
		    { node_failed "$1" "$(why "$dir/status")"; return 1; }
		grep -q '^links .* alive ' "$dir/status" || return 0
	done
	node_failed "$1" 'its connections do not end'
}

mesh_finish() {
	node_stop "$1" || return 1
	ask "$dir/status" status "$id" ||
	    { node_failed "$1" "cannot fetch: $(why "$dir/status")"; return 1; }
	for file in links.1.gz offsets.1.gz listen.1.gz
	do
		get_file $file ||
		    { node_failed "$1" "cannot fetch $file"; return 1; }
	done
}

verb_conntest() {
	check_mesh
	scratch
	mesh_inputs
	: "${id:=$(date -u +%Y%m%dT%H%M%SZ)-$(random_hex 2)}"
	mkdir -p "$runs"
	new_run "$runs/$id" "$id"
	take_lock
	mux_open
	say "run $id: conntest, saying hello to $(wc -l <"$run/nodes") nodes"
	rm_failed
	need_kib=10240
	each mesh_open $names || may_go_on || { give_up; rm -rf "$run"; return 2; }
	mesh_peers
	: >"$run/started"
	say "connecting $(wc -l <"$run/peers") nodes for $mesh_secs s"
	each mesh_listen $(standing) || :
	each mesh_links $(standing) || :
	each mesh_finish $(standing) || :
	mesh_collect
	table_mesh "$run" | tee "$run/table"
	mesh_judge
}

check_mesh() {
	command -v recawk >/dev/null || die 'recawk: not found'
	[ "$mesh_secs" -gt 0 ] || die '--time: longer than that'
}

mesh_inputs() {
	nodes_parse "$nodes_file" >"$tmp/nodes" || exit 2
	names=$(cut -f 1 "$tmp/nodes")
	[ "$(wc -l <"$tmp/nodes")" -gt 1 ] ||
	    die "$nodes_file: one node has nobody to connect to"
}

# mesh_collect: all records in one file, and of each pair of clocks what is
# known best
mesh_collect() {
	set -- $(find "$run/nodes.d" -name 'links.1.gz' -size +0 | sort)
	[ $# -gt 0 ] || return 0
	zcat "$@" 2>/dev/null | gzip -1n >"$run/links.gz" || :
	for name in $(standing)
	do
		zcat "$run/nodes.d/$name/offsets.1.gz" 2>/dev/null || :
	done | awk -F '\t' -v drift="$drift_ms" "$cols_awk"'
	BEGIN {
		OFS = "\t"
		print "#fsdb -F t node:a peer:a offset_ms:d err_ms:d time:d drift_ms:d"
	}
	{
		a = $f["node"]; b = $f["peer"]; sign = 1
		if (a > b) { t = a; a = b; b = t; sign = -1 }
		k = a OFS b
		if (!(k in err)) order[++n] = k
		else if (err[k] <= $f["err_ms"]) next
		err[k] = $f["err_ms"]
		d = $f["drift_ms"] == "-" ? drift : $f["drift_ms"]
		o = sprintf("%.3f", sign * $f["offset_ms"])
		if (o + 0 == 0) o = "0.000"
		line[k] = k OFS o OFS \
		    $f["err_ms"] OFS $f["time"] OFS (d < 0 ? -d : d)
	}
	END {
		for (i = 1; i <= n; i++) print line[order[i]]
		print "# end: " n + 0
	}' >"$run/offsets"
}

# table_mesh dir: medians, losses and offsets, a row for each pair
table_mesh() {
	echo "run ${1##*/}: conntest, $(wc -l <"$1/peers") nodes, $(run_date "$1")"
	echo
	recawk -v peers="$1/peers" -v offsets="$1/offsets" '
	function offset(x) { x = sprintf("%.3f", x); return x + 0 == 0 ? "0.000" : x }
	function known(x) { return x == "" || x == "-" ? "-" : x }
	BEGIN {
		OFS = "\t"
		while ((getline line <peers) > 0) {
			split(line, w, " ")
			node[++n] = w[1]
		}
		while ((getline line <offsets) > 0) {
			if (line ~ /^#/) continue
			split(line, w, "\t")
			off[w[1], w[2]] = w[3]; off[w[2], w[1]] = -w[3]
			err[w[1], w[2]] = err[w[2], w[1]] = w[4]
		}
	}
	$event == "total" && $test == "latency" {
		k = $local SUBSEP $peer SUBSEP $proto
		if ($dir == "rt") { p50[k] = $rtt_p50_ms; p99[k] = $rtt_p99_ms
			asked[k] = $sent; gone[k] = $lost }
		else lostdir[k, $dir] = $lost
	}
	$event == "fail" && !(($local, $peer, $proto) in why) { why[$local, $peer, $proto] = $state }
	END {
		print "from", "to", "udp_p50_ms", "p99_ms", "lost", "up", "down", \
		    "tcp_p50_ms", "offset_ms", "err_ms", "state"
		for (i = 1; i <= n; i++) for (j = 1; j <= n; j++) {
			if (i == j) continue
			u = node[i] SUBSEP node[j] SUBSEP "udp"
			t = node[i] SUBSEP node[j] SUBSEP "tcp"
			how = u in p50 && p50[u] != "-" ? "" : "udp " (u in why ? why[u] : "silent")
			if (!(t in p50) || p50[t] == "-")
				how = how (how == "" ? "" : ", ") "tcp " (t in why ? why[t] : "silent")
			o = node[i] SUBSEP node[j]
			print node[i], node[j], known(p50[u]), known(p99[u]), \
			    u in asked ? gone[u] "/" asked[u] : "-", \
			    known(lostdir[u, "up"]), known(lostdir[u, "down"]), \
			    known(p50[t]), o in off ? offset(off[o]) : "-", \
			    o in err ? err[o] : "-", how == "" ? "ok" : how
		}
	}' "$1/links.gz" 2>"$tmp/mesh.log" | align
}

run_date() {
	date -u -r "$1/peers" +%Y-%m-%dT%H:%M:%SZ
}

# mesh_judge: COMPLETE when every pair was tested and held
mesh_judge() {
	for name in $names
	do
		[ ! -e "$run/nodes.d/$name/failed" ] ||
		    echo "$name: $(cat "$run/nodes.d/$name/failed")"
	done >"$run/reasons"
	awk 'NR > 3 { n++; if ($NF == "ok" && $(NF - 1) != "silent") good++ }
	    END { print n + 0, good + 0 }' "$run/table" >"$tmp/held"
	read -r pairs good <"$tmp/held"
	n=$(wc -l <"$run/peers")
	[ "$pairs" -eq $((n * (n - 1))) ] && [ "$good" -eq "$pairs" ] ||
	    echo "$((n * (n - 1) - good)) of $((n * (n - 1))) connections do not hold" >>"$run/reasons"
	if [ -s "$run/reasons" ]
	then
		mv "$run/reasons" "$run/PARTIAL"
		sed "s/^/$prog: /" "$run/PARTIAL" >&2
		[ -n "$keep" ] || each node_clean $names || :
		return 1
	fi
	rm -f "$run/reasons"
	date -u +%Y-%m-%dT%H:%M:%SZ >"$run/COMPLETE"
	finish
}

# last_mesh: the directory of the newest mesh of the nodes at hand, if any
last_mesh() {
	set +f
	set -- "$runs"/*/peers
	set -f
	[ -e "$1" ] || return 0
	cut -f 1 "$run/nodes" | sort >"$tmp/at.hand"
	find "$runs" -mindepth 2 -maxdepth 2 -name peers 2>/dev/null |
	while read -r peers
	do
		[ -s "${peers%/*}/offsets" ] || continue
		cut -d ' ' -f 1 "$peers" | sort | comm -12 - "$tmp/at.hand" |
		    grep -q . || continue
		echo "$(stat -c %Y "$peers") ${peers%/*}"
	done | sort -n | tail -n 1 | cut -d ' ' -f 2-
}

# mesh_offsets: rows of what clocks are known to differ: of --offsets, or
# else of a mesh that is not older than an hour
mesh_offsets() {
	from=$offsets
	if [ -z "$from" ]
	then
		mesh=$(last_mesh)
		[ -z "$mesh" ] ||
		    [ -z "$(find "$mesh/peers" -mmin -60)" ] || from=$mesh/offsets
	fi
	[ -z "$from" ] || grep -v '^#' "$from" || :
}

# as_offsets: rows as mesh_offsets gives them, as a file
as_offsets() {
	awk 'BEGIN {
		print "#fsdb -F t node:a peer:a offset_ms:d err_ms:d time:d drift_ms:d" }
	{ print }
	END { print "# end: " NR }'
}
