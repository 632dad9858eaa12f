#!/bin/sh
. "${0%/*}/../lib.sh"

command -v jq >/dev/null || { echo "1..0 # SKIP no jq"; exit 0; }

# hops [# key: value ...]: a hop file of lines "column=value ..." on standard
# input; dst stays as on the line before it.
hops() {
	awk -v OFS='\t' -v comments="$(printf '%s\n' "$@")" '
	BEGIN {
		columns = "hex dst tx rx verdict from kind rtt_ms rttl replies sites sent_time auth ttl flow attempt qttl qlen mpls mods qclass src probe icmp rtos qtos size"
		n = split(columns, name, " ")
		print "#fsdb -F t " columns
		if (comments != "") print comments
	}
	NF == 0 || /^#/ { next }
	{
		split("", v)
		v["flow"] = v["attempt"] = 0
		v["src"] = "192.0.2.1"
		v["probe"] = "udp"
		v["tx"] = "ams"
		for (i = 1; i <= NF; i++) {
			eq = index($i, "=")
			v[substr($i, 1, eq - 1)] = substr($i, eq + 1)
		}
		if ("dst" in v) { dst = v["dst"]; hex = v["hex"] } else v["dst"] = dst
		if (hex == "") { split(dst, b, "."); v["hex"] = sprintf("%02x%02x%02x%02x", b[1], b[2], b[3], b[4]) }
		else v["hex"] = hex
		if ("from" in v) {
			if (!("rx" in v)) v["rx"] = "ams"
			if (!("kind" in v)) v["kind"] = "ttl"
			if (!("replies" in v)) v["replies"] = 1
			v["sites"] = v["rx"]
			v["verdict"] = v["kind"] ~ /^(echo|dns|rst|synack)$/ ? "ok" : "unreach"
			v["auth"] = "mac64"
			v["rttl"] = 65 - v["ttl"]
			if (v["verdict"] == "unreach") { v["qttl"] = 1; v["qtos"] = 0 }
			v["rtos"] = 192
			if (!("icmp" in v) && v["kind"] == "ttl") v["icmp"] = dst ~ /:/ ? "3/0" : "11/0"
		} else { v["verdict"] = "none"; v["replies"] = 0 }
		v["sent_time"] = sprintf("1700000000.%09d", ++rows * 1000001)
		for (i = 1; i <= n; i++) printf "%s%s", name[i] in v ? v[name[i]] : "-", i < n ? OFS : "\n"
	}
	END { print "# end: " rows + 0 }'
}

origin='# origin.0: src=192.0.2.1 probe=udp sport=33000 dport=33434 ttl=64'

other='# origin.9: src=192.0.2.9 probe=udp sport=1 dport=2 ttl=64'
hops '# paths: trace' '# gap: 2' '# nodes: am:1 lax:4 ams:3 fra:' "$other" "$origin" \
    '# origin.1: src=2001:db8::a probe=icmp ttl=64' >trace <<'END'
dst=2001:db8::7 hex=20010db8000000000000000000000007 ttl=1 from=2001:db8::1 rtt_ms=0.5 src=2001:db8::a probe=icmp
ttl=2 from=2001:db8::7 kind=echo rtt_ms=1.5 src=2001:db8::a probe=icmp
ttl=2 flow=3 from=2001:db8::9 kind=unreach icmp=1/2 src=- probe=icmp
dst=198.51.100.7 ttl=1 from=10.0.0.1 rtt_ms=0.312 size=60
ttl=1 attempt=1 from=10.0.0.1 rtt_ms=0.298
ttl=2
ttl=2 attempt=1
ttl=3 from=10.0.3.1 rx=lax mpls=24001:5:0:1,16:0:1:1,in|7||eth0|1500
ttl=4 from=198.51.100.7 kind=unreach icmp=3/3 rtt_ms=9.5
ttl=4 attempt=1 from=198.51.100.7 kind=unreach icmp=3/3 rtt_ms=9.25
ttl=5 from=198.51.100.7 kind=unreach icmp=3/3 rtt_ms=9.1
dst=198.51.100.8 ttl=1 from=10.0.0.1 rtt_ms=0.3
ttl=2 from=10.0.2.9 kind=unreach icmp=3/13 rtt_ms=0.9
dst=198.51.100.9 ttl=1 from=10.0.0.1 rtt_ms=0.3
ttl=2
ttl=3
dst=198.51.100.10 ttl=1 from=10.0.0.1 rtt_ms=0.3
ttl=2 from=10.0.2.1 rtt_ms=0.4
ttl=3 from=10.0.0.1 rtt_ms=0.5
dst=198.51.100.11 ttl=1
END
hops '# paths: ping' '# interval: 0.2' \
    '# origin.0: src=192.0.2.1 probe=syn sport=62000 dport=80 ttl=64' >ping <<'END'
