#!/bin/sh
# Privileges: what is left of them, and what an attacker could still do.
. "$(dirname "$0")/../lib.sh"

attack=$HELPER/attack

# fate attack: how the call ended under the filter alone.
fate() {
	rc=0
	out=$("$attack" "$@" 2>&1) || rc=$?
	case $rc in
	159)	echo dies ;;
	0)	echo "$out" ;;
	*)	echo "exit $rc: $out" ;;
	esac
}

same() {
	[ "$1" = "$2" ] || { echo "got $1, want $2"; return 1; }
}

# has file line ...: /proc/PID/status has these, blanks squeezed.
has() {
	f=$1
	shift
	tr -s ' \t' ' ' <"$f" | sed 's/ $//' >squeezed
	for line
	do
		grep -qx "$line" squeezed || { cat squeezed; return 1; }
	done
}

nocaps='CapInh: 0000000000000000|CapPrm: 0000000000000000|CapEff: 0000000000000000|CapAmb: 0000000000000000|NoNewPrivs: 1|Seccomp: 2'

# confined file: no capability, no way back.
confined() {
	oldifs=$IFS IFS='|'
	# shellcheck disable=SC2086 # split at the bars
	set -- "$1" $nocaps
	IFS=$oldifs
	has "$@"
}

ok 'what the tools need still works' "$attack" filter live
"$attack" list >attacks
while read -r name how
do
	ok "$name $how" same "$(fate "$name")" "$how"
done <attacks
ok 'bare, nothing stops them' same \
    "$(fate bare open) $(fate bare rwx) $(fate bare socket)" 'done done done'
ok 'without the filter a file is refused all the same' same \
    "$(fate drop open) $(fate drop mkdir)" 'refused refused'

ok 'status of a dropped process' "$attack" both status
cp t.log status
ok 'no capability, no_new_privs, a filter' confined status
if [ "$(id -u)" -eq 0 ]
then
	ok 'not root, no groups' has status \
	    'Uid: [1-9][0-9]* [1-9][0-9]* [1-9][0-9]* [1-9][0-9]*' \
	    'Gid: [1-9][0-9]* [1-9][0-9]* [1-9][0-9]* [1-9][0-9]*' \
	    'Groups:' 'CapBnd: 0000000000000000'
fi
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null
then
	ok 'cap_net_raw alone' setpriv --reuid 1000 --regid 1000 \
	    --clear-groups --inh-caps +net_raw --ambient-caps +net_raw \
	    "$attack" both status
	cp t.log status
	ok 'is dropped' confined status
fi
if unshare -Ur true 2>/dev/null
then
	ok 'root of a user namespace' unshare -Ur "$attack" both status
	cp t.log status
	ok 'is root no more' confined status
fi

done_testing
