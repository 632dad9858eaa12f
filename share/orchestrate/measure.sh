# measure.sh - a run of ping, trace, tracelb or tracebox as mPlane's client
# shows a measurement; sourced by orchestrate
# shellcheck shell=sh disable=SC2154,SC2086,SC2046 # variables of cmd/orchestrate.sh; lists

show_measure() {
	echo 'result: measure'
	say_pair 4 label "$id"
	say_pair 4 token "$(measure_token)"
	say_pair 4 when "$(measure_when)"
	measure_parameters >"$tmp/parameters"
	echo "    parameters  ($(printf %2d $(wc -l <"$tmp/parameters"))): "
	say_pairs "$tmp/parameters"
	measure_metadata >"$tmp/metadata"
	echo "    metadata    ($(printf %2d $(wc -l <"$tmp/metadata"))): "
	say_pairs "$tmp/metadata"
	[ ! -e "$run/hops.gz" ] || measure_results
	[ ! -s "$run/PARTIAL" ] || sed 's/^/    partial     : /' "$run/PARTIAL"
	[ ! -s "$run/flags" ] || sed 's/^/    flag        : /' "$run/flags"
}

say_pair() {
	printf '%*s%-12s: %s\n' "$1" '' "$2" "$3"
}

say_pairs() {
	awk -F '\t' '{ printf "%42s: %s\n", $1, $2 }' "$1"
}

# measure_token: the same for the same question, asked in the same run
measure_token() {
	cat "$run/options" "$run/nodes" | { cat; echo "$id"; } |
	    sha256sum | cut -c 1-32
}

# measure_when: from the first probe to the last thing that happened
measure_when() {
	[ -e "$run/hops.gz" ] || { echo "now ... future"; return; }
	zcat "$run/hops.gz" | awk -F '\t' "$cols_awk"'
	{
		t = $f["sent_time"]
		if (first == "" || t < first) first = t
		if (t > last) last = t
		if ("reply_time" in f && $f["reply_time"] != "-" && $f["reply_time"] > last)
			last = $f["reply_time"]
	}
	END { if (first != "") print first; if (last != "") print last }' |
	while read -r t
	do
		date -u -d "@$t" '+%Y-%m-%d %H:%M:%S.%6N'
	done | paste -sd '|' - | sed 's/|/ ... /'
}

# measure_parameters: "name value" lines, tab-separated, by mPlane's names
# where it has them
measure_parameters() {
	path_sources | tr , '\n' | awk '{ print "source.ip" (/:/ ? 6 : 4) "\t" $0 }'
	n=$(wc -l <"$run/targets")
	if [ "$n" -le 8 ]
	then
		awk '{ print "destination.ip" (/:/ ? 6 : 4) "\t" $0 }' "$run/targets"
	else
		printf 'destination\t%s targets\n' "$n"
	fi
	awk -v verb="$verb" -v table="$parts/orchestrate/capabilities" '
	BEGIN {
		while ((getline line <table) > 0) {
			split(line, c, "\t")
			if (c[1] == "parameter" && c[2] == verb) name[c[4]] = c[3]
		}
		name["--dest-port"] = name["--port"]
	}
	$1 in name { print name[$1] "\t" $2 }' "$run/options"
}

measure_metadata() {
	printf 'System_type\tcastnet\nSystem_version\t%s\n' "$version"
	printf 'System_ID\t%s\n' "$(paste -sd , "$run/senders" 2>/dev/null || echo -)"
	[ ! -e "$run/hops.gz" ] || zcat "$run/hops.gz" | awk '
	/^# (paths|key|clock|counts|rtt|probe|version): / {
		k = $2; sub(/:$/, "", k)
		line = $0; sub(/^# [a-z-]*: /, "", line)
		if (!seen[k]++) print k "\t" line
	}'
	printf 'state\t%s\n' "$(run_state "$run")"
}

