#!/bin/sh
# needs: filters
#
# shellcheck disable=SC2046,SC2016 # command_of is to be split
# Output that fails: every tool that writes records exits 3, and what it
# wrote until then can be read.  Output that is only slow, or interrupted,
# is written whole.
. "${0%/*}/../lib.sh"

fault=$HELPER/faultio
rc=0
"$fault" short 1 true || rc=$?
if [ "$rc" -ne 0 ]
then
	echo "1..0 # SKIP cannot trace here"
	exit 0
fi

printf 000102030405060708090a0b0c0d0e0f >key
awk 'BEGIN { for (i = 0; i < 20000; i++)
    printf "10.%d.%d.1\n", i / 256, i % 256 }' >list
mkhitlist --allow-prefix 10.0.0.0/8 -w targets.tsv list
sendprobes -i lo -r 0 -S 192.0.2.1 -N a:3 -k key --allow-prefix 10.0.0.0/8 \
    --dry-run -w sent.tsv <targets.tsv
"$HELPER/mkreplies" n=20000 first=10.0.0.1 >replies.pcap
catchreply -f replies.pcap -S 192.0.2.1 -N a:3 -k key -w reply.tsv
"$HELPER/mkreplies" n=20000 first=10.0.9.1 >replies2.pcap
catchreply -f replies2.pcap -S 192.0.2.1 -N b:4 -k key -w reply2.tsv
# None of these replies is to one of those probes, which is exit 1.
matchresults -w result.tsv sent.tsv reply.tsv 2>/dev/null
matchresults -w result2.tsv sent.tsv reply2.tsv 2>/dev/null

# The command line of each tool, to which -w FILE is added.
command_of() {
	case $1 in
	mkhitlist)	echo mkhitlist --allow-prefix 10.0.0.0/8 list ;;
	sendprobes)	echo sendprobes -i lo -r 0 -S 192.0.2.1 -k key \
			    --allow-prefix 10.0.0.0/8 --dry-run ;;
	catchreply)	echo catchreply -f replies.pcap -S 192.0.2.1 -k key ;;
	matchresults)	echo matchresults sent.tsv reply.tsv ;;
	aggregate)	echo aggregate -g dst,verdict result.tsv ;;
	diffrounds)	echo diffrounds --moved result.tsv result2.tsv ;;
	esac
}

# under what n tool file: run it so; the status is the tool's.
under() {
	rm -f "$4"
	timeout 60 "$fault" "$1" "$2" $(command_of "$3") -w "$4" <targets.tsv
}

# cut_at what n tool file: exit 3, and a prefix that says it was cut.
cut_at() {
	got=0
	under "$@" || got=$?
	[ "$got" -eq 3 ] || { echo "exit $got, not 3"; return 1; }
	[ "$(wc -c <"$4")" -le "$2" ] || { echo "too much"; return 1; }
	prefix "$4"
}

text() {
	case $1 in
	*.gz)	zcat "$1" ;;
	*)	cat "$1" ;;
	esac
}

# prefix file: the records that can be read are the first ones there were.
prefix() {
	text "$1" 2>/dev/null >lines
	grep -q '^# end:' lines && { echo 'not cut'; return 1; }
	grep -v '^#' lines | sed '$d' | cut -f"$cols" >have
	head -n "$(wc -l <have)" whole | cmp have -
}

# whole_under what n tool file: nothing lost, and no failure.
whole_under() {
	got=0
	under "$@" || got=$?
	[ "$got" -eq "$usual" ] || { echo "exit $got, not $usual"; return 1; }
	text "$4" | tail -n 1 | grep -q '^# end:' || return 1
	text "$4" | grep -v '^#' | cut -f"$cols" | cmp - whole
}

for tool in mkhitlist sendprobes catchreply matchresults aggregate diffrounds
do
	# The time is different each time.
	cols=1-
	[ $tool != sendprobes ] || cols=2-
	usual=0
	under short 1000000 $tool base.tsv >/dev/null 2>&1 || usual=$?
	grep -v '^#' base.tsv | cut -f$cols >whole
	ok "$tool: there is something to lose" test "$(wc -c <whole)" -gt 100000
	for out in out.tsv out.gz
	do
		for what in 'ENOSPC 0' 'ENOSPC 1' 'ENOSPC 40000' 'EIO 20001' \
		    'EPIPE 20000' 'EDQUOT 300'
		do
			# shellcheck disable=SC2086
			ok "$tool: $what, $out" cut_at $what $tool $out
		done
		ok "$tool: interrupted, $out" whole_under eintr 2 $tool $out
		ok "$tool: interrupted less, $out" \
		    whole_under eintr 7 $tool $out
		ok "$tool: short writes, $out" whole_under short 999 $tool $out
		ok "$tool: close fails, $out" status 3 under close 1 $tool $out
	done
	ok "$tool: a reader that leaves" sh -c '"$@" <targets.tsv |
	    head -c 100 >/dev/null' - sh -c \
	    '"$@" && rc=0 || rc=$?; echo $rc >rc' - \
	    $(command_of $tool)
	ok "$tool: is exit 3" test "$(cat rc)" -eq 3
	ok "$tool: a full device" sh -c 'rm -f p.pcap
	    "$@" <targets.tsv >/dev/full; [ $? -eq 3 ]' - $(command_of $tool)
done
ok 'catchreply: the disk does not confirm' status 3 "$fault" sync 1 \
    catchreply -f replies.pcap -S 192.0.2.1 -k key --sync -w sync.gz
done_testing
