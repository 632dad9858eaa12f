# pathargs.sh - what is asked of ping, trace, tracelb and tracebox: their
# options, targets and first probes; sourced by orchestrate
# shellcheck shell=sh disable=SC2154,SC2086 # variables of cmd/orchestrate.sh; lists

is_path_verb() {
	case $verb in
	ping|trace|tracelb|tracebox)	return 0 ;;
	esac
	return 1
}

path_defaults() {
	targets='' targets_file='' path_given='' map_given='' capability=''
	first_ttl='' max_ttl='' queries='' wait_secs=1 gap_limit='' tos='' spec=''
	mesh_secs=3 confidence='' max_probes='' flows='' interval='' packet_size='' lookup='' per_trace='' until_ttl=''
}

# path_flag name: options without value; 1 when it is none of them
path_flag() {
	case $1 in
	-I|--icmp)	probe=icmp probe_given=1 ;;
	--names)	lookup=1 ;;
	--per-trace)	per_trace=1 ;;
	*)		return 1 ;;
	esac
	path_given="$path_given $1"
}

# path_value name value: options with one
path_value() {
	case $1 in
	-T|--targets-file)	targets_file=$2 ;;
	-f|--first-ttl)		want "$1" "$2" "$byte_re"; first_ttl=$2 ;;
	-m|--max-ttl)		want "$1" "$2" "$byte_re"; max_ttl=$2 ;;
	-q|--queries)		want "$1" "$2" '[1-9][0-9]{0,4}'; queries=$2 ;;
	-w|--wait)		want "$1" "$2" '[0-9]{1,3}(\.[0-9]{1,3})?'; wait_secs=$2 ;;
	-g|--gap-limit)		want "$1" "$2" "0|$byte_re"; gap_limit=$2 ;;
	-p|--port)		want "$1" "$2" "$port_re"; dport=$2 ;;
	--time)			want "$1" "$2" "$span_re"; mesh_secs=$(seconds "$2") ;;
	--tos)			want "$1" "$2" "0|$byte_re"; tos=$2 ;;
	--until)		want "$1" "$2" "$byte_re"; until_ttl=$2 ;;
	--spec)			want "$1" "$2" '[A-Z][A-Za-z0-9_/()+=.,:-]{0,199}'; spec=$2 ;;
	--confidence)		want "$1" "$2" '[0-9]{1,2}(\.[0-9]{1,6})?'; confidence=$2 ;;
	--max-probes)		want "$1" "$2" '[1-9][0-9]{0,8}'; max_probes=$2 ;;
	--flows)		want "$1" "$2" '[1-9][0-9]{0,3}'; flows=$2 ;;
	--interval)		want "$1" "$2" '[0-9]{1,5}(\.[0-9]{1,6})?(ms|s)?'; interval=$2 ;;
	--size)			want "$1" "$2" '[1-9][0-9]{1,4}'; packet_size=$2 ;;
	*)			warn "no such option: $1"; usage ;;
	esac
	path_given="$path_given $1"
}

byte_re='([1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])'

# path_options: those given, for the options file
path_options() {
	for pair in "--first-ttl $first_ttl" "--max-ttl $max_ttl" \
	    "--queries $queries" "--wait $wait_secs" "--gap-limit $gap_limit" \
	    "--tos $tos" "--spec $spec" "--confidence $confidence" \
	    "--max-probes $max_probes" "--flows $flows" "--interval $interval" \
	    "--size $packet_size" "--until $until_ttl"
	do
		[ -z "${pair#* }" ] || echo "$pair"
	done
	[ -z "$lookup" ] || echo --names
	[ -z "$per_trace" ] || echo --per-trace
	[ -z "$capability" ] || echo "capability $capability"
}

# only_for which list option ...: refuse those of the list that are not there
only_for() {
	which=$1
	shift
	for o in $path_given
	do
		case " $* " in
		*" $o "*)	;;
		*)		die "$o: not for $which" ;;
		esac
	done
}

