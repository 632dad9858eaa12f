#!/bin/sh
# needs: filters
#
# Truth over BGP: the catchment of every target that answers is the one read
# off the routers' tables, before and after a site prepends, and diffrounds
# names the blocks that moved and no others.  200,000 targets of each family
# from six sites, over ssh.

. "${0%/*}/../lib.sh"
: "${work:?}"

missing=
for tool in ip bird birdc ethtool nsenter unshare ssh
do
	command -v $tool >/dev/null || missing="$missing $tool"
done
[ -x /usr/sbin/sshd ] || missing="$missing sshd"
if [ "$(id -u)" != 0 ] || [ -n "$missing" ]
then
	echo "1..0 # SKIP needs root and:${missing:- nothing else}"
	exit 0
fi

CASTNET_LABDIR=$work/labs CASTNET_LABNAME=b$$
export CASTNET_LABDIR CASTNET_LABNAME
count=${BGP_TARGETS-200000}

lab() {
	sh "$TOP/share/lab/lab" "$@"
}
leave() {
	[ ! -d "$CASTNET_LABDIR/$CASTNET_LABNAME" ] || lab down
	rm -rf "$work"
}
trap leave EXIT
trap 'exit 130' INT TERM

# measure id: one run of the main job; its truth beside it.
measure() {
	lab truth >"$1.truth" &&
	    lab ctl orchestrate -n "$(lab nodes)" -H "$work/hitlist" \
		--allow-prefix 240.0.0.0/4 --allow-prefix 3fff::/20 \
		--runs "$work/runs" --id "$1" -r 5000 -c 5 >"$1.table"
}

make_hitlist() {
	{ lab hitlist -4 "$count"; lab hitlist -6 "$count"; } >hitlist
	[ "$(wc -l <hitlist)" -eq $((2 * count)) ]
}

# is_true id: no row wrong, none missing, none too many; asked while the
# routers stand as they did.
is_true() {
	lab check "runs/$1/result.gz" >check || { cat check; return 1; }
	cat check
	set -- "$(sed 's/ .*//' check)" "$(sed 's/.*: \([0-9]*\) right.*/\1/' check)"
	[ "$1" -eq $((2 * count)) ] && [ $((10 * $2)) -gt $((17 * count)) ]
}

# Every site catches something, of each family.
all_catch() {
	zcat runs/base/result.gz | recawk '$verdict == "ok" {
		print $rx, $dst ~ /:/ }' | sort -u >seen
	[ "$(grep -c . seen)" -eq 12 ] || { cat seen; return 1; }
}

# sites id: DST SITE of those that should answer, by the tables.
sites() {
	awk 'NR == FNR { sub(/\/.*/, "", $1)
		if ($4 == "answers") site[$1] = $2
		next
	}
	{
		block = $1
		if (!sub(/::[0-9a-f]*$/, "::", block))
			sub(/[0-9]*$/, "0", block)
		if (block in site)
			print $1, site[block]
	}' "$1.truth" hitlist
}

# What the tables say has moved, against what diffrounds says.
names_the_moved() {
	sites base >sites.base
	sites prepend | paste -d' ' sites.base - |
	    awk '$1 == $3 && $2 != $4 { print $1, $2, $4 }' | sort >expected
	diffrounds --moved runs/base/result.gz runs/prepend/result.gz |
	    awk -F'\t' '!/^#/ { print $2, $4, $5 }' | sort >named
	wc -l expected named
	cmp expected named && grep -q ':.* ' named && grep -q '^[0-9.]* ' named
}

ok "up" lab up
ok "a hitlist of $count targets of each family" make_hitlist
ok "a run over ssh" measure base
ok "0 wrong, 0 missing" is_true base
ok "every site catches something, in both families" all_catch
ok "a site prepends" lab prepend ams 2
ok "the first run is not true any more" \
    status 1 lab check runs/base/result.gz
ok "a second run" measure prepend
ok "0 wrong, 0 missing" is_true prepend
ok "diffrounds names exactly the blocks that moved" names_the_moved
ok "down" lab down

done_testing
