#!/bin/sh
# needs: filters
#
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

alone='setpriv --reuid 1000 --regid 1000 --clear-groups'
alone="$alone --inh-caps -all,+net_raw --ambient-caps -all,+net_raw"
alone="$alone --bounding-set -all,+net_raw"

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

ok 'no new privileges even then' "$attack" drop status
cp t.log status
ok 'as the kernel says' has status 'NoNewPrivs: 1' 'CapPrm: 0000000000000000'
ok 'no core' "$attack" drop limits
cp t.log limits
ok 'of any size' grep -q '^Max core file size *0 *0 ' limits

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
	ok 'groups' setpriv --groups 1,2,3 "$attack" both status
	cp t.log status
	ok 'are dropped' has status 'Groups:'
	# shellcheck disable=SC2086
	ok 'cap_net_raw alone' $alone "$attack" both status
	cp t.log status
	ok 'is dropped' confined status
	if "$attack" bare landlock
	then
		# shellcheck disable=SC2086
		ok 'Landlock refuses where there is no chroot' same \
		    "$($alone "$attack" drop open)" refused
	fi
fi
if unshare -Ur true 2>/dev/null
then
	ok 'root of a user namespace' unshare -Ur "$attack" both status
	cp t.log status
	ok 'is root no more' confined status
fi


# The tools themselves, while they run: in a namespace of their own, on an
# interface that leads nowhere.  alone: as somebody with cap_net_raw only.
printf 000102030405060708090a0b0c0d0e0f >key
chmod 755 . && chmod 644 key
mkfifo pipe
site='ip link set lo up && ip link add d0 type veth peer name d1 &&
    ip link set d0 up && ip link set d1 up && ip addr add 192.0.2.1/24 dev d0'

# running name wrapper command ...: its status, once it is confined.
running() {
	name=$1 wrap=$2
	shift 2
	unshare -n sh -c "$site && exec $wrap \"\$@\"" - "$@" \
	    >"$name.out" 2>"$name.err" <pipe 9</etc/passwd &
	pid=$!
	exec 8>pipe
	i=0
	while [ $i -lt 100 ] && ! grep -q '^Seccomp:.*2' "/proc/$pid/status"
	do
		i=$((i + 1))
		sleep 0.05
	done 2>/dev/null
	cat "/proc/$pid/status" >"$name.status"
	cat "$name.err"
	stat -c '%u' "/proc/$pid/stat" >"$name.owner"
	ls -l "/proc/$pid/fd" >"$name.fds"
	ls -l "/proc/$pid/root" "/proc/$pid/cwd" >"$name.root" 2>&1
	for t in /proc/"$pid"/task/*
	do
		grep -q '^Seccomp:.*2' "$t/status" &&
		    grep -q '^NoNewPrivs:.*1' "$t/status" &&
		    grep -q '^CapEff:.*0000000000000000' "$t/status" ||
		    return 1
	done
}

stopped() {
	kill "$pid"
	exec 8>&-
	rc=0
	wait "$pid" || rc=$?
	cat "$1.err"
	[ "$rc" -eq 143 ] || { echo "exit $rc"; return 1; }
}

if [ "$(id -u)" -eq 0 ] && unshare -n true 2>/dev/null
then
	for tool in catchreply sendprobes
	do
		set -- -i d0 -S 192.0.2.1 -k key
		[ $tool = catchreply ] || set -- "$@" --gateway-mac \
		    02:00:00:00:00:02
		ok "$tool, all threads" running $tool '' $tool "$@"
		ok "$tool: nothing left" confined $tool.status
		ok "$tool: not root" has $tool.status \
		    'Uid: [1-9][0-9]* [1-9][0-9]* [1-9][0-9]* [1-9][0-9]*' \
		    'Gid: [1-9][0-9]* [1-9][0-9]* [1-9][0-9]* [1-9][0-9]*' \
		    'Groups:' 'CapBnd: 0000000000000000'
		ok "$tool: nowhere" grep -q 'deleted' $tool.root
		ok "$tool: nobody may look into it" same "$(cat $tool.owner)" 0
		ok "$tool: nothing inherited" sh -c "! grep passwd $tool.fds"
		ok "$tool: stops" stopped $tool
		ok "$tool with cap_net_raw alone" running $tool "$alone" \
		    $tool "$@"
		ok "$tool: nothing left of it" confined $tool.status
		ok "$tool: nobody may look into this either" \
		    same "$(cat $tool.owner)" 0
		ok "$tool: stops" stopped $tool
	done
fi

done_testing
