#!/bin/sh
# Every tool has a page, and page and --help name the same options.
. "${0%/*}/../lib.sh"

for page in "$TOP"/man/*.[1578] "$OBJ"/man/*.[1578]
do
	ok "${page##*/} is clean" sh -c '! mandoc -Tlint -Wwarning "$1" | grep .' - "$page"
done
for tool in "$OBJ"/bin/* "$OBJ"/libexec/*
do
	[ -f "$tool" ] || continue
	name=${tool##*/}
	[ "$name" != castnode-run ] || continue		# castnode's own
	page=$(ls "$TOP/man/$name".[18] 2>/dev/null)
	ok "$name has a page" test -n "$page"
	[ "$name" != castnode ] || continue
	"$tool" --help | grep -oE '^ +(-[A-Za-z0-9], )?--[a-z0-9-]+' |
	    grep -oE -- '--[a-z0-9-]+' | sort >help
	mandoc -Tutf8 "$page" 2>/dev/null | col -b |
	    sed -n '/^DESCRIPTION/,/^\(EXIT\|EXAMPLES\|ENVIRONMENT\|SIGNALS\)/p' |
	    grep -E '^ +-' | sed 's/\xe2\x80\x90/-/g' |
	    grep -oE -- '--[a-z][a-z0-9-]+' | sort -u >page
	ok "$name: page and --help name the same options" diff -u help page
	ok "$name: --version" sh -c '"$1" --version | grep -q castnet' - "$tool"
	ok "$name: an unknown option is exit 2" status 2 "$tool" --nonsense
	ok "$name: completion names it" grep -q "[ -]$name\( \|\$\|\\\\\)" \
	    "$TOP/share/completion/castnet.bash"
done
ok 'bash completion completes' bash -c '
	. "$TOP/share/completion/castnet.bash"
	COMP_WORDS=(recfields --h) COMP_CWORD=1 _castnet
	COMP_WORDS=(recfields --h); COMP_CWORD=1; _castnet
	[ "${COMPREPLY[*]}" = "--header --help" ]'
done_testing