# suit_verb: options of the other family of verbs are refused; -t is what
# traceroute has it for, and the time to live where one is chosen.
suit_verb() {
	ours='-T --targets-file -w --wait -q --queries --names'
	wire='-p --port -I --icmp -t --tos --size'
	ways='-f --first-ttl -m --max-ttl --until -g --gap-limit'
	case $verb in
	ping)		only_for ping $ours $wire --interval ;;
	trace)		only_for trace $ours $wire $ways --flows ;;
	tracelb)	only_for tracelb $ours $wire $ways --flows --confidence \
			    --per-trace --max-probes ;;
	tracebox)	only_for tracebox $ours $ways --spec
			[ -z "$probe_given$dport" ] ||
			    die 'tracebox: --spec says what probes are' ;;
	conntest)	only_for conntest -p --port --time ;;
	*)		only_for "$verb" -t ;;
	esac
	if ! is_path_verb
	then
		[ -z "$t_value" ] || ttl=$t_value
		[ -z "$targets" ] || { warn "what is this:$targets"; usage; }
		[ -z "$ttl" ] || want -t "$ttl" "$byte_re"
		return
	fi
	[ -z "$t_value" ] || { want -t "$t_value" "0|$byte_re"; tos=$t_value; }
	[ -z "$map_given" ] || die "${map_given# }: not for $verb"
	[ "$verb" = ping ] || [ -z "$ttl" ] || die "--ttl: not for $verb: -m, -f"
	[ -n "$cooldown_given" ] || cooldown=0
}

# --- targets ---------------------------------------------------------------

# Words that may be targets, one a line, from a file of addresses, names or
# target records; what else stands there is refused with its place.
targets_awk='
function bad(why) {
	printf "orchestrate: %s:%d: %s: %s\n", file, NR, why, x >"/dev/stderr"
	errors++
}
function address4(s,  a, i) {
	if (split(s, a, ".") != 4) return 0
	for (i = 1; i <= 4; i++)
		if (a[i] !~ /^[0-9]+$/ || length(a[i]) > 3 || a[i] > 255) return 0
	return 1
}
function address6(s,  a, n, i, gaps) {
	if (s !~ /^[0-9A-Fa-f:.]+$/ || s ~ /:::/ || s ~ /[^:]:$/ || s ~ /^:[^:]/)
		return 0
	gaps = gsub(/::/, ":-:", s)
	sub(/^:/, "", s); sub(/:$/, "", s)
	n = split(s, a, ":")
	if (a[n] ~ /[.]/ && !address4(a[n])) return 0
	for (i = 1; i <= n; i++)
		if (a[i] != "-" && !(i == n && a[i] ~ /[.]/) &&
		    (a[i] == "" || length(a[i]) > 4 || a[i] ~ /[.]/))
			return 0
	if (a[n] ~ /[.]/) n++
	return gaps > 1 ? 0 : gaps ? n <= 8 : n == 8
}
BEGIN { col = 1 }
/^#fsdb / {
	n = split($0, a, " ")
	for (i = 4; i <= n; i++) if (a[i] ~ /^dst(:|$)/) col = i - 3
	next
}
{ sub(/\r$/, ""); sub(/(^|[ \t])#.*/, "") }
/^[ \t]*$/ { next }
{
	x = $col
	if (x ~ /[^ -~]/) { x = "(not shown)"; bad("not a target") }
	else if (x ~ /:/) {
		if (address6(x)) print 6, x; else bad("not an address")
	} else if (x ~ /^[0-9.]+$/) {
		if (address4(x)) print 4, x; else bad("not an address")
	} else if (length(x) <= 253 && x ~ /^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?$/ && x !~ /[.][.]/)
		print "name", x
	else
		bad("not a target")
}
END { exit errors > 0 }'

# read_targets: "4 address", "6 address" or "name name" lines
read_targets() {
	if [ -n "$targets_file" ]
	then
		is_file "$targets_file" ||
		    { warn "$targets_file: cannot read the targets"; return 1; }
		zcat -f -- "$targets_file" | awk -v file="$targets_file" "$targets_awk"
	else
		printf '%s\n' $targets | awk -v file=target "$targets_awk"
	fi
}

# resolve name: "family address" of the asked family; the first one counts
resolve() {
	case $family in
	4)	bases=ahostsv4 ;;
	6)	bases=ahostsv6 ;;
	*)	bases=ahosts ;;
	esac
	timeout 20 getent $bases "$1" | awk '$2 == "STREAM" || NR == 1 {
		print $1 ~ /:/ ? 6 : 4, $1; exit }'
}

