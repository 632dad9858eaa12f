#!/bin/sh
. "${0%/*}/../lib.sh"

head='#fsdb -F t dst:a score:q block:a'
{
	echo "$head"
	echo '# node: ams:1'
	printf '192.0.2.1\t5\t-\n192.0.2.2\t7\t-\n'
	echo '# end: 2'
} >whole
sed '$d' whole >cut
gzip -c whole >whole.gz
sed 's/# end: 2/# end: 3/' whole >lost

for awk in mawk gawk
do
	AWK=$awk; export AWK
	ok "$awk: columns by name" sh -c \
	    '[ "$(recawk "{ n += \$score } END { print n }" whole)" = 12 ]'
	ok "$awk: gzip, several files, standard input" sh -c \
	    '[ "$(cat whole.gz whole.gz | recawk "{ n += \$score } END { print n }")" = 24 ] &&
	    [ "$(recawk "END { print NR }" whole.gz whole)" -ge 4 ]'
	ok "$awk: a cut stream is exit 1" status 1 recawk '{ print }' cut
	ok "$awk: so is one with a line missing" status 1 recawk '{ print }' lost
	ok "$awk: its records come out all the same" sh -c \
	    '[ "$(recawk "{ print \$dst }" cut 2>/dev/null | wc -l)" = 2 ]'
	ok "$awk: leaving early is no complaint" recawk '{ print; exit }' whole
	ok "$awk: two different headers are exit 1" status 1 sh -c \
	    '{ cat whole; echo "#fsdb -F t dst:a"; echo "# end: 0"; } | recawk "{ print }"'
	ok "$awk: -v" sh -c \
	    '[ "$(recawk -v "x=a b" -v y=2 "END { print x y }" whole)" = "a b2" ]'
	ok "$awk: --header" sh -c \
	    '[ "$(grep -v "^#" whole | recawk --header "#fsdb -F t a b c" "{ n += \$b } END { print n }")" = 12 ]'
	echo 'END { print n } { n += $score }' >prog
	ok "$awk: -f" sh -c '[ "$(recawk -f prog whole)" = 12 ]'
done
ok 'no header is exit 1' status 1 sh -c 'echo x | recawk "{ print }"'
ok 'no program is exit 2' status 2 recawk
ok 'an unknown option is exit 2' status 2 recawk -z '{ print }'
done_testing