dst=198.51.100.7 ttl=64 probe=icmp from=198.51.100.7 kind=echo rtt_ms=10
ttl=64 attempt=1 probe=icmp
ttl=64 attempt=2 probe=icmp from=198.51.100.7 kind=echo rtt_ms=14 replies=3
ttl=64 attempt=3 probe=icmp from=198.51.100.7 kind=echo rx=lax
ttl=64 attempt=4 probe=icmp from=10.0.3.1 kind=ttl rtt_ms=2
dst=198.51.100.8 ttl=64 probe=syn from=198.51.100.8 kind=rst rtt_ms=3
dst=198.51.100.9 ttl=64 probe=icmp
dst=198.51.100.10 ttl=64 probe=icmp from=198.51.100.10 kind=echo rx=lax
END
hops '# paths: tracelb' '# confidence: 99' "$origin" >lb <<'END'
dst=198.51.100.7 ttl=1 from=10.0.0.1 rtt_ms=0.3
ttl=1 flow=1 from=10.0.0.1 rtt_ms=0.3
ttl=1 flow=2 from=10.0.0.1 rtt_ms=0.3
ttl=2 from=10.0.1.1 rtt_ms=0.4
ttl=2 flow=1 from=10.0.1.2 rtt_ms=0.4
ttl=2 flow=2 from=10.0.1.1 rx=lax
ttl=3
ttl=3 flow=1 from=10.0.2.2 rtt_ms=0.5
ttl=3 flow=2
ttl=4 from=198.51.100.7 kind=unreach icmp=3/3 rtt_ms=0.7
ttl=4 flow=1 from=198.51.100.7 kind=unreach icmp=3/3 rtt_ms=0.8
ttl=4 flow=2 from=198.51.100.7 kind=unreach icmp=3/3 rtt_ms=0.9
END

# Foreign bytes in a text: quotes, controls, UTF-8, what is not UTF-8, NUL.
printf '#fsdb -F t asn asname blocks share mapped mapped_share load load_share mapped_load mapped_load_share sites rtt_p50_ms rtt_p90_ms rtt_p99_ms probes extra\n' >share
while read -r asn name
do
	printf '%s\t%s\t0010\t1e-1\t5\t.5\t-\t-\t-\t-\t1\t-0.5\t-\t12.345678\t10\tx\n' \
	    "$asn" "$name"
done >>share <<'END'
64500 Ex,%20%22Inc.%22
64501 a\b%5C%0D%0A%09%08%0C%01%7F
64502 %C3%A9t%C3%A9%E2%82%AC%F0%9F%98%80
64503 %FF%41
64504 a%00b
64505 %ED%A0%80
64506 100%25%zz%4
64507 -
64508 %2D
END
echo '# end: 9' >>share

json() {
	exportrecords share >out && jq -e . out >/dev/null &&
	    golden exportrecords-json
}
ok 'JSON lines' json

bad_number() {
	sed '3s/0010/0x10/' share >x
	status 1 exportrecords x 2>err >y && [ "$(wc -l <y)" -eq 8 ] &&
	    grep -q '^exportrecords: x:3: bad blocks: 0x10$' err
}
ok 'what is no number is a bad line' bad_number

raw() {
	exportrecords --raw share | jq -r '.asname // "-"' >x &&
	    grep -v '^#' share | cut -f 2 | cmp - x
}
ok '--raw leaves texts as they are' raw

csv() {
	exportrecords -F csv share | tee x | sed 's/\r$/<CR>/' >out &&
	    golden exportrecords-csv
}
ok 'CSV' csv

# What an independent reader makes of it.
csv_read() {
	sqlite3 :memory: '.mode csv' '.import x t' '.mode json' \
	    'SELECT asn, asname FROM t' >y &&
	    exportrecords share | jq -cs 'map({asn, asname: (.asname // "")})' >z &&
	    jq -c . y | cmp - z
}
if command -v sqlite3 >/dev/null
then
	ok 'CSV read by sqlite3 is what JSON says' csv_read
