#!/bin/sh
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

# with_truth id: DST VERDICT SITE THAT-SITE HOW, for every result row.
with_truth() {
	zcat "runs/$1/result.gz" | awk -F'\t' '
		NR == FNR { sub(/\/.*/, "", $1); site[$1] = $2; how[$1] = $4; next }
		/^#fsdb/ {
			n = split($0, name, " ")
			for (i = 4; i <= n; i++) {
				sub(/:.*/, "", name[i])
				col[name[i]] = i - 3
			}
			next
		}
		/^#/ { next }
		{
			block = dst = $col["dst"]
			if (!sub(/::[0-9a-f]*$/, "::", block))
				sub(/[0-9]*$/, "0", block)
			print dst, $col["verdict"], $col["rx"], \
			    site[block], how[block]
		}' "$1.truth" -
}

# is_true id: no row wrong, none missing, none too many.
is_true() {
	with_truth "$1" >rows
	awk -v want=$((2 * count)) '
		$5 == "answers" && $2 == "ok" && $3 == $4 { right++; next }
		$5 == "silent" && $2 == "none" { silent++; next }
		$5 == "unreach" && $2 == "unreach" && $3 == $4 { unreach++; next }
		$5 == "unreach" && $2 == "none" && $1 !~ /:/ { limited++; next }
		{ if (wrong++ < 20) print "wrong: " $0 }
		END {
			print right, "right,", wrong + 0, "wrong,", \
			    silent, "silent,", unreach, "unreachable,", \
			    limited, "unreachable in silence, of", want
			exit wrong > 0 || NR != want || right < want * 0.8
		}' rows &&
	    [ "$(cut -d' ' -f1 rows | sort -u | wc -l)" -eq $((2 * count)) ]
}

# Every site catches something, of each family.
all_catch() {
	[ "$(awk '$2 == "ok" { print $3, $1 ~ /:/ }' rows |
	    sort -u | wc -l)" -eq 12 ]
}

# What the tables say has moved, against what diffrounds says.
names_the_moved() {
	with_truth base >rows.base
	with_truth prepend >rows.prepend
	awk 'NR == FNR { was[$1] = $4; next }
		$5 == "answers" && was[$1] != $4 { print $1, was[$1], $4 }' \
	    rows.base rows.prepend | sort >expected
	diffrounds --moved runs/base/result.gz runs/prepend/result.gz |
	    awk -F'\t' '!/^#/ { print $2, $4, $5 }' | sort >named
	wc -l expected named
	[ -s expected ] && cmp expected named &&
	    grep -q : named && grep -q '^2[0-9.]* ' named
}

ok "up" lab up
ok "a hitlist of $count targets of each family" make_hitlist
ok "a run over ssh" measure base
ok "0 wrong, 0 missing" is_true base
ok "every site catches something, in both families" all_catch
ok "a site prepends" lab prepend ams 2
ok "a second run" measure prepend
ok "0 wrong, 0 missing" is_true prepend
ok "diffrounds names exactly the blocks that moved" names_the_moved
ok "down" lab down

done_testing
