# nodes.sh - the nodes file; sourced by orchestrate
# shellcheck shell=sh disable=SC2154 # variables of cmd/orchestrate.sh

# One line a node: name destination [key=value ...].  Written again as a
# table, tab-separated: name number destination iface source unicast lat lon
# rate sudo castnode, "-" for what is not given.  A node's number, which its
# probes carry, is its place in the file.
# mawk of Debian 12 knows no {m,n}: lengths are checked by length().
nodes_awk='
function bad(why) {
	printf "orchestrate: %s:%d: %s\n", FILENAME, NR, why >"/dev/stderr"
	errors++
}
function is(s, re, max) { return length(s) <= max && s ~ ("^(" re ")$") }
function within(s, top) {
	return is(s, "-?[0-9]+([.][0-9]+)?", 16) && s + 0 <= top && s + 0 >= -top
}
function address(s) { return is(s, "[0-9a-f][0-9a-f.:]+", 45) && s ~ /[.:]/ }
function addresses(s,  a, n) {
	n = split(s, a, ",")
	return n <= 2 && address(a[1]) && (n == 1 || address(a[2]))
}
function suits(k, x) {
	if (k == "iface") return is(x, "[A-Za-z0-9][A-Za-z0-9._-]*", 15)
	if (k == "source" || k == "unicast") return addresses(x)
	if (k == "lat") return within(x, 90)
	if (k == "lon") return within(x, 180)
	if (k == "rate") return is(x, "[1-9][0-9]*", 8)
	if (k == "sudo") return is(x, "yes|no", 3)
	return is(x, "([A-Za-z0-9/][A-Za-z0-9._/-]*/)?castnode", 200)
}
BEGIN {
	split("iface source unicast lat lon rate sudo castnode", keys, " ")
	for (i = 1; i in keys; i++)
		known[keys[i]] = i
	name_re = "[A-Za-z0-9][A-Za-z0-9._-]*"
	OFS = "\t"
}
{ sub(/\r$/, ""); sub(/(^|[ \t])#.*/, "") }
/^[ \t]*$/ { next }
/[^ -~\t]/ { bad("control or non-ASCII characters"); next }
{
	first = NF > 1 && $2 !~ /=/ ? 3 : 2	# of the keys
	dest = first == 3 ? $2 : $1
	if (!is($1, name_re, 253)) { bad("not a node name: " $1); next }
	if (!is(dest, "([A-Za-z0-9_][A-Za-z0-9._-]*@)?[A-Za-z0-9][A-Za-z0-9._:-]*", 286)) {
		bad("not an ssh destination: " dest); next
	}
	if ($1 in seen) { bad("the name is there twice: " $1); next }
	seen[$1] = 1
	for (i in known) v[i] = "-"
	for (f = first; f <= NF; f++) {
		if (!(at = index($f, "="))) { bad("not key=value: " $f); break }
		k = substr($f, 1, at - 1); x = substr($f, at + 1)
		if (!(k in known)) { bad("not a key: " k); break }
		if (v[k] != "-") { bad("key is there twice: " k); break }
		if (!suits(k, x)) { bad("not a value for " k ": " x); break }
		v[k] = x
	}
	if (++n > 65535) { bad("too many nodes"); exit }
	line = $1 OFS n OFS dest
	for (i = 1; i in keys; i++) line = line OFS v[keys[i]]
	table[n] = line
}
END {
	if (!n && !errors) { printf "orchestrate: %s: no nodes\n", FILENAME >"/dev/stderr"; errors++ }
	if (errors) exit 2
	for (i = 1; i <= n; i++) print table[i]
}'

# nodes_parse file: the table on standard output
nodes_parse() {
	is_file "$1" || die "$1: cannot read the nodes file"
	[ "$(LC_ALL=C tr -cd '\000' <"$1" | wc -c)" -eq 0 ] ||
	    die "$1: not a text file"
	awk "$nodes_awk" "$1"
}

# take_nodes: the table of the nodes file into $tmp/nodes
take_nodes() {
	nodes_parse "$nodes_file" >"$tmp/nodes" || exit 2
	name_nodes
}

# name_nodes: set names, one a line, from $tmp/nodes
name_nodes() {
	names=''
	while IFS='	' read -r name _
	do
		names=${names:+$names$newline}$name
	done <"$tmp/nodes"
}

# chosen: the senders asked for, in the order of the nodes
chosen() {
	for name in $names
	do
		case ,${senders:-$name}, in
		*,$name,*)	echo "$name" ;;
		esac
	done
}

# spread_nodes: each node's line into its directory
spread_nodes() {
	while IFS= read -r line
	do
		printf '%s\n' "$line" >"$run/nodes.d/${line%%	*}/line"
	done <"$tmp/nodes"
}

# node_load name: its line of the table into variables n_*
node_load() {
	dir=$run/nodes.d/$1
	[ -s "$dir/line" ] ||
	    awk -F '\t' -v name="$1" '$1 "" == name ""' "$run/nodes" >"$dir/line"
	IFS='	' read -r n_name n_number n_dest n_iface n_source n_unicast \
	    n_lat n_lon n_rate n_sudo n_castnode <"$dir/line"
}

# node_fact name key: what the node said of itself in its hello
node_fact() {
	while read -r key fact
	do
		[ "$key" != "$2" ] || { printf '%s\n' "${fact%% *}"; return; }
	done <"$run/nodes.d/$1/hello"
}