else
	ok 'CSV read by sqlite3 # SKIP no sqlite3' true
fi

# Every type of record: a row of values, and one where all are missing.
every_type() {
	recfields | sed -n 's/^\([a-z]*\): .*/\1/p' >names
	[ "$(wc -l <names)" -gt 10 ] || return 1
	while read -r type
	do
		recfields "$type" | awk -v OFS='\t' '
		/^\t/ {
			name[++n] = $2
			t = $3
			value[n] = t == "time" ? "1700000000.123456789" : t == "duration" ? "1.250" : t == "number" ? n : t == "real" ? "0.5" : t == "address" ? "2001:db8::1" : t == "hex" ? "c0000201" : t == "prefix" ? "192.0.2.0/24" : "w" n
			number[n] = t ~ /^(time|duration|number|real)$/
		}
		END {
			printf "#fsdb -F t"
			for (i = 1; i <= n; i++) printf " %s", name[i]
			print ""
			for (i = 1; i <= n; i++) printf "%s%s", value[i], i < n ? OFS : "\n"
			for (i = 1; i <= n; i++) printf "%s%s", "-", i < n ? OFS : "\n"
			print "# end: 2"
			for (i = 1; i <= n; i++) print name[i], number[i] ? "number" : "string" >"want"
		}' >one
		exportrecords one >x || return 1
		jq -e -r --arg t "$type" 'select(.type == $t) | 1' x >y || return 1
		[ "$(wc -l <y)" -eq 2 ] || return 1
		head -n 1 x | jq -r 'del(.type) | to_entries[] | "\(.key)\t\(.value | type)"' |
		    diff want - || { echo "in $type"; return 1; }
		tail -n 1 x | jq -e 'del(.type) | all(. == null)' >/dev/null || return 1
		exportrecords -F csv one >y || return 1
		exportrecords -F prometheus one >y || return 1
	done <names
}
ok 'every type of record, every column with its type' every_type

prometheus() {
	{
		exportrecords -F prometheus share | grep -v '^# HELP' &&
		    exportrecords -F prometheus trace
	} >out && golden exportrecords-prometheus
}
ok 'samples for Prometheus' prometheus

bin2() {
	printf '#fsdb -F t bin2 site blocks share mapped mapped_share load load_share mapped_load mapped_load_share sites rtt_p50_ms rtt_p90_ms rtt_p99_ms probes\n52_-4\tams\t3\t1\t3\t1\t-\t-\t-\t-\t1\t-\t-\t-\t3\n-\tams\t3\t1\t3\t1\t-\t-\t-\t-\t1\t-\t-\t-\t3\n90_0x\tams\t3\t1\t3\t1\t-\t-\t-\t-\t1\t-\t-\t-\t3\n# end: 3\n' >bins
	exportrecords -F geojson bins >x
	jq -e '.type == "FeatureCollection" and (.features | length == 3) and
	    (.features[0].geometry | .type == "Polygon" and
	    .coordinates == [[[-4,52],[-2,52],[-2,54],[-4,54],[-4,52]]]) and
	    .features[1].geometry == null and .features[2].geometry == null and
	    .features[0].properties.site == "ams"' x
}
ok 'squares as GeoJSON' bin2

points() {
	echo '198.51.100.0,198.51.100.8,NL,NH,,Amsterdam,,52.37,4.89,' >city.csv
	exportrecords -F geojson --geo city.csv trace >x
	jq -e '[.features[] | select(.geometry != null)] as $f |
	    ($f | length == 10) and all($f[]; .geometry == {type: "Point",
	    coordinates: [4.89, 52.37]}) and (.features | length == 20)' x &&
	    head -n 1 trace | { cat; echo '# end: 0'; } |
	    exportrecords -F geojson --geo city.csv | jq -e '.features == []'
}
ok 'points as GeoJSON' points

scamper() {
	for f in trace ping lb
	do
		exportrecords -F scamper $f || return 1
	done >out && jq -e . out >/dev/null && golden exportrecords-scamper
}
ok 'what scamper writes' scamper

# paths: "type path jsontype" of every member, numbers in paths are 0
paths() {
	jq -r '.type as $t | paths as $p | "\($t) \($p | map(if type == "number" then 0 else . end) | map(tostring) | join(".")) \(getpath($p) | type)"' |
	    sort -u
}

