# report.sh - tables for people; sourced by orchestrate
# shellcheck shell=sh disable=SC2154,SC2086,SC2046 # variables of cmd/orchestrate.sh; lists

# align: tab-separated lines in columns; numbers to the right
align() {
	awk -F '\t' '
	{
		for (i = 1; i <= NF; i++) {
			cell[NR, i] = $i
			if (length($i) > width[i]) width[i] = length($i)
			if (NR > 1 && $i !~ /^-?[0-9.]*%?$/) words[i] = 1
		}
		if (NF > cols) cols = NF
	}
	END {
		for (r = 1; r <= NR; r++) {
			line = ""
			for (i = 1; i <= cols; i++)
				line = line (i > 1 ? "  " : "") \
				    sprintf("%" (words[i] ? "-" : "") width[i] "s", cell[r, i])
			sub(/ +$/, "", line)
			print line
		}
	}'
}

# make_table: the table of the run, into its directory and to standard output
make_table() {
	{
		if is_path_verb
		then
			table_paths
		else
			table_head
			echo
			"table_$verb"
		fi
		table_foot
	} >"$run/table.part"
	mv "$run/table.part" "$run/table"
	cat "$run/table"
}

table_head() {
	state=complete
	[ ! -e "$run/PARTIAL" ] || state=PARTIAL
	echo "run $id: $verb, $(sed -n 's/^targets //p' "$run/hitlist") targets," \
	    "$(wc -l <"$run/nodes") nodes, $probe, $state"
}

table_foot() {
	if [ -s "$run/PARTIAL" ]
	then
		echo
		sed 's/^/partial: /' "$run/PARTIAL"
	fi
	if [ -s "$run/flags" ]
	then
		echo
		sed 's/^/flag: /' "$run/flags"
	fi
	echo
	echo "run directory: $run"
}

# quantiles: of "key number" lines, sorted by key, then number: key, how
# many, the 50th, 90th and 99th of a hundred; tab-separated
quantiles() {
	awk '
	function at(q) { i = int(q * n + 0.999999); return v[i < 1 ? 1 : i] }
	function out() {
		if (n) printf "%s\t%d\t%.3f\t%.3f\t%.3f\n", key, n, at(.5), at(.9), at(.99)
		n = 0
	}
	$1 "" != key { out(); key = $1 "" }
	{ v[++n] = $2 }
	END { out() }'
}

# What share answered at which site, and what became of the others.
table_catchments() {
	by=site,verdict
	[ "$(printf '%s\n' $origins | grep -c .)" -lt 2 ] || by=src,probe,$by
	rm -f "$run/share.new.gz"
	rc=0
	aggregate -g $by -w "$run/share.new.gz" "$run/result.gz" \
	    2>"$run/share.log" || rc=$?
	[ $rc -le 1 ] || { warn "$(tail -n 1 "$run/share.log")"; return 1; }
	mv "$run/share.new.gz" "$run/share.gz"
	aggregate -g $by --table "$run/result.gz" 2>/dev/null || :
}

# The same: every probe was sent by the site that caught the first.
table_latency() {
	table_catchments
}

