#!/bin/sh
# mkhitlist - all /24s of routed IPv4 space, against shuf and mawk
#
# usage: OBJ=obj tests/bench/mkhitlist.sh [asn-ipv4.csv]
# Without the file of ranges (start,end,AS,name) it is fetched by npm.
# Both sides read the same file and write every /24's .1 with its block, in
# a pseudo-random order, to /dev/null.  RUNS (5) each, taking turns.  Prints
# a section of RESULTS.md.

set -eu
LC_ALL=C; export LC_ALL
top=$(cd "$(dirname "$0")/../.." && pwd)
obj=${OBJ-obj}
case $obj in /*) ;; *) obj=$top/$obj ;; esac
PATH=$obj/bin:$PATH
runs=${RUNS-5}

die() {
	echo "mkhitlist bench: $*" >&2
	exit 2
}

fetch() {
	command -v npm >/dev/null || die "no npm to fetch data with: name a file"
	(cd "$work" && npm pack --silent @ip-location-db/asn >/dev/null &&
	    tar xzf ip-location-db-asn-*.tgz package/asn-ipv4.csv \
	    package/package.json) ||
	    die 'cannot fetch @ip-location-db/asn'
	data=$work/package/asn-ipv4.csv
}

# What one would write without us: expand every range to its blocks, shuffle.
expand_and_shuffle() {
	mawk -F, '{
		split($1, a, "."); split($2, b, ".")
		last = b[1] * 65536 + b[2] * 256 + b[3]
		for (n = a[1] * 65536 + a[2] * 256 + a[3]; n <= last; n++) {
			p = int(n / 65536) "." int(n / 256) % 256 "." n % 256
			print p ".1\t-\t" p ".0/24"
		}
	}' "$1" | shuf
}

# run name command ...: append wall time, peak memory and CPU time to $work/name.
run() {
	name=$1
	shift
	/usr/bin/time -f '%e %M %U %S' -o "$work/time" "$@" >/dev/null
	awk '{ print $1, $2, $3 + $4 }' "$work/time" >>"$work/$name"
}

# median file column
median() {
	awk -v c="$2" '{ print $c }' "$1" | sort -n |
	    awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

spread() {
	sort -n "$1" | awk 'NR == 1 { least = $1 } { most = $1 }
	    END { printf "%s to %s", least, most }'
}

main() {
	if [ "${1-}" = --peer ]
	then
		expand_and_shuffle "$2"
		exit
	fi
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	trap 'exit 130' INT TERM
	data=${1-}
	[ -n "$data" ] || fetch
	[ -r "$data" ] || die "$data: cannot be read"

	# The same blocks on both sides, but for the special-purpose ones that
	# only mkhitlist refuses.
	ours=$(mkhitlist "$data" | grep -v '^#' | cut -f3 | sort | cksum)
	theirs=$(expand_and_shuffle "$data" | cut -f1 |
	    mkhitlist | grep -v '^#' | cut -f3 | sort | cksum)
	[ "$ours" = "$theirs" ] || die 'the two do not give the same blocks'

	i=0
	while [ "$i" -lt "$runs" ]
	do
		run ours mkhitlist "$data"
		run gz mkhitlist --force -w "$work/out.gz" "$data"
		run peer "$0" --peer "$data"
		i=$((i + 1))
	done
	n=$(mkhitlist "$data" | sed -n 's/^# end: //p')
	o=$(median "$work/ours" 1) g=$(median "$work/gz" 1)
	p=$(median "$work/peer" 1)
	version=$(sed -n 's/.*"version": "\(.*\)".*/\1/p' \
	    "${data%/*}/package.json" 2>/dev/null || :)
	cat <<-END
	## mkhitlist: all /24s of routed IPv4 space

	$(date +%Y-%m-%d), tests/bench/mkhitlist.sh: $n /24s of $(wc -l <"$data")
	ranges (npm's @ip-location-db/asn${version:+ $version}), in pseudo-random order,
	to /dev/null. $runs runs each, taking turns; load at the end
	$(cut -d ' ' -f 1 /proc/loadavg). $(mkhitlist --version),
	$(mawk -W version 2>&1 | sed -n '1s/^\(mawk [^ ]*\).*/\1/p'), $(shuf --version | head -n 1).

	| | median s | least to most | CPU s | peak MiB |
	|---|---|---|---|---|
	END
	for row in 'ours mkhitlist' 'gz mkhitlist -w out.gz' \
	    'peer mawk expanding, shuf'
	do
		f=$work/${row%% *}
		echo "| ${row#* } | $(median "$f" 1) | $(spread "$f") |" \
		    "$(median "$f" 3) | $(($(median "$f" 2) / 1024)) |"
	done
	awk -v o="$o" -v g="$g" -v p="$p" 'BEGIN {
	    printf "\nRatio %.1f; %.1f when mkhitlist compresses as well.\n",
	    p / o, p / g }'
}

main "$@"