# Names and types are those of scamper's own output.  Not in there: MPLS,
# duplicates and errors, parts of seconds, as scamper_trace_json.c and its siblings
# have them, and our two.
schema() {
	paths <out >ours
	paths <"$here/exportrecords.scamper" >theirs
	cat >>theirs <<-'END'
	trace tx_node string
	trace hops.0.rx_node string
	ping tx_node string
	ping responses.0.rx_node string
	tracelb tx_node string
	tracelb nodes.0.links.0.0.probes.0.replies.0.rx_node string
	ping wait_us number
	ping statistics.ndups number
	ping statistics.nerrs number
	trace hops.0.icmpext array
	trace hops.0.icmpext.0 object
	trace hops.0.icmpext.0.ie_cn number
	trace hops.0.icmpext.0.ie_ct number
	trace hops.0.icmpext.0.ie_dl number
	trace hops.0.icmpext.0.mpls_labels array
	trace hops.0.icmpext.0.mpls_labels.0 object
	trace hops.0.icmpext.0.mpls_labels.0.mpls_ttl number
	trace hops.0.icmpext.0.mpls_labels.0.mpls_s number
	trace hops.0.icmpext.0.mpls_labels.0.mpls_exp number
	trace hops.0.icmpext.0.mpls_labels.0.mpls_label number
	END
	sort -u -o theirs theirs
	comm -23 ours theirs >extra
	cat extra
	[ ! -s extra ] || return 1
	# Nothing is missing that we could know.
	comm -13 ours theirs | grep -v -E '^(trace (icmp_sum|wait|wait_probe|hoplimit|tos|probe_size|hops.0.(reply_ipid|reply_size|icmp_q_ipl))|tracelb (probe_size|tos|gaplimit|wait_timeout|wait_probe|probec_max|nodes.0.(q_ttl)|nodes.0.links.0.0.probes.0.replies.0.(ipid|tcp_flags))|ping (probe_size|timeout|tos|tcp_seq|tcp_ack|responses.0.(reply_size|probe_ipid|reply_ipid))|trace hops.0.tcp_flags) ' >missing
	cat missing
	[ ! -s missing ]
}
ok 'its names and types are those of scamper' schema

# The same of the scamper that is installed.
live() {
	for c in trace 'trace -P icmp-paris' tracelb 'ping -c 1'
	do
		unshare -n sh -c 'ip link set lo up && scamper -O json -c "$1" -i 127.0.0.1' - "$c" |
		    grep -v '"type":"cycle' || return 1
	done >x
	paths <x >now
	paths <"$here/exportrecords.scamper" >before
	comm -23 now before >new
	cat new
	[ -s now ] && [ ! -s new ]
}
if command -v scamper >/dev/null &&
    unshare -n sh -c 'ip link set lo up && scamper -O json -c trace -i 127.0.0.1' 2>/dev/null | grep -q '"trace"'
then
	ok 'what was recorded of scamper is what it writes' live
else
	ok 'what was recorded of scamper # SKIP no scamper that may run' true
fi

atlas() {
	{ exportrecords -F atlas --msm-id 5001 trace && exportrecords -F atlas ping; } >out &&
	    golden exportrecords-atlas
}
ok 'what RIPE Atlas writes' atlas

# https://atlas.ripe.net/docs/apis/measurement-result-format, version 5000.
# tx and rx are ours.
cat >schema.jq <<'END'
def int: type == "number" and floor == .;
def num: type == "number";
def str: type == "string";
def opt(k; f): if has(k) then (.[k] | f) else true end;
def addr: str and test("^[0-9a-f.:]+$");
def known(ks): (keys - ks) == [];
def mpls: known(["exp", "label", "s", "ttl"]) and all(.exp, .label, .s, .ttl; int);
def obj: known(["class", "type", "mpls"]) and all(.class, .type; int)
    and all(.mpls[]; mpls);
def ext: known(["version", "rfc4884", "obj"]) and all(.version, .rfc4884; int)
    and (.obj | length > 0) and all(.obj[]; obj);