# best.gz from the unicast result and, if there is one, the anycast result
make_best() {
	first_result='true'
	[ ! -e "$run/first/result.gz" ] || first_result="zcat '$run/first/result.gz'"
	zcat "$run/result.gz" | awk -F '\t' -v first="$first_result" '
	function anycast(hex,  n, w, i, v) {	# the site that catches hex, or ""
		while (!done && was < hex) {
			if ((first | getline line) <= 0) { done = 1; break }
			if (line ~ /^#fsdb /) {
				n = split(line, w, " ")
				for (i = 4; i <= n; i++) { sub(/:.*/, "", w[i]); g[w[i]] = i - 3 }
			}
			if (line ~ /^#/) continue
			split(line, v, "\t")
			was = v[g["hex"]] ""
			at = v[g["verdict"]] == "ok" ? v[g["rx"]] : ""
		}
		return was == hex ? at : ""
	}
	function out(  rx) {
		if (hex == "" || best == "") return
		rx = anycast(hex)
		seen = rx != "" && ("x" rx) in rtt
		print hex, dst, best, rtt["x" best], rx == "" ? "-" : rx, \
		    seen ? rtt["x" rx] : "-", \
		    seen ? sprintf("%.3f", rtt["x" rx] - rtt["x" best]) : "-", rtts
		n++
	}
	BEGIN {
		OFS = "\t"
		print "#fsdb -F t hex:a dst:a best:a best_rtt_ms:d rx:a rtt_ms:d loss_ms:d rtts:a"
	}'"$cols_awk"'
	$f["hex"] "" != hex {
		out()
		hex = $f["hex"] ""; dst = $f["dst"]; best = rtts = ""
		split("", rtt)
	}
	$f["verdict"] == "ok" && $f["rtt_ms"] != "-" {
		tx = $f["tx"]
		rtt["x" tx] = $f["rtt_ms"]
		rtts = rtts (rtts == "" ? "" : ",") tx ":" $f["rtt_ms"]
		if (best == "" || $f["rtt_ms"] + 0 < rtt["x" best] + 0) best = tx
	}
	END { out(); printf "# end: %d\n", n }' | gzip -1 >"$run/best.new.gz"
	mv "$run/best.new.gz" "$run/best.gz"
}

# Of each site: for how many blocks it is the best, how many it catches, and
# what those lose against their best site.
table_unicast() {
	make_best
	zcat "$run/best.gz" | awk -F '\t' "$cols_awk"'
	{ print $f["best"], "best" }
	$f["rx"] != "-" { print $f["rx"], "caught" }
	$f["loss_ms"] != "-" { print $f["rx"], $f["loss_ms"]; print "(all)", $f["loss_ms"] }' |
	    sort -k 1,1 -k 2,2g >"$run/best.lines"
	grep -v '[a-z]$' "$run/best.lines" | quantiles |
	    awk -F '\t' -v lines="$run/best.lines" '
	BEGIN {
		OFS = "\t"
		print "site", "best", "caught", "loss_p50_ms", "loss_p90_ms", "loss_p99_ms"
		while ((getline line <lines) > 0) {
			split(line, w, " ")
			if (w[2] != "best" && w[2] != "caught") continue
			n[w[1], w[2]]++; n["(all)", w[2]]++; site[w[1]] = 1
		}
	}
	{ q[$1] = $3 OFS $4 OFS $5 }
	function row(s) {
		print s, n[s, "best"] + 0, n[s, "caught"] + 0, s in q ? q[s] : ""
	}
	END {
		for (s in site) row(s)
		row("(all)")
	}' | { read -r line; echo "$line"; sort; } | sed 's/  *\([a-z]\)/\t\1/g' | align
	rm -f "$run/best.lines"
}

# census.gz from the result: where the answers of each target arrived
make_census() {
	zcat "$run/result.gz" | awk -F '\t' '
	function out() {
		if (hex == "") return
		print hex, dst, sent, answered, nsites, sites == "" ? "-" : sites
		n++
	}
	function at(site,  i, all, k) {	# insert into the sorted list
		if (site in seen) return
		seen[site] = 1
		k = split(sites, all, ",")
		sites = ""
		for (i = 1; i <= k && all[i] "" < site ""; i++)
			sites = sites all[i] ","
		sites = sites site
		for (; i <= k; i++) sites = sites "," all[i]
		nsites++
	}
	BEGIN {
		OFS = "\t"
		print "#fsdb -F t hex:a dst:a sent:q answered:q nsites:q sites:a"
	}'"$cols_awk"'
	$f["hex"] "" != hex {
		out()
		hex = $f["hex"] ""; dst = $f["dst"]
		sent = answered = nsites = 0; sites = ""
		split("", seen)
	}
	{ sent++ }
	$f["verdict"] == "ok" || $f["verdict"] == "multi" {
		answered++
		k = split($f["sites"], where, ",")
		for (i = 1; i <= k; i++) at(where[i])
	}
	END { out(); printf "# end: %d\n", n }' | gzip -1 >"$run/census.new.gz"
	mv "$run/census.new.gz" "$run/census.gz"
}

table_census() {
	make_census
	zcat "$run/census.gz" | awk -F '\t' "$cols_awk"'
	{ n[$f["nsites"]]++; if ($f["nsites"] > max) max = $f["nsites"]; all++ }
	END {
		print "sites\ttargets\tshare"
		for (i = 0; i <= max; i++)
			printf "%d\t%d\t%.2f%%\n", i, n[i], 100 * n[i] / all
		for (i = 2; i <= max; i++) anycast += n[i]
		printf "anycast\t%d\t%.2f%%\n", anycast, 100 * anycast / all
	}' | align
}
