# check.awk - result records against the routers' tables
#
# Input: lines BLOCK SITE NETWORK HOW as lab truth writes them, then results.
# Status 1 when a row is wrong or an answer is missing.

!header && NF == 4 { sub(/\/.*/, "", $1); site[$1] = $2; how[$1] = $4; next }

/^#fsdb/ {
	n = split($0, name, " ")
	for (i = 4; i <= n; i++) {
		sub(/:.*/, "", name[i])
		col[name[i]] = i - 3
	}
	if (!("dst" in col && "verdict" in col && "rx" in col)) {
		print "not result records: " $0
		exit failed = 2
	}
	header = 1
	next
}
/^#/ { next }
!header || $0 == "cut short" {
	print "not result records, or cut short"
	exit failed = 2
}

# Tell of the first few rows that are not as they should be.
function tell(what)
{
	if (told++ < 5)
		print what ": " $0
}

{
	block = $col["dst"]
	if (!sub(/::[0-9a-f]*$/, "::", block))
		sub(/[0-9]*$/, "0", block)
	verdict = $col["verdict"]
	rows++
	if (!(block in how)) {
		outside++
		tell("outside")
	} else if (how[block] == "answers" && verdict == "none") {
		missing++
		tell("missing")
	}
	else if (how[block] == "answers" ? verdict == "ok" : \
	    how[block] == "unreach" && verdict == "unreach") {
		if ($col["rx"] == site[block])
			right++
		else {
			wrong++
			tell("wrong")
		}
	} else if (verdict == "none")
		silent++
	else {
		wrong++
		tell("wrong")
	}
}

END {
	if (failed)
		exit failed
	printf "%d rows: %d right, %d wrong, %d missing, %d rightly silent", \
	    rows, right, wrong, missing, silent
	printf outside ? ", %d not of this lab\n" : "\n", outside
	exit wrong > 0 || missing > 0 || outside > 0 || rows == 0
}
