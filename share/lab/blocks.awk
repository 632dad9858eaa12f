# blocks.awk - the edge networks' space, block by block: 8192 /24 and 8192
# /48 each, laid out as in generate.awk
#
# -v want=hitlist -v count=N (0: all): an address in N blocks, evenly spread
# -v want=truth: the block, the site it reaches, its network, what it answers
#
# Input: DIR/edges for a hitlist; for the truth, before it, lines NODE SITE4
# SITE6.  -v families is 4, 6 or 46.

BEGIN { BLOCKS = 8192; SILENT = 7168; UNREACH = 7936 }

want == "truth" && NF == 3 { site[$1, 4] = $2; site[$1, 6] = $3; next }

{ edge[n++] = $1 }

END {
	for (v = 4; v <= 6; v += 2) {
		if (!index(families, v))
			continue
		if (want == "truth")
			truth(v)
		else
			hitlist(v)
	}
}

# The block in words up to where the host part begins.
function block(v, j, b) {
	if (v == 4)
		return sprintf("%d.%d.%d.", 240 + int(j / 8), \
		    j % 8 * 32 + int(b / 256), b % 256)
	b += j % 8 * BLOCKS
	return sprintf(b ? "3fff:%x:%x::" : "3fff:%x::", 1 + int(j / 8), b)
}

function truth(v,	j, b, len, how) {
	len = v == 4 ? "0/24" : "/48"
	for (j = 0; j < n; j++)
		for (b = 0; b < BLOCKS; b++) {
			how = b < SILENT ? "answers" : \
			    b < UNREACH ? "silent" : "unreach"
			printf "%s%s\t%s\t%s\t%s\n", block(v, j, b), len, \
			    site[edge[j], v], edge[j], how
		}
}

function hitlist(v,	i, at, total, host) {
	total = n * BLOCKS
	if (count == 0 || count > total)
		count = total
	for (i = 0; i < count; i++) {
		at = int(i * total / count)
		host = at * 131 % 254 + 1
		printf v == 4 ? "%s%d\n" : "%s%x\n", \
		    block(v, int(at / BLOCKS), at % BLOCKS), host
	}
}
