#!/bin/sh
# match - matchresults and aggregate next to sort, join and awk, and to SQLite
#
# usage: tests/bench/run match
# N (targets, 6400000) and RUNS (5) can be set.  All three give the table of
# the catchments; they run in turn, on the same files, and have to agree.
# A second race keeps the result per probe as well, compressed.

# shellcheck disable=SC2016,SC2089,SC2090 # awk's and sh's text, exported

set -eu
LC_ALL=C; export LC_ALL
n=${N-6400000}
runs=${RUNS-5}
tab=$(printf '\t')
work=$(mktemp -d "${TMPDIR:-/tmp}/match.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cd "$work"

# ours: through a pipe, when only the table is wanted
ours() {
	matchresults sent.*.gz reply.*.gz | aggregate | recawk -v OFS='\t' \
	    '{ print $site, $verdict, $blocks }' | sort
}

ours_keeping() {
	matchresults --force -w ours.gz sent.*.gz reply.*.gz
	aggregate ours.gz | recawk -v OFS='\t' \
	    '{ print $site, $verdict, $blocks }' | sort
}

# The best reply of a target sorts first: the target's own, from elsewhere,
# late, an error.  Sites of the best class are counted.
replies='
/^#/ { next }
$13 == "mac64" {
	if ($3 != "echo") c = 4
	else if ($1 - $8 > 900) c = 3
	else if ($4 != $9) c = 2
	else c = 1
	print $9, c, $2
}'
verdicts='
function out() {
	if (dst == "") return
	if (class == 1 && sites > 1) v = "-\tmulti"
	else if (class == 1) v = site "\tok"
	else if (class == 2) v = "-\talias"
	else if (class == 3) v = "-\tlate"
	else if (class == 4) v = "-\tunreach"
	else v = "-\tnone"
	count[v]++
}
$1 != dst { out(); dst = $1; class = $2; site = $3; sites = 1; next }
$2 == class && $3 != site { sites++ }
END { out(); for (v in count) print v "\t" count[v] }'

pipeline() {
	rm -f fifo
	mkfifo fifo
	zcat reply.*.gz | mawk -F '\t' -v OFS='\t' "$replies" |
	    sort -S 512M -u >fifo &
	zcat sent.*.gz | grep -v '^#' | cut -f 5 | sort -S 512M |
	    join -t "$tab" -a 1 - fifo | mawk -F '\t' "$verdicts" | sort
	wait
}

# The same with what a result says of a probe: the target in hex, which
# result files are sorted by, sender, site, verdict, address, kind, time.
hex='
function hex(s) { split(s, b, "."); return h[b[1]] h[b[2]] h[b[3]] h[b[4]] }
BEGIN { for (i = 0; i < 256; i++) h[i] = sprintf("%02x", i) }
/^#/ { next }'
sent_keep='{ print hex($5), $5, $2, $1 }'
replies_keep='
$13 == "mac64" {
	if ($3 != "echo") c = 4
	else if ($1 - $8 > 900) c = 3
	else if ($4 != $9) c = 2
	else c = 1
	print hex($9), c, $1, $2, $4, $3, $14
}'
verdicts_keep='
function out() {
	if (key == "") return
	if (class == 1 && sites > 1) { v = "multi"; site = "-" }
	else if (class == 1) v = "ok"
	else if (class == 2) v = "alias"
	else if (class == 3) v = "late"
	else if (class == 4) v = "unreach"
	else v = "none"
	count[(v == "ok" ? site : "-") "\t" v]++
	print key, dst, tx, site, v, from, kind, rttl, n, all, sent
}
$1 "" != key {
	out()
	key = $1 ""; dst = $2; tx = $3; sent = $4; class = $5
	n = class == "" ? 0 : 1
	site = n ? $7 : "-"; from = n ? $8 : "-"; kind = n ? $9 : "-"
	rttl = n ? $10 : "-"; all = site; sites = 1
	next
}
{ n++ }
$5 == class && index("," all ",", "," $7 ",") == 0 { sites++; all = all "," $7 }
END { out(); for (v in count) print v "\t" count[v] >"table" }'

pipeline_keeping() {
	rm -f fifo
	mkfifo fifo
	zcat reply.*.gz | mawk -F '\t' -v OFS='\t' "$hex$replies_keep" |
	    sort -S 512M >fifo &
	zcat sent.*.gz | mawk -F '\t' -v OFS='\t' "$hex$sent_keep" |
	    sort -S 512M | join -t "$tab" -a 1 - fifo |
	    mawk -F '\t' -v OFS='\t' "$verdicts_keep" | gzip -1 >theirs.gz
	wait
	sort table
}

sqlite() {
	rm -f db s.fifo r.fifo
	mkfifo s.fifo r.fifo
	zcat sent.*.gz | grep -v '^#' | cut -f 5 >s.fifo &
	zcat reply.*.gz | mawk -F '\t' -v OFS='\t' "$replies" >r.fifo &
	sqlite3 db <<-'END'
	.output /dev/null
	pragma journal_mode = off;
	pragma synchronous = off;
	pragma cache_size = -500000;
	create table sent(dst text);
	create table reply(dst text, class integer, site text);
	.mode tabs
	.import s.fifo sent
	.import r.fifo reply
	create index by_dst on reply(dst, class, site);
	.output table
	with best as (select dst, min(class) as class from reply group by dst),
	one as (select b.dst, b.class, count(distinct r.site) as sites,
	    min(r.site) as site from best b
	    join reply r on r.dst = b.dst and r.class = b.class group by b.dst)
	select case when class = 1 and sites = 1 then site else '-' end,
	    case when class is null then 'none'
	    when class = 1 and sites = 1 then 'ok' when class = 1 then 'multi'
	    when class = 2 then 'alias' when class = 3 then 'late'
	    else 'unreach' end, count(*)
	from sent left join one on one.dst = sent.dst group by 1, 2;
	END
	wait
	sort table
}

# timed how: one run; seconds, CPU seconds and KiB to its list; the table to
# its file.  The largest process counts, as all of them are there at once
# only for us.
timed() {
	export n tab replies verdicts hex sent_keep replies_keep verdicts_keep
	/usr/bin/time -f '%e %U %S %M' -o time sh "$work/race" "$1" >"table.$1"
	awk '{ print $1, $2 + $3, $4 }' time >>"times.$1"
}

median() {
	sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# column how number: the median of that number over all runs
column() {
	cut -d ' ' -f "$2" "times.$1" | median
}

row() {
	awk -v what="$2" -v s="$(column "$1" 1)" -v cpu="$(column "$1" 2)" \
	    -v kib="$(column "$1" 3)" -v base="$(column "$3" 1)" \
	    -v runs="$(cut -d ' ' -f 1 "times.$1" | sort -g | tr '\n' ' ')" '
	BEGIN {
		printf "| %s | %.2f | %.2f | %.0f | %.2f | %s|\n",
		    what, s, cpu, kib / 1024, s / base, runs
	}'
}

agree() {
	for how
	do
		cmp -s table.ours "table.$how" || {
			echo "match: $how gives another table" >&2
			diff table.ours "table.$how" >&2 || :
			exit 1
		}
	done
}

report() {
	head='| | seconds | CPU seconds | largest process, MiB | ratio | runs |
|---|---|---|---|---|---|'
	echo '## matchresults and aggregate'
	echo
	echo "$(date -u +%F): $n probes sent by 3 nodes," \
	    "$(zcat reply.*.gz | grep -vc '^#') replies at 6 sites, made by" \
	    "matchgen; $(sort --version | head -n 1), $(mawk -W version 2>&1 |
	    head -n 1 | cut -d ' ' -f 1-2), SQLite $(sqlite3 --version |
	    cut -d ' ' -f 1), gzip -1.  $runs runs each, in turn;" \
	    "processors $idle % idle before."
	echo
	echo 'The table of the catchments only, from .gz:'
	echo
	echo "$head"
	row ours 'matchresults, piped to aggregate' ours
	row pipeline 'zcat, cut, sort, join, mawk' ours
	row sqlite 'SQLite' ours
	echo
	echo 'The result per probe kept as well, .gz to .gz:'
	echo
	echo "$head"
	row ours_keeping 'matchresults, aggregate' ours_keeping
	row pipeline_keeping 'zcat, mawk, sort, join, mawk, gzip -1' \
	    ours_keeping
	echo
	echo 'All give the same table, which is compared after each run.'
}

# idle: per cent of five seconds in which the processors had nothing to do
idle() {
	head -n 1 /proc/stat >stat
	sleep 5
	head -n 1 /proc/stat | cat stat - | awk '
	{ for (i = 2; i <= NF; i++) sum[NR] += $i; free[NR] = $5 + $6 }
	END { printf "%.0f", 100 * (free[2] - free[1]) / (sum[2] - sum[1]) }'
}

"$BENCH/matchgen" "$n" 1 .
sync
idle=$(idle)
sed -n '/^tab=/p; /^ours() /,/^# timed/p' "$TOP/tests/bench/match.sh" >race
echo '"$1"' >>race
i=0
while [ "$i" -lt "$runs" ]
do
	i=$((i + 1))
	for how in ours pipeline sqlite ours_keeping pipeline_keeping
	do
		timed "$how"
	done
	agree pipeline sqlite ours_keeping pipeline_keeping
done
report
