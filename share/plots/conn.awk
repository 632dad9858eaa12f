# conn.awk - the series of conn records, for conn.gp; see conntest(1)
#
# A datablock for each panel: one data set for each line in it, its name first.
# An empty line, a gap in what is drawn, is where none came for a while.

# add panel name y [error]: a point, at the time of this record.
function add(panel, name, y, e,   dt) {
	if (!((panel, name) in rows)) {
		list[panel, ++n[panel]] = name
		rows[panel, name] = ""
	} else {
		dt = $time - last[panel, name]
		if (dt > 2.5 * step[panel, name] && step[panel, name])
			rows[panel, name] = rows[panel, name] "\n"
		else if (dt > 0)
			step[panel, name] = dt
	}
	if (!(panel in top) || y + e > top[panel])
		top[panel] = y + e
	if (!(panel in low) || y - e < low[panel])
		low[panel] = y - e
	last[panel, name] = $time
	if (from == "" || $time < from)
		from = $time
	if (to == "" || $time > to)
		to = $time
	rows[panel, name] = rows[panel, name] $time " " y \
	    (e != "" ? " " e : "") "\n"
}

function put(panel,   i, name) {
	print "$" panel " << END"
	for (i = 1; i <= n[panel]; i++) {
		name = list[panel, i]
		printf "%s\"%s\"\n%s", (i > 1 ? "\n\n" : ""), name, \
		    rows[panel, name]
	}
	print "END"
	print "n_" panel " = " n[panel] + 0
	print "low_" panel " = " low[panel] + 0
	print "top_" panel " = " top[panel] + 0
}

$event != "interval" { next }
{
	who = $peer " " $proto " " (test ? $test : "latency")
	gsub(/[^A-Za-z0-9.: _\[\]-]/, "?", who)
	on = who " " $dir
	if ($rtt_p50_ms != "-") {
		add("rtt", who " p50", $rtt_p50_ms)
		add("rtt", who " p90", $rtt_p90_ms)
		add("rtt", who " p99", $rtt_p99_ms)
	}
	if ($sent != "-" && $sent > 0 && $lost != "-")
		add("loss", on, 100 * $lost / $sent)
	if ($jitter_ms != "-")
		add("jitter", on, $jitter_ms)
	if ($bps != "-")
		add("bps", on, $bps / 1e6)
	if (offset_ms && $offset_ms != "-")
		add("offset", who, $offset_ms, $owd_err_ms)
}

END {
	print "t_from = " (from == "" ? 0 : from)
	print "t_to = " (to == "" ? 0 : to)
	put("rtt")
	put("loss")
	put("jitter")
	put("bps")
	put("offset")
}
