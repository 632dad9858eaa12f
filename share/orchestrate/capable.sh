# capable.sh - what nodes can measure, by whatever name; sourced by orchestrate
# shellcheck shell=sh disable=SC2154,SC2086,SC2046 # variables of cmd/orchestrate.sh; lists

# alias_verb: a capability by its mPlane name is a verb and a family
alias_verb() {
	case $verb in
	*-ip[46])	;;
	*)		return 0 ;;
	esac
	line=$(awk -F '\t' -v name="$verb" '$1 == "capability" && $2 == name {
		print $3, $4 }' "$parts/orchestrate/capabilities")
	[ -n "$line" ] || return 0
	capability=$verb verb=${line% *} family=${line#* }
}

# give_parameter name=value: what mPlane calls a parameter is a target or the
# value of an option
give_parameter() {
	case $1 in
	destination.ip[46]=*)
		operands "${1#*=}"
		return ;;
	esac
	option=$(awk -F '\t' -v verb="$verb" -v name="${1%%=*}" -v value="${1#*=}" '
	$1 == "parameter" && $2 == verb && $3 == name {
		if ($6 == "-") { print $4, value; exit }
		n = split($6, pair, ",")
		for (i = 1; i <= n; i++)
			if (index(pair[i], value "=") == 1)
				print $4, substr(pair[i], length(value) + 2)
	}' "$parts/orchestrate/capabilities")
	[ -n "$option" ] || die "no such parameter or value: $1"
	set_value "${option%% *}" "${option#* }"
}

verb_capabilities() {
	nodes_only
	mux_open
	rc=0 how=anycast
	each node_hello $names 2>/dev/null || rc=1
	for name in $names
	do
		if [ -e "$run/nodes.d/$name/failed" ]
		then
			warn "$name: $(cat "$run/nodes.d/$name/failed")"
			continue
		fi
		node_load "$name"
		[ -s "$dir/hello" ] && node_can "$name"
	done
	return $rc
}

# node_can name: an object a line for each thing it can be asked
node_can() {
	sources=$(node_sources | tr '\n' ' ')
	own=$(how=unicast; node_sources | tr '\n' ' ')
	awk -F '\t' -v node="$1" -v version="$version" -v sources="$sources" \
	    -v own="$own" -v hop="$(recfields hop | columns_of)" \
	    -v result="$(recfields result | columns_of)" "$capable_awk" \
	    "$parts/orchestrate/capabilities"
}

columns_of() {
	awk -F '\t' '$1 == "" { print $3 }' | paste -sd , -
}

capable_awk='
function source(list, family,  a, n, i) {
	n = split(list, a, " ")
	for (i = 1; i <= n; i++)
		if ((a[i] ~ /:/) == (family == 6) && a[i] ~ /^[0-9a-f.:]+$/) return a[i]
	return ""
}
function strings(list,  a, n, i, s) {
	n = split(list, a, ",")
	for (i = 1; i <= n; i++) s = s (i > 1 ? "," : "") "\"" a[i] "\""
	return "[" s "]"
}
function object(name, verb, family, src, params, results) {
	printf "{\"node\":\"%s\",\"capability\":\"%s\",\"verb\":\"%s\",\"family\":%d," \
	    "\"when\":\"now ... future / 1s\",\"parameters\":{\"source.ip%d\":{\"range\":\"%s\"}," \
	    "\"destination.ip%d\":{\"range\":\"*\"}%s},\"results\":%s," \
	    "\"metadata\":{\"System_ID\":\"%s\",\"System_type\":\"castnet\",\"System_version\":\"%s\"}}\n", \
	    node, name, verb, family, family, src, family, params, \
	    strings(results), node, version
}
function native(verb, list, results,  family, src) {
	for (family = 4; family <= 6; family += 2)
		if ((src = source(list, family)) != "")
			object(verb, verb, family, src, options[verb], results)
}
/^#/ { next }
$1 == "parameter" {
	params[$2] = params[$2] ",\"" $3 "\":{\"option\":\"" $4 "\",\"range\":\"" $5 "\"}"
	options[$2] = options[$2] ",\"" substr($4, 3) "\":{\"option\":\"" $4 "\",\"range\":\"" \
	    ($6 == "-" ? $5 : ours($6)) "\"}"
}
function ours(map) { gsub(/[A-Za-z-]+=/, "", map); return map }
$1 == "capability" { n++; name[n] = $2; verb[n] = $3; fam[n] = $4; res[n] = $5 }
END {
	native("catchments", sources, result)
	native("latency", sources, result)
	native("census", sources, result)
	native("unicast", own, result)
	native("ping", sources, hop)
	native("trace", sources, hop)
	native("tracelb", sources, hop)
	native("tracebox", sources, hop)
	for (i = 1; i <= n; i++)
		if ((src = source(sources, fam[i])) != "")
			object(name[i], verb[i], fam[i], src, params[verb[i]], res[i])
}'