def common: (.fw | int and . >= 5000) and all(.msm_id, .prb_id; int)
    and (.af == 4 or .af == 6) and (.dst_name | str) and (.dst_addr | addr)
    and opt("src_addr"; addr) and opt("from"; addr) and (.timestamp | int)
    and (.proto | IN("ICMP", "UDP", "TCP")) and opt("size"; int)
    and opt("tx"; str) and (.result | length > 0);
def common_keys: ["fw", "type", "msm_name", "msm_id", "prb_id", "af", "proto",
    "dst_name", "dst_addr", "src_addr", "from", "tx", "timestamp", "size",
    "result"];
def reply: . == {x: "*"} or
    (known(["from", "rtt", "ttl", "size", "err", "flags", "ittl", "icmpext", "rx"])
    and (.from | addr) and opt("rtt"; num) and opt("ttl"; int) and opt("size"; int)
    and opt("ittl"; int) and opt("flags"; test("^[FSRPAU]+$"))
    and opt("err"; IN("N", "H", "A", "P", "p", "h") or int)
    and opt("icmpext"; ext) and opt("rx"; str));
def hop: known(["hop", "result"]) and (.hop | int) and (.result | length > 0)
    and all(.result[]; reply);
def traceroute: common and known(common_keys + ["endtime", "paris_id"])
    and .msm_name == "Traceroute" and all(.endtime, .paris_id; int)
    and all(.result[]; hop);
def packet: . == {x: "*"} or
    (known(["error", "rx"]) and all(.error, .rx; str)) or
    (known(["rtt", "ttl", "src_addr", "dup", "rx"]) and (.src_addr | addr)
    and opt("rtt"; num) and opt("ttl"; int) and opt("dup"; int) and opt("rx"; str));
def ping: common
    and known(common_keys + ["sent", "rcvd", "dup", "min", "avg", "max", "ttl", "step"])
    and .msm_name == "Ping" and all(.sent, .rcvd, .dup; int)
    and all(.min, .avg, .max; num) and opt("ttl"; int) and opt("step"; int)
    and all(.result[]; packet);
def valid: try (if .type == "traceroute" then traceroute
    elif .type == "ping" then ping else false end) catch false;
END

# judged rest-of-program: what it prints of each object
judged() {
	{ cat schema.jq; echo "$1"; } >judge.jq
	jq -c -f judge.jq out
}
atlas_schema() {
	[ "$(judged 'select(valid) | .type, .af' | sort | uniq -c | tr -s ' \n' ' ')" = \
	    ' 4 "ping" 7 "traceroute" 9 4 2 6 ' ] && [ "$(wc -l <out)" -eq 11 ] ||
	    { judged 'select(valid | not)'; return 1; }
}
# Nothing passes that has a value of another type, or a member more or less.
schema_judges() {
	judged 'paths(scalars) as $p | setpath($p; {}) | select(valid) | $p' >x
	judged '([], paths(objects)) as $p | setpath($p + ["more"]; 1) | select(valid) | $p' >>x
	judged '("fw", "type", "msm_name", "msm_id", "prb_id", "af", "proto",
	    "dst_name", "dst_addr", "timestamp", "result") as $k | del(.[$k]) |
	    select(valid) | $k' >>x
	judged '({}, {x: 1}, {hop: 1, result: []}, {error: "e"}, {ttl: 1}) as $bad |
	    .result[0] = $bad | select(valid) | $bad' >>x
	cat x
	[ ! -s x ]
}
ok 'its schema' atlas_schema
ok '... by which nothing else passes' schema_judges

dot() {
	exportrecords -F dot trace >out && golden exportrecords-dot
}
ok 'a graph' dot

as() {
	exportrecords -F scamper --as ping trace | jq -s -e 'all(.type == "ping")' &&
	    exportrecords -F scamper --as tracelb trace | jq -s -e 'all(.type == "tracelb")' &&
	    exportrecords -F scamper --as trace ping | jq -s -e 'all(.type == "trace")' &&
	    status 2 exportrecords -F scamper --as tracebox trace
}
ok '--as' as

several() {
	grep -v '^c633640[89]' trace | sed 's/^# end: .*/# end: 14/' >t1
	grep -e '^#' -e '^c633640[89]' trace | sed 's/^# end: .*/# end: 5/' | gzip >t2.gz
	exportrecords -F scamper t1 t2.gz | sed 's/"start":[^}]*}//' | sort >x
	exportrecords -F scamper trace | sed 's/"start":[^}]*}//' | sort | cmp - x &&
	    exportrecords t1 t2.gz | sort >x && exportrecords trace | sort | cmp - x
}
ok 'several files, compressed or not' several

