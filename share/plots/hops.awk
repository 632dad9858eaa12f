# hops.awk - round trips by hop, for hops.gp; see recawk(1)
#
# A data set for each destination, its address first: ttl and milliseconds of
# every answer whose time is known.

$rtt_ms != "-" && $ttl != "-" {
	if (!($dst in rows))
		list[++n] = $dst
	rows[$dst] = rows[$dst] $ttl " " $rtt_ms "\n"
}

END {
	print "$rtt << END"
	for (i = 1; i <= n; i++)
		printf "%s\"%s\"\n%s", (i > 1 ? "\n\n" : ""), list[i], rows[list[i]]
	print "END"
	print "n_rtt = " n + 0
}