# measure_results: by the columns of the capability, or of the verb's first
measure_results() {
	case ${capability:-$verb} in
	ping-average*)	how=average ;;
	ping*)		how=detail ;;
	tracelb*)	how=graph ;;
	tracebox*quotesize*) how=quotesize ;;
	*)		how=$verb ;;
	esac
	if [ $how = graph ]
	then
		table_paths | sed '/^$/d' | awk '{ print "scamper.tracelb.result\t" $0; print "" }'
	else
		zcat "$run/hops.gz" | awk -F '\t' -v how="$how" "$cols_awk$results_awk" |
		    in_order $how
	fi >"$tmp/results"
	echo "    resultvalues($(grep -c '^$' "$tmp/results" || :)):"
	awk -F '\t' 'BEGIN { start = 1 }
	/^$/ { start = 1; next }
	start { printf "          result %d:\n", n++; start = 0 }
	{ printf "%46s: %s\n", $1, $2 }' "$tmp/results"
}

# in_order how: rows of hops by target, sender, flow, ttl and attempt; then
# as "name value" lines with a blank one at the end of each
in_order() {
	case $1 in
	average)	cat ;;
	*)		sort -t '	' -k 1,1 -k 2,2 -k 3,3n -k 4,4n -k 5,5n ;;
	esac | awk -F '\t' '{
		for (i = 6; i <= NF; i += 2) print $i "\t" $(i + 1)
		print ""
	}'
}

results_awk='
function ip(a) { return a ~ /:/ ? "ip6" : "ip4" }
function ms(x) { return x == "-" ? "NaN" : x }
function us(x) { return x == "-" ? "NaN" : sprintf("%.0f", x * 1000) }
function row(s) {
	printf "%s\t%s\t%s\t%s\t%s%s\tcastnet.destination\t%s\tcastnet.tx\t%s\tcastnet.rx\t%s\n", \
	    $f["hex"], $f["tx"], $f["flow"], $f["ttl"], $f["attempt"], s, \
	    $f["dst"], $f["tx"], $f["rx"]
}
how == "average" {
	k = $f["dst"] "\t" $f["tx"]
	if (!(k in sent)) order[++n] = k
	sent[k]++
	if ($f["verdict"] == "ok" && $f["rtt_ms"] != "-") {
		r = $f["rtt_ms"] * 1000
		if (!(k in got) || r < min[k]) min[k] = r
		if (!(k in got) || r > max[k]) max[k] = r
		got[k]++; sum[k] += r
	}
	next
}
how == "detail" {
	row("\ttime\t" $f["sent_time"] "\tdelay.twoway.icmp.us\t" us($f["rtt_ms"]))
	next
}
{
	hop = $f["from"] == "-" ? "*" : $f["from"]
	s = "\tscamper." (how == "quotesize" ? "tracebox" : how) ".hop." ip($f["dst"]) "\t" hop
	if (how == "trace")
		s = s "\trtt.ms\t" ms($f["rtt_ms"]) "\trtt.us\t" us($f["rtt_ms"])
	else {
		m = $f["mods"]
		if (m == "same" || m == "-") m = ""
		gsub(/,/, " ", m)
		s = s "\tscamper.tracebox.hop.modifications\t" m
		if (how == "quotesize")
			s = s "\tscamper.tracebox.hop.icmp.payload.len\t" $f["qlen"]
	}
	row("\tcastnet.ttl\t" $f["ttl"] s)
}
END {
	for (i = 1; i <= n; i++) {
		k = order[i]
		split(k, w, "\t")
		printf "0\t0\t0\t0\t0"
		printf "\tdelay.twoway.icmp.us.min\t%s", k in got ? sprintf("%.0f", min[k]) : "NaN"
		printf "\tdelay.twoway.icmp.us.mean\t%s", k in got ? sprintf("%.0f", sum[k] / got[k]) : "NaN"
		printf "\tdelay.twoway.icmp.us.max\t%s", k in got ? sprintf("%.0f", max[k]) : "NaN"
		printf "\tdelay.twoway.icmp.count\t%d\tcastnet.sent\t%d", got[k], sent[k]
		printf "\tcastnet.destination\t%s\tcastnet.tx\t%s\n", w[1], w[2]
	}
}'
