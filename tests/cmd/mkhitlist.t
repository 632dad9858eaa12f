#!/bin/sh
# mkhitlist: formats, choice, order, shards, samples, refusals, resuming.
. "${0%/*}/../lib.sh"

# targets [option ...]: the addresses mkhitlist writes, in its order.
targets() {
	mkhitlist "$@" 2>err | grep -v '^#' | cut -f1
}

# count name [option ...]: a number from its counts.
count() {
	name=$1
	shift
	mkhitlist "$@" 2>/dev/null | sed -n "s/^# counts:.* $name=\([0-9]*\).*/\1/p"
}

same() {
	[ "$1" = "$2" ] || { echo "is:     $1"; echo "should: $2"; return 1; }
}

sorted() {
	targets "$@" | sort | tr '\n' ' '
}

# balanced [option ...]: every address is a target or counted by its reason.
balanced() {
	mkhitlist "$@" 2>err >out || [ $? -eq 1 ] || return 1
	awk '
		/^# counts:/ { for (i = 3; i <= NF; i++) { split($i, f, "="); n[f[1]] = f[2] } }
		!/^#/ { lines++ }
		END {
			all = n["refused.special"] + n["refused.blocklist"] + \
			    n["duplicate"] + n["surplus"] + n["covered"] + \
			    n["left.sample"] + n["left.max"] + \
			    n["left.shard"] + n["left.resume"] + n["targets"]
			print n["addresses"], all, lines, n["targets"]
			exit all != n["addresses"] || lines != n["targets"]
		}' out
}

# The formats, each known by itself.
printf '%s\n' 9.9.9.9 8.8.8.8 '# no' 2600::1 >list
printf '%s\n' '#fsdb -F S hex_ip score ip' '08080808 50 8.8.8.8' \
    '08080809 99 8.8.8.9' '0909090a 1 9.9.9.10' >isi
printf '1.0.0.0\t23\t13335\n9.9.9.0\t24\t19281_42\n' >pfx2as
printf '%s\n' '1.0.0.0,1.0.1.255,13335,"Cloudflare, Inc."' \
    '9.9.9.0,9.9.9.255,19281,Quad9' >ranges
printf '%s\n' '16777216,16777727,13335,"Cloudflare, Inc."' >nums
printf '%s\n' 'TABLE_DUMP2|1|B|4.4.4.4|1|1.0.0.0/23|1 13335|IGP' \
    'TABLE_DUMP2|1|B|5.5.5.5|2|1.0.0.0/23|2 13335|IGP' \
    'TABLE_DUMP2|1|B|5.5.5.5|2|0.0.0.0/0|2|IGP' \
    'TABLE_DUMP2|1|B|5.5.5.5|2|2600::/47|2 6939|IGP' >bgp
printf '%s\n' 1.0.0.0/23 2600:0:1::/48 >prefixes
ok 'address list' same "$(sorted list)" '2600::1 8.8.8.8 9.9.9.9 '
ok 'ISI hitlist: the best of a block' same "$(sorted isi)" '8.8.8.9 9.9.9.10 '
ok 'pfx2as' same "$(sorted pfx2as)" '1.0.0.1 1.0.1.1 9.9.9.1 '
ok 'ranges' same "$(sorted ranges)" '1.0.0.1 1.0.1.1 9.9.9.1 '
ok 'ranges of numbers' same "$(sorted nums)" '1.0.0.1 1.0.1.1 '
ok 'bgpdump, no default route' same "$(sorted bgp)" \
    '1.0.0.1 1.0.1.1 2600:0:1::1 2600::1 '
ok 'prefixes' same "$(sorted prefixes)" '1.0.0.1 1.0.1.1 2600:0:1::1 '
ok 'several files together' same "$(sorted list pfx2as isi)" \
    '1.0.0.1 1.0.1.1 2600::1 8.8.8.9 9.9.9.10 '