# Other columns in another file: all columns, missing where they are.
columns() {
	printf '#fsdb -F t dst score\n192.0.2.1\t5\n# end: 1\n' >a
	printf '#fsdb -F t dst block\n192.0.2.2\t192.0.2.0/24\n# end: 1\n' >b
	[ "$(exportrecords -F csv a b | tr -d '\r')" = 'dst,score,block
192.0.2.1,5,
192.0.2.2,,192.0.2.0/24' ]
}
ok 'files with different columns' columns

# Hops too: what a file has no column for is not that of the file before.
hop_columns() {
	awk -F '\t' -v OFS='\t' '/^#fsdb/ { sub(" icmp.*", ""); n = split($0, h, " ") - 3 }
	    !/^#/ { NF = n } { print }' trace | grep -v -e '^c6336407' -e '^2001' |
	    sed 's/^# end: .*/# end: 9/' >t2
	grep -e '^#' -e '^c6336407' trace | sed 's/^# end: .*/# end: 8/' >t1
	exportrecords -F scamper t1 t2 | jq -e -s '
	    (.[0].hops | all(.icmp_type)) and (.[1:][].hops // [] |
	    all(has("icmp_type") | not))' && [ "$(exportrecords -F scamper t1 t2 | wc -l)" -eq 5 ]
}
ok 'hop files with different columns' hop_columns

# The same question of a database and of JSON; the file is loaded twice.
question='SELECT count(*), count("from"), sum(ttl), count(rtt_ms), count(DISTINCT dst), sum(sent_time > 1700000000.0100005) FROM hop'
answer() {
	exportrecords trace | jq -s -r '. + . | "\(length),\(map(select(.from)) | length),\(map(.ttl) | add),\(map(select(.rtt_ms)) | length),\(map(.dst) | unique | length),\(map(select(.sent_time > 1700000000.0100005)) | length)"'
}
sqlite() {
	gzip -c trace >"it's
a.gz"
	status 2 exportrecords -F sql "it's
a.gz" 2>err && grep -q 'a name that SQL cannot have' err || return 1
	gzip -c trace >"it's \"\$(x) a.gz"
	exportrecords -F sql --engine sqlite trace "it's \"\$(x) a.gz" | sqlite3 t.db &&
	    sqlite3 t.db "$question" | tr '|' ',' | grep -x "$(answer)"
}
if command -v sqlite3 >/dev/null
then
	ok 'SQLite loads it' sqlite
else
	ok 'SQLite loads it # SKIP no sqlite3' true
fi

# DuckDB is no package of Debian's; tests/duckdb/install fetches it.
command -v duckdb >/dev/null || ! "$TOP/tests/duckdb/duckdb" --version >/dev/null 2>&1 ||
    PATH=$PATH:$TOP/tests/duckdb
duckdb_loads() {
	gzip -c trace >t.gz
	{
		exportrecords -F sql trace t.gz
		echo "COPY ($question) TO 'duck.csv' (HEADER false);"
	} | duckdb && grep -x "$(answer)" duck.csv
}
if command -v duckdb >/dev/null
then
	ok 'DuckDB loads it' duckdb_loads
else
	ok 'DuckDB loads it # SKIP no duckdb' true
fi

statements() {
	for e in duckdb sqlite clickhouse
	do
		exportrecords -F sql --engine $e a
	done >out && golden exportrecords-sql
}
ok 'the statements of each database' statements

damaged() {
	head -n 5 trace >t
	status 1 exportrecords t 2>err >x && grep -q '^exportrecords: t: cut short' err || return 1
	status 1 exportrecords -F scamper t 2>err >x && grep -q '^exportrecords: t: cut short' err || return 1
	sed 's/^c6336407\t198/c6336407\tx198/' trace >t
	status 1 exportrecords t 2>err >x && grep -q '^exportrecords: t:11: bad dst: x198.51.100.7$' err &&
	    [ "$(wc -l <x)" -eq 12 ] || return 1
	sed '8s/\t1\t0\t0\t/\t0\t0\t0\t/' trace >t
	status 1 exportrecords -F atlas t 2>err >x && grep -q '^exportrecords: t:8: no such probe' err
}
ok 'what was cut or is bad is left out, and said' damaged

refused() {
	status 2 exportrecords -F nosuch trace && status 2 exportrecords trace ping share &&
	    status 2 exportrecords /nonexistent && status 2 exportrecords -F scamper share &&
	    status 2 exportrecords -F geojson trace && status 2 exportrecords -F geojson --geo city.csv share &&
	    status 2 exportrecords -F sql --engine oracle trace && status 2 exportrecords --engine sqlite trace &&
	    status 2 exportrecords --geo city.csv trace && status 2 exportrecords -F sql <trace &&
	    status 2 exportrecords -F sql a b && status 2 exportrecords city.csv &&
	    status 2 exportrecords --header nonsense <trace &&
	    status 2 exportrecords -w trace trace &&
	    printf '%s\n' '#fsdb -F t dst x"y\z' >t && status 2 exportrecords -F sql t
}
ok 'what makes no sense is refused' refused

files() {
	exportrecords -w o.gz trace && gzip -cd o.gz | cmp - json.all &&
	    status 2 exportrecords -w o.gz trace && exportrecords --force -w o.gz ping &&
	    gzip -cd o.gz | head -n 1 | grep -q '"probe":"icmp"' &&
	    sed 1d trace | exportrecords --header "$(head -n 1 trace)" | cmp - json.all &&
	    exportrecords <trace | cmp - json.all
}
exportrecords trace >json.all
ok 'files, and standard input' files

full() {
	status 3 exportrecords trace >/dev/full && status 3 exportrecords -F scamper trace >/dev/full &&
	    status 3 exportrecords -F sql trace >/dev/full
}
ok 'output that cannot be written' full

# What sendprobes would send, and the same from its records.
echo 000102030405060708090a0b0c0d0e0f >key
probes_again() {
	for o in 192.0.2.1,probe=icmp 192.0.2.1,probe=udp 192.0.2.1,probe=syn \
	    192.0.2.1,probe=dns 192.0.2.1,probe=ack 2001:db8:f::1,probe=udp \
	    2001:db8:f::1,probe=icmp
	do
		echo "-O src=$o"
	done >origins
	{
		printf '#fsdb -F t dst probe ttl flow attempt tos size options\n'
		tr ' ' '\t' <<-'END'
		10.1.0.1 udp 3 2 1 8 300 -
		10.1.0.2 syn 5 0 0 - - MSS(1400)/SACKP
		10.1.0.9 icmp 7 3 2 - 301 -
		10.1.0.9 dns 7 3 2 - - -
		10.1.0.9 ack 7 3 2 - - -
		2001:db8::1 udp 3 2 1 - - -
		2001:db8::2 icmp 64 0 0 3 - -
		END
		echo '# end: 7'
	} >probes
	# shellcheck disable=SC2046 # options are words
	sendprobes --quiet --pcap sent.pcap -k key --allow-prefix 10.0.0.0/8 \
	    --allow-prefix 2001:db8::/32 $(cat origins) -N ams:3 --round 7 \
	    -w sent <probes && [ "$(grep -vc '^#' sent)" -eq 7 ] &&
	    exportrecords -F pcap -k key sent | cmp - sent.pcap
}
ok 'probes from their records, byte for byte as sent' probes_again

# Replies: what comes back whole, from what catchreply made of the packets.
replies_again() {
	"$HELPER/mkreplies" link=101 n=5 first=10.1.0.1 "$@" >r.pcap &&
	    catchreply --quiet --force -f r.pcap -S "$us" -k key --quotes -N lax:2 \
	    -w reply || return 1
	exportrecords -F pcap -k key reply >again.pcap || return 1
	for f in r again
	do
		tcpdump -ttnvr $f.pcap 2>/dev/null |
		    sed 's/ id [0-9]*, offset/ offset/; s/flowlabel [^,]*, //' >$f.txt
	done
	[ -s r.txt ] && diff r.txt again.txt
}
us=192.0.2.1
if command -v tcpdump >/dev/null
then
	ok 'echo replies' replies_again
	ok 'ICMP errors' replies_again kind=ttl quote=0
	ok 'ICMP errors that quote little' replies_again kind=ttl quote=8
	us=2001:db8:f::1
	ok 'echo replies, IPv6' replies_again src=$us first=2001:db8::1
else
	ok 'replies # SKIP no tcpdump' true
fi

# In order of time, both kinds; what was not kept is said.
both() {
	"$HELPER/mkreplies" probe=syn n=3 >s.pcap &&
	    catchreply --quiet -f s.pcap -S 192.0.2.1 -P syn -k key -N lax:2 -w r1 &&
	    status 1 exportrecords -F pcap -k key r1 2>err >x &&
	    grep -q '^exportrecords: 3 replies left out: ' err || return 1
	catchreply --quiet -f s.pcap -S 192.0.2.1 -P syn -N lax:2 -w r2 &&
	    exportrecords -F pcap -k key r2 >x && [ "$(wc -c <x)" -eq 192 ] || return 1
	# The contact text of these probes is longer than the replies.
	"$HELPER/mkreplies" n=3 first=10.1.0.1 >r.pcap &&
	    catchreply --quiet --force -f r.pcap -S 192.0.2.1 -k key -N lax:2 -w r1 &&
	    status 1 exportrecords -F pcap -k key sent r1 2>err >x &&
	    grep -q '^exportrecords: 3 replies left out: ' err || return 1
	sed 's/\tams\t/\tfra\t/' sent >s2
	status 1 exportrecords -F pcap -k key s2 2>err >x &&
	    grep -q '7 probes not made again: no file says' err || return 1
	grep -v '^# origin' sent >s2
	status 2 exportrecords -F pcap -k key s2 && status 2 exportrecords -F pcap sent &&
	    status 2 exportrecords -F pcap -k key trace && status 2 exportrecords -k key trace
}
ok 'what cannot be made again is counted' both

# The commands of the manual page, as they are printed there.
examples() {
	awk '/^\.Sh EXAMPLES/ { on = 1 } /^\.Sh SEE/ { on = 0 }
	on && /^\.Bd -literal/ { code = 1; next }
	/^\.Ed/ { code = 0 }
	code { gsub(/\\e/, "\\"); gsub(/\\&/, ""); print }' \
	    "$TOP/man/exportrecords.1" >list
	[ "$(wc -l <list)" -ge 9 ] || return 1
	gzip -c trace >hops.gz
	echo 10.1.0.1 | sendprobes --quiet --pcap x.pcap --force --contact '' \
	    --allow-prefix 10.0.0.0/8 -S 192.0.2.1 -k key -N ams:3 -w sent.gz &&
	    "$HELPER/mkreplies" n=1 first=10.1.0.1 >r.pcap &&
	    catchreply --quiet -f r.pcap -S 192.0.2.1 -k key -N lax:2 -w reply.gz || return 1
	awk -v OFS='\t' 'BEGIN {
		print "#fsdb -F t hex dst tx rx verdict from kind rtt_ms rttl replies sites sent_time auth"
		for (i = 1; i <= 9; i++) print sprintf("0a00%02x01", i), "10.0." i ".1", "ams", i % 4 ? (i % 2 ? "ams" : "lax") : "-", i % 4 ? "ok" : "none", i % 4 ? "10.0." i ".1" : "-", i % 4 ? "echo" : "-", i % 4 ? i * 1.5 : "-", 55, 1, i % 4 ? (i % 2 ? "ams" : "lax") : "-", "100.000000000", "mac64"
		print "# end: 9" }' | gzip >result.gz
	echo '10.0.0.0,10.0.5.255,NL,NH,,Amsterdam,,52.37,4.89,' >city.csv
	while IFS= read -r command
	do
		optional=
		for tool in dot duckdb tcpdump
		do
			case $command in
			*"| $tool"*)	optional=$tool ;;
			esac
		done
		[ -z "$optional" ] || command -v $optional >/dev/null || continue
		rm -f map.db
		sh -eu -c "$command" >example 2>err || { cat err; return 1; } >&2
		[ ! -s err ] && [ -s example ] || { printf '%s\n' "$command"; cat err; return 1; } >&2
		[ "$optional" != duckdb ] || grep -Eq '\bams\b[^0-9]+5[^0-9]+7\.5\b' example &&
		    grep -Eq '\blax\b[^0-9]+2[^0-9]+6\b' example ||
		    [ "$optional" != duckdb ] || { cat example; return 1; } >&2
		# What may not be installed is run, but not in the golden file.
		[ -z "$optional" ] || continue
		printf '== %s\n' "$command"
		cat example
	done <list >out
	golden exportrecords-examples
}
ok 'the examples of the manual page' examples

done_testing