# path_targets: the run's targets as records, each once, of its families; the
# name of what was given as a name is kept in names
path_targets() {
	: >"$run/names"
	read_targets >"$run/targets.lines" || return 1
	while read -r kind word
	do
		if [ "$kind" = name ]
		then
			found=$(resolve "$word")
			[ -n "$found" ] || { warn "$word: no address"; return 1; }
			echo "${found#* } $word" >>"$run/names"
			echo "$found"
		else
			echo "$kind $word"
		fi
	done <"$run/targets.lines" | awk -v family="$family" '
	(family == "any" || $1 == family) && !seen[$2]++ { print $2 }' >"$run/targets"
	rm -f "$run/targets.lines"
	[ -s "$run/targets" ] || {
		warn "${targets_file:-${targets# }}: no target $(may_be_probed)"
		return 1
	}
}

may_be_probed() {
	[ "$family" = any ] || printf 'of IPv%s' "$family"
}

# --- the first round -------------------------------------------------------

# make_probes number file: the first round's, in an order of that node's own
make_probes() {
	mode=--$verb
	[ "$verb" != tracebox ] || mode="--tracebox ${spec:-IP/TCP}"
	mkprobes $mode -e "$((seed + $1))" --quiet \
	    ${probe_given:+-P "$probe"} ${dport:+-p "$dport"} \
	    ${first_ttl:+-f "$first_ttl"} ${max_ttl:+-m "$max_ttl"} \
	    ${until_ttl:+--until "$until_ttl"} ${queries:+-q "$queries"} \
	    ${gap_limit:+-g "$gap_limit"} ${flows:+--flows "$flows"} \
	    ${tos:+--tos "$tos"} ${packet_size:+--size "$packet_size"} \
	    ${interval:+--interval "$interval"} \
	    ${confidence:+--confidence "$confidence"} \
	    ${per_trace:+--per-trace} -w "$2" <"$run/targets"
}

# would_send: which of the targets a node's sendprobes will not refuse
would_send() {
	set -- --dry-run --quiet -r 0
	for a in $allow
	do
		set -- "$@" --allow-prefix "$a"
	done
	[ -z "$blocklist" ] || set -- "$@" -b "$blocklist"
	sources=$(path_sources)
	[ -z "$sources" ] || set -- "$@" -S "$sources"
	sendprobes "$@" <"$run/targets" 2>/dev/null |
	    awk -F '\t' "$cols_awk"' { print $f["dst"] }'
}

# path_sources: one address of each family that probes come from
path_sources() {
	awk -F '\t' -v given="$source" -v family="$family" '
	function take(list,  a, n, i) {
		n = split(list, a, ",")
		for (i = 1; i <= n; i++) {
			six = a[i] ~ /:/
			if (a[i] == "" || a[i] == "-" || has[six] ||
			    (family != "any" && family != (six ? 6 : 4)))
				continue
			has[six] = 1
			out = out (out == "" ? "" : ",") a[i]
		}
	}
	BEGIN { take(given) }
	{ take($5) }
	END { print out }' "$run/nodes"
}

# path_prepare: targets, those that will be refused, the first probes of
# one node: what is wrong with what was asked shows here
path_prepare() {
	path_targets || return 1
	would_send | awk -v targets="$run/targets" '
	{ would[$0] = 1 }
	END { while ((getline line <targets) > 0) if (!(line in would)) print line }' \
	    >"$run/refused"
	n=$(wc -l <"$run/targets")
	if [ -s "$run/refused" ]
	then
		line=$(head -n 1 "$run/refused")
		why="$line: special-purpose, on the blocklist, or no source for it"
		[ -n "$targets_file" ] || { warn "$why"; return 1; }
		[ "$(wc -l <"$run/refused")" -lt "$n" ] ||
		    { warn "$targets_file: $why, and so are all others"; return 1; }
	fi
	printf 'name %s\ntargets %s\n' "${targets_file:--}" "$n" >"$run/hitlist"
	make_probes 0 "$run/probes.one" 2>"$run/probes.log" || {
		sed -n "s/^mkprobes: /$prog: /; 1p" "$run/probes.log" >&2
		return 1
	}
	probe=$(awk -F '\t' "$cols_awk"' { print $f["probe"]; exit }' \
	    "$run/probes.one")
	echo "$probe" >"$run/probe"
	rm -f "$run/probes.one" "$run/probes.log"
}
