# report.sh - tables for people; sourced by orchestrate
# shellcheck shell=sh disable=SC2154 # variables of cmd/orchestrate.sh

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
		table_head
		echo
		"table_$verb"
		table_foot
	} >"$run/table.part"
	mv "$run/table.part" "$run/table"
	cat "$run/table"
}

table_head() {
	if [ -e "$run/PARTIAL" ]
	then
		state='PARTIAL'
	else
		state='complete'
	fi
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

# by_site: rows "site blocks share" from a result, silent and odd ones last
table_catchments() {
	zcat "$run/result.gz" | awk -F '\t' "$cols_awk"'
	{ n++; v = $f["verdict"]; verdicts[v]++; if (v == "ok") { ok++; site[$f["rx"]]++ } }
	END {
		for (s in site) printf "0%s\t%d\t%.1f%%\n", s, site[s], 100 * site[s] / ok
		for (v in verdicts) if (v != "ok") printf "1(%s)\t%d\t\n", v, verdicts[v]
		printf "2(sent)\t%d\t\n", n
	}' | sort | sed 's/^.//' | { printf 'site\tblocks\tshare\n'; cat; } | align
}