gzip -k isi
ok 'gzip' same "$(sorted isi.gz)" "$(sorted isi)"
ok 'standard input' same "$(sorted - <isi)" "$(sorted isi)"
mkhitlist -e 3 isi >ours
ok 'our own records' same "$(sorted ours)" "$(sorted isi)"
ok 'their metadata is kept' sh -c 'mkhitlist ours | grep -q "^#   | mkhitlist -e 3 isi$"'
ok 'our own records, cut' sh -c 'grep -v "^# end" ours >cut;
    mkhitlist cut >out 2>err; [ $? -eq 1 ] && grep -q "^mkhitlist: cut: cut short" err &&
    [ "$(grep -cv "^#" out)" -eq 2 ]'
ok '--format overrides' sh -c 'printf "1.0.0.0\n" | mkhitlist --format pfx2as - 2>err; [ $? -eq 1 ] &&
    grep -q "^mkhitlist: stdin:1: not a prefix length" err'
ok '-4' same "$(sorted -4 list)" '8.8.8.8 9.9.9.9 '
ok '-6' same "$(sorted -6 list)" '2600::1 '

# The record itself.
mkhitlist -e 1 isi | grep -v '^#   |' >out
ok 'records' same "$(cat out)" "#fsdb -F t dst:a score:q block:a
# version: 0.1
# seed: 1
$(grep '^8' out)
$(grep '^9' out)
# counts: lines=3 bad=0 ranges=0 left.per_prefix=0 addresses=3 refused.special=0 refused.blocklist=0 duplicate=0 surplus=1 covered=0 left.sample=0 left.max=0 left.shard=0 left.resume=0 targets=2
# end: 2"
ok 'one of them' same "$(grep '^8' out)" "$(printf '8.8.8.9\t99\t8.8.8.0/24')"

# Choosing.
ok 'all best before all second' same "$(targets --candidates 2 isi | sed -n '3p')" 8.8.8.8
ok '--candidates keeps them by score' same "$(targets --candidates 2 isi | grep '^8' | tr '\n' ' ')" '8.8.8.9 8.8.8.8 '
ok 'larger blocks' same "$(count targets --block 8 ranges)" 2
ok 'smaller blocks' same "$(count targets --block 26 ranges)" 12
ok 'IPv6 blocks' same "$(count targets --block6 47 bgp)" 3
ok 'host 7' same "$(sorted --host 7 pfx2as)" '1.0.0.7 1.0.1.7 9.9.9.7 '
ok 'host 7 of listed blocks, too' same "$(sorted --host 7 isi)" '8.8.8.7 9.9.9.7 '
ok 'listed, else 7' same "$(sorted --host listed,7 isi ranges)" '1.0.0.7 1.0.1.7 8.8.8.9 9.9.9.10 '
ok 'listed only' same "$(sorted --host listed isi ranges)" '8.8.8.9 9.9.9.10 '
ok 'random: the same by seed' same "$(targets -e 5 --host random ranges)" "$(targets -e 5 --host random ranges)"
ok 'random: another by another' sh -c '! [ "$1" = "$2" ]' - "$(sorted -e 5 --host random ranges)" "$(sorted -e 6 --host random ranges)"
for bad in 'x' 'listed,' 'listed,0' '0' 'listedx' 'random,1' '1 '
do
	ok "--host '$bad' is exit 2" status 2 mkhitlist --host "$bad" list
done

# Large prefixes.
echo 2600::/32 >p32
ok 'IPv6: 16 of a /32' same "$(count targets p32)" 16
ok 'the others are counted' same "$(count left.per_prefix p32)" 65520
ok 'the first is among them' sh -c 'mkhitlist p32 | grep -q "^2600::1	"'
ok '--per-prefix' same "$(count targets --per-prefix 100 p32) $(count left.per_prefix --per-prefix 100 p32)" '100 65436'
ok '--per-prefix 0: all' same "$(count targets --per-prefix 0 p32)" 65536
echo 20.0.0.0/8 >p8
ok 'IPv4: all' same "$(count targets p8)" 65536
ok 'IPv4 --per-prefix' same "$(count targets --per-prefix 9 p8)" 9

# Order.
printf '%s\n' 20.0.0.0/11 30.5.0.0/16 40.0.0.0/12 >big
targets -e 7 big >order
ok 'each once' same "$(sort -u order | wc -l)" "$(wc -l <order)"
ok 'as many as there are' same "$(wc -l <order)" "$((8192 + 256 + 4096))"
ok 'the same again' same "$(targets -e 7 big | cksum)" "$(cksum <order)"
ok 'the same from the files in another order' same \
    "$(sort -r big | targets -e 7 | cksum)" "$(cksum <order)"
ok 'the same on any machine' same "$(cksum <order)" '2367831914 139762'
ok 'another by another seed' sh -c '[ "$(mkhitlist -e 8 big | grep -v "^#" | cut -f1 | cksum)" != "$(cksum <order)" ]'
ok 'two of a /16 are at least 12 apart, of 49 columns' awk -F. '
	{ k = $1 "." $2 }
	(k in last) && NR - last[k] < 12 { print k, last[k], NR; bad = 1 }
	{ last[k] = NR }
	END { exit bad }' order
ok 'the first part is an even sample' awk -F. '
	NR <= 490 { n[$1]++ }
	END { print n[20], n[30], n[40]; exit n[20] < 310 || n[20] > 330 || n[30] < 9 || n[30] > 11 }' order

# Shards.
for n in 1 3 7
do
	i=0
	: >parts
	while [ $i -lt $n ]
	do
		i=$((i + 1))
		targets -e 7 -s $i/$n big >part
		cat part >>parts
		[ "$(wc -l <part)" -ge $((12544 / n)) ] || echo "$i is short" >>parts
	done
	ok "$n shards are the whole, once" same "$(sort parts | cksum)" "$(sort order | cksum)"
done
i=0
: >parts
while [ $i -lt 4 ]
do
	i=$((i + 1))
	targets -s $i/4 --max-targets 1000 --candidates 2 isi ranges big >>parts
done
ok 'shards of the first 1000 are the first 1000' same "$(sort parts)" \
    "$(targets --max-targets 1000 --candidates 2 isi ranges big | sort)"
for bad in 0/4 5/4 1 /4 1/ a/b 1/0 -1/4
do
	ok "shard $bad is exit 2" status 2 mkhitlist -s "$bad" list
done
ok '--max-targets' same "$(targets -e 7 --max-targets 100 big)" "$(head -n 100 order)"
ok '--max-targets %' same "$(targets -e 7 --max-targets 10% big)" "$(head -n 1255 order)"
ok '--max-targets 0' same "$(targets --max-targets 0 big)" ''
for bad in 101% -1 x % 1e3 ''
do
	ok "--max-targets '$bad' is exit 2" status 2 mkhitlist --max-targets "$bad" list
done

# Samples.
awk 'BEGIN { for (i = 0; i < 4096; i++) printf "20.%d.%d.0\t24\t%d\n", i / 256, i % 256, i < 4000 ? 1 : 2 }' >two
targets --sample 1% two | awk -F. '{ n[$2 * 256 + $3 < 4000]++ } END { print n[1], n[0] }' >out
ok 'a sample by AS' sh -c 'cat out; grep -qE "^40 [01]$" out || grep -qE "^41 0$" out'
ok 'of a number' same "$(count targets --sample 100 two)" 100
ok 'of more than all' same "$(count targets --sample 9999 two)" 4096
ok 'of none' same "$(count targets --sample 0% two)" 0
ok 'by length' same "$(count targets --sample 10% --by length two | sed 's/409\|410/ok/')" ok
ok 'by nothing' same "$(count targets --sample 10% --by none list)" "$(count targets --sample 10% --by none list)"
ok 'without routes is exit 2' status 2 mkhitlist --sample 1% list
targets two >addrs
ok '--asn gives them' sh -c 'mkhitlist --sample 50% --asn two addrs | grep -v "^#" |
    awk -F"[.\t]" "{ n[\$2 * 256 + \$3 < 4000]++ } END { print n[1], n[0]; exit n[1] != 2000 || n[0] != 48 }"'
ok 'the same by seed' same "$(targets -e 4 --sample 1% two)" "$(targets -e 4 --sample 1% two)"
ok '--by nonsense is exit 2' status 2 mkhitlist --by nonsense list

# Refusals.
printf '%s\n' 10.0.0.0/22 8.8.8.0/24 9.9.9.0/24 203.0.113.7 fd00::1 2600::1 >some
echo '9.9.9.0/24 # asked' >block
ok 'special-purpose addresses are refused' same "$(sorted some)" '2600::1 8.8.8.1 9.9.9.1 '
ok 'and counted' same "$(count refused.special some)" 6
ok '-b' same "$(sorted -b block some)" '2600::1 8.8.8.1 '
ok 'and counted' same "$(count refused.blocklist -b block some)" 1
ok '--allow-prefix' same "$(sorted --allow-prefix 10.0.1.0/24 --allow-prefix fd00::/8 some)" \
    '10.0.1.1 2600::1 8.8.8.1 9.9.9.1 fd00::1 '
ok 'but not what -b lists' same "$(sorted -b block --allow-prefix 9.0.0.0/8 some)" '2600::1 8.8.8.1 '
ok 'a missing blocklist is exit 2' status 2 mkhitlist -b missing list
echo nonsense >badblock
ok 'a bad blocklist is exit 2' sh -c 'mkhitlist -b badblock list >out 2>err; [ $? -eq 2 ] &&
    grep -qx "mkhitlist: badblock:1: not a prefix: nonsense" err && ! [ -s out ]'
ok '--allow-prefix nonsense is exit 2' status 2 mkhitlist --allow-prefix nonsense list

# Bad input.
printf '%s\n' 8.8.8.8 a b c 9.9.9.9 d e f g >bad
mkhitlist bad >out 2>err
ok 'bad lines are exit 1' status 1 mkhitlist --quiet bad
ok 'the first five are named' same "$(head -n 5 err)" 'mkhitlist: bad:2: not an address: a
mkhitlist: bad:3: not an address: b
mkhitlist: bad:4: not an address: c
mkhitlist: bad:6: not an address: d
mkhitlist: bad:7: not an address: e'
ok 'the others counted' same "$(tail -n +6 err)" 'mkhitlist: bad: 2 more lines like these'
ok 'the good ones used' same "$(sorted bad)" '8.8.8.8 9.9.9.9 '
ok 'and the bad ones in the metadata' same "$(count bad bad)" 7
ok '--quiet' same "$(mkhitlist --quiet bad 2>&1 >/dev/null)" ''
head -c 60 isi.gz >cut.gz
ok 'cut gzip is exit 1' status 1 mkhitlist --quiet cut.gz
ok 'a missing file is exit 2' status 2 mkhitlist missing
ok 'and writes nothing' same "$(mkhitlist list missing 2>/dev/null)" ''
ok 'a directory is exit 1' status 1 mkhitlist .
ok 'no input, no targets' same "$(count targets /dev/null)" 0
ok 'the disk full is exit 3' sh -c 'mkhitlist big >/dev/full 2>err; [ $? -eq 3 ]'
ok 'a reader gone is exit 3' sh -c '{ mkhitlist big 2>err; echo $? >rc; } | :; [ "$(cat rc)" -eq 3 ]'

# Output.
ok '-w' sh -c 'mkhitlist -w new.gz list && zcat new.gz | tail -n 1 | grep -qx "# end: 3"'
ok 'not over an existing file' status 2 mkhitlist -w new.gz list
ok 'but with --force' mkhitlist --force -w new.gz list
ok '-v' sh -c 'mkhitlist -v isi 2>&1 >/dev/null | grep -q "^mkhitlist: isi: fsdb, 3 lines$"'

# interrupted: stop it while its reader waits after the first line.
interrupted() {
	mkfifo fifo
	echo 16.0.0.0/5 >p5
	mkhitlist p5 >fifo 2>err &
	pid=$!
	exec 3<fifo
	read -r first <&3
	kill -TERM $pid
	cat <&3 >out
	exec 3<&-
	rc=0
	wait $pid || rc=$?
	[ $rc -eq 143 ] && grep -qx '# interrupted: SIGTERM' out &&
	    [ "$(grep -cv '^#' out)" -lt 524288 ] &&
	    tail -n 1 out | grep -qx "# end: $(grep -cv '^#' out)"
}
ok 'interrupted: the output ends, exit 143' interrupted

# Resuming.
sent() {
	echo '#fsdb -F t time:d node:a probe:a src:a dst:a ttl:q flow:q attempt:q'
	while read -r node probe src dst
	do
		printf '1.000000000\t%s\t%s\t%s\t%s\t64\t0\t0\n' "$node" "$probe" "$src" "$dst"
	done
}
awk 'NR <= 5000 { print "ams", "icmp", "192.0.2.1", $1 }' order | sent >sent1
awk 'NR > 5000 && NR <= 5100 { print "fra", "icmp", "192.0.2.1", $1 }' order | sent >sent2
echo '# end: 5000' >>sent1
ok '--resume leaves out what was sent, in order' same \
    "$(targets -e 7 --resume sent1 big | cksum)" "$(tail -n +5001 order | cksum)"
ok 'of several logs' same \
    "$(targets -e 7 --resume sent1 --resume sent2 big | cksum)" "$(tail -n +5101 order | cksum)"
ok 'a cut log is used and is exit 1' sh -c 'mkhitlist -e 7 --resume sent2 big >out 2>err; [ $? -eq 1 ] &&
    grep -q "^mkhitlist: sent2: cut short" err && [ "$(grep -cv "^#" out)" -eq 12444 ]'
ok 'by node' same "$(targets -e 7 --resume sent1 --resume sent2 -N fra big | wc -l)" 12444
ok 'by probe' same "$(targets -e 7 --resume sent1 -P dns big | wc -l)" 12544
ok 'by source' same "$(targets -e 7 --resume sent1 -S 192.0.2.1 big | wc -l)" 7544
ok 'of another source' same "$(targets -e 7 --resume sent1 -S 192.0.2.2 big | wc -l)" 12544
gzip -k sent1
ok 'gzip' same "$(targets -e 7 --resume sent1.gz big | cksum)" "$(tail -n +5001 order | cksum)"
ok 'a shard of what is left is what is left of the shard' same \
    "$(targets -e 7 -s 2/3 --resume sent1 big)" \
    "$(targets -e 7 -s 2/3 big >part; tail -n +5001 order | grep -Fxf - part)"
ok 'a missing log is exit 2' status 2 mkhitlist --resume missing big
ok 'no sent log is exit 2' status 2 mkhitlist --resume isi big
ok '-N without --resume is exit 2' status 2 mkhitlist -N ams big

# Nothing is lost without being counted.
ok 'counts add up' balanced --candidates 2 isi isi list ranges some
ok 'with everything' balanced -e 7 --candidates 2 --sample 90% -s 1/3 --max-targets 9000 \
    -b block --resume sent1 --host listed,random isi isi bad big two some ranges bgp
ok 'of large prefixes' balanced --per-prefix 50 big p32 p8
done_testing
