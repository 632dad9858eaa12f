#!/bin/sh
# castnode - all that orchestrate(1) may ask of a node
#
# The command an ssh key is restricted to:
#     restrict,command="/usr/local/libexec/castnet/castnode" ssh-ed25519 ...
# What it is asked is one line of words from a small alphabet, checked word
# by word; nothing of it reaches a shell or becomes a path as it stands.
# Every answer but fetch's ends with a line "castnode: STATUS", because the
# exit status of ssh does not say whose it is.
#
# Programs run detached.  Their standard output is a lock file (flock), so a
# program is alive exactly as long as the lock is held, whatever happened to
# those who started it and whichever process has its number now.

set -euf
LC_ALL=C; export LC_ALL
umask 077

# Starts in half the time of the other awk; a question takes several.
! command -v mawk >/dev/null || alias awk=mawk

case $0 in
/*)	self=$0 ;;
*)	self= ;;
esac
[ -n "$self" ] && [ ! -L "$self" ] || self=$(readlink -f -- "$0")
home=${self%/*}

refuse() {
	echo "castnode: $*" >&2
	echo 'castnode: 2'
	exit 2
}

fail() {
	echo "castnode: $*" >&2
	echo 'castnode: 1'
	exit 1
}

is() {		# is word regex: does the whole word match?
	grep -Eqx -- "$2" <<-END
	$1
	END
}

# Where the programs are: beside us when pushed, in bin when installed.
set_path() {
	PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	for dir in "$home/bin" "$home/../bin" "$home/../../bin"
	do
		if [ -x "$dir/catchreply" ]
		then
			PATH=$dir:$PATH
			break
		fi
	done
	if [ -d "$home/lib" ]		# libraries pushed along
	then
		LD_LIBRARY_PATH=$home/lib; export LD_LIBRARY_PATH
	fi
	export PATH
}

set_runs() {
	runs=${CASTNET_RUNS:-${HOME:?}/castnet/runs}
}

# run id: set $run; the directory must be there unless $2 is "new".
set_run() {
	case $1 in
	''|[!A-Za-z0-9]*|*[!A-Za-z0-9._-]*)	refuse "not a run: $1" ;;
	esac
	[ ${#1} -le 64 ] || refuse "not a run: $1"
	run=$runs/$1
	if [ "${2-}" != new ]
	then
		[ -d "$run" ] || fail "no such run: $1"
		cd "$run"
	fi
}

number='(0|[1-9][0-9]{0,11})'
segfile='(reply|sent|links|listen|offsets)\.[1-9][0-9]{0,3}\.gz|(catch|send|links|listen)\.[1-9][0-9]{0,3}\.(log|status)'
kinds='send catch links listen'
listfile='(hitlist|peers|(redo|probes)\.[1-9][0-9]{0,3})\.gz'

# --- hello -----------------------------------------------------------------

default_iface() {
	# /proc/net/route: Iface Destination Gateway ...; then IPv6's
	awk '$2 == "00000000" { print $1; found = 1; exit }
	    END { exit !found }' /proc/net/route 2>/dev/null ||
	awk '$1 ~ /^0+$/ && $2 == "00" && $NF != "lo" { print $NF; exit }' \
	    /proc/net/ipv6_route 2>/dev/null || :
}

# route_source destination: our own address towards it, if ip(8) is there.
route_source() {
	ip -o route get "$1" 2>/dev/null |
	    awk '{ for (i = 1; i < NF; i++) if ($i == "src") print $(i + 1) }'
}

# say_versions: each program's, the last word it prints; - for none
say_versions() {
	for tool in catchreply sendprobes mkhitlist
	do
		v=$($tool --version 2>/dev/null) || :
		v=${v##* }
		echo "$tool ${v:--}"
	done
}

# Facts first; then the time for every line read, so that the other side
# can take the offset of our clock within this one session.
hello() {
	[ $# -eq 0 ] || refuse "hello takes no argument"
	[ -d "$runs" ] || mkdir -p "$runs" || fail "cannot make $runs"
	say_facts
	echo "host $(uname -n)"
	echo "system $(uname -srm)"
	echo "user $(id -un)"
	echo "addr4 $(route_source 192.88.99.1)"
	echo "addr6 $(route_source 2001:4860::1)"
	echo 'castnode: 0'
	say_times
}

# say_facts: those that a measurement depends on
say_facts() {
	say_versions
	echo "iface ${iface:-$(default_iface)}"
	# shellcheck disable=SC2046 # two numbers
	set -- $(stat -f -c '%a %S' "$runs")
	echo "disk $(($1 * $2 / 1024))"		# KiB
}

# say_times: by one process; to start one for each would take longer than the
# line was on its way
say_times() {
	rounds=0
	while [ $rounds -lt 100 ] && read -r _
	do
		echo now
		rounds=$((rounds + 1))
	done | stdbuf -oL date -f - +%s.%N
}

# --- runs ------------------------------------------------------------------

alive() {	# alive kind
	[ -e "$1.lock" ] && ! flock -s -n 6 6<"$1.lock"
}

# await_end kind seconds: until it is not alive; 1 if it still is
await_end() {
	[ ! -e "$1.lock" ] || flock -s -w "$2" 6 6<"$1.lock"
}

# read_key: the key from standard input; it must be the run's.
read_key() {
	key=
	IFS= read -r key || :
	case "${#key} $key" in
	'32 '*[!0-9a-f]*)	key= ;;
	'32 '*)			;;
	*)			key= ;;
	esac
	[ -n "$key" ] || refuse 'no key on standard input'
	mark=$(printf '%s' "$key" | sha256sum)
	mark=${mark%"${mark#????????????????}"}
}

# open run: make the run's directory, which is the lock on its name.
open_run() {
	[ $# -eq 1 ] || refuse 'usage: open run'
	set_run "$1" new
	read_key
	make_run
	echo 'castnode: 0'
}

# make_run: for who has the key; known to it already, that is no error
make_run() {
	[ -d "$runs" ] || mkdir -p "$runs"
	if mkdir "$run" 2>/dev/null
	then
		echo "$mark" >"$run/owner"
		echo new
	elif is_owner "$run/owner"
	then
		echo known
	else
		refuse "run ${run##*/} is somebody else's"
	fi
}

# is_owner file: is the key read that of the run with this file?
is_owner() {
	owner=
	{ read -r owner <"$1"; } 2>/dev/null || :
	[ "$owner" = "$mark" ]
}

owned() {
	read_key
	is_owner owner ||
	    refuse "the key is not run ${run##*/}'s"
}

# put run file offset: add standard input to the file, which has that size.
put() {
	[ $# -eq 3 ] || refuse 'usage: put run file offset'
	is "$2" "$listfile|blocklist" || refuse "not a file to put: $2"
	is "$3" "$number" || refuse "not an offset: $3"
	set_run "$1"
	exec 8>>put.lock
	flock -w 30 8 || fail 'another put is going on'
	[ "$3" -ne 0 ] || : >"$2"
	size=0
	[ ! -e "$2" ] || size=$(stat -c %s "$2")
	[ "$size" = "$3" ] || fail "$2 has $size bytes"
	cat >>"$2" || fail "cannot write $2"
	say_sum "$2"
	echo 'castnode: 0'
}

# say_sum file: its size and checksum
say_sum() {
	if [ -f "$1" ]
	then
		echo "$(stat -c %s "$1") $(sha256sum <"$1" | cut -d ' ' -f 1)"
	else
		echo '0 -'
	fi
}

# fetch run file offset: a line with its size and checksum, then the bytes
# from the offset on.  A file still written to is taken as long as it is now.

fetch() {
	[ $# -eq 3 ] || refuse 'usage: fetch run file offset'
	is "$2" "$segfile" || refuse "not a file to fetch: $2"
	is "$3" "$number" || refuse "not an offset: $3"
	set_run "$1"
	[ -f "$2" ] || fail "no such file: $2"
	size=$(stat -c %s "$2")
	[ "$3" -le "$size" ] || fail "$2 has only $size bytes"
	echo "castnode: size $size $(head -c "$size" "$2" | sha256sum |
	    cut -d ' ' -f 1)"
	tail -c "+$(($3 + 1))" "$2" | head -c "$((size - $3))"
}

sum_file() {
	[ $# -eq 2 ] || refuse 'usage: sum run file'
	is "$2" "$segfile|$listfile|blocklist" || refuse "not a file: $2"
	set_run "$1"
	say_sum "$2"
	echo 'castnode: 0'
}

clean() {
	[ $# -eq 1 ] || refuse 'usage: clean run'
	set_run "$1" new
	if [ -d "$run" ]
	then
		cd "$run"
		for kind in $kinds
		do
			! alive "$kind" || fail "run $1 is still going on"
		done
		rm -rf -- "${runs:?}/$1"
	fi
	echo 'castnode: 0'
}

# segments catch|send: their numbers, in order
segments() {
	n=1
	while [ -e "$1.$n.log" ]
	do
		echo $n
		n=$((n + 1))
	done
}

# next_segment catch|send: set seg
next_segment() {
	seg=1
	while [ -e "$1.$seg.log" ]
	do
		seg=$((seg + 1))
	done
}

# A line per segment: kind number state list rc begin end
# state: alive, ended (by itself, rc says how), dead (killed, or a reboot).
# What is dead ended, as far as we can know, when its file was last written.
segment_state() {
	begin=- list=- rc=- end=-
	[ ! -e "$1.$2.begin" ] || read -r begin list <"$1.$2.begin" || :
	state=dead
	if [ -e "$1.$2.status" ]
	then
		read -r rc end <"$1.$2.status" || :
		case $rc in
		130|143)	state=ended ;;
		*)		[ "$rc" -ge 128 ] || state=ended ;;
		esac
	elif alive "$1" && [ ! -e "$1.$(($2 + 1)).log" ]
	then
		state=alive
	fi
	out=sent
	[ "$1" = send ] || out=reply
	[ $state != dead ] || [ ! -e "$out.$2.gz" ] ||
	    end=$(stat -c %Y "$out.$2.gz")
	echo "$1 $2 $state ${list:--} $rc $begin $end"
}

status() {
	[ $# -eq 1 ] || [ $# -eq 2 ] || refuse 'usage: status run [seconds]'
	is "${2-0}" '[0-9]{1,3}' || refuse "not a number of seconds: $2"
	set_run "$1"
	wait_sender "${2-0}"
	say_state
	echo 'castnode: 0'
}

# wait_sender seconds: at most that long
wait_sender() {
	[ "$1" -eq 0 ] || { await_end send "$1" && await_end links "$1"; } || :
}

say_state() {
	for kind in $kinds
	do
		for n in $(segments "$kind")
		do
			segment_state "$kind" "$n"
		done
	done
	set +f
	# shellcheck disable=SC2035 # they are named by us
	stat -c 'file %n %s' *.gz *.log 2>/dev/null || :
	set -f
}

# pull run seconds catch:offset send: status, and in the same answer what
# there is of replies from the offset in that segment on, and all that
# senders from that segment on wrote, once they have ended: for each file a
# line with its name, size and checksum, then its bytes.
pull() {
	[ $# -eq 4 ] || refuse 'usage: pull run seconds catch:offset send'
	is "$2 $3 $4" "[0-9]{1,3} [1-9][0-9]{0,3}:$number [1-9][0-9]{0,3}" ||
	    refuse "not seconds, a place and a segment: $2 $3 $4"
	set_run "$1"
	give_new "$2" "$3" "$4"
	echo 'castnode: 0'
}

# give_new seconds catch:offset send: what pull says and gives
give_new() {
	wait_sender "$1"
	said=$(say_state)
	printf '%s\n' "$said"
	from=${2#*:}
	n=${2%:*}
	while [ -e "catch.$n.log" ]
	do
		[ ! -f "reply.$n.gz" ] || give_bytes "reply.$n.gz" "$from"
		from=0 n=$((n + 1))
	done
	n=$3
	while [ -e "send.$n.log" ]
	do
		case $said in
		*"send $n alive "*)	;;
		*)	[ ! -f "sent.$n.gz" ] || give_bytes "sent.$n.gz" 0 ;;
		esac
		n=$((n + 1))
	done
}

# end run catch:offset send: stop all, then the rest as with pull
end_run() {
	[ $# -eq 3 ] || refuse 'usage: end run catch:offset send'
	is "$2 $3" "[1-9][0-9]{0,3}:$number [1-9][0-9]{0,3}" ||
	    refuse "not a place and a segment: $2 $3"
	set_run "$1"
	stop_kinds send catch
	give_new 0 "$2" "$3"
	echo 'castnode: 0'
}

# give_bytes file offset: as long as the file is now
give_bytes() {
	size=$(stat -c %s "$1")
	[ "$2" -le "$size" ] || set -- "$1" 0
	sum=$(head -c "$size" "$1" | sha256sum)
	echo "castnode: file $1 $2 $size ${sum%% *}"
	if [ "$2" -eq 0 ]
	then
		head -c "$size" "$1"
	else
		tail -c "+$(($2 + 1))" "$1" | head -c "$((size - $2))"
	fi
}

# last_words file: why a program ended, from what it said last
last_words() {
	tail -n 1 "$1" 2>/dev/null | cut -c 1-200
}

# --- start, stop -----------------------------------------------------------

# What start takes, each key with the pattern of its value.
start_words='node=[A-Za-z0-9][A-Za-z0-9._-]{0,252}:[1-9][0-9]{0,4}
iface=[A-Za-z0-9][A-Za-z0-9._-]{0,14}
secs=[1-9][0-9]{0,6}
rate=(0|[1-9][0-9]{0,7})
shard=[0-9]{1,5}/[1-9][0-9]{0,4}
seed=(0|[1-9][0-9]{0,18})
nodes=[1-9][0-9]{0,4}
attempts=[1-9][0-9]{0,2}
port=[1-9][0-9]{0,4}
turn=[1-9][0-9]{0,3}
prompt=yes
quotes=yes
buffer=[1-9][0-9]{0,3}M
new=yes
hello=yes
pull=[0-9]{1,3}:[1-9][0-9]{0,3}:'"$number"':[1-9][0-9]{0,3}
bytes=[1-9][0-9]{0,6}
round=(0|[1-9][0-9]{0,2})
ttl=[1-9][0-9]{0,2}
delay=[0-9]{1,4}(\.[0-9]{1,3})?
list='"$listfile"'
block=[1-9][0-9]{0,2}
block6=[1-9][0-9]{0,2}
candidates=[1-9][0-9]{0,3}
allow=[0-9a-f.:]{2,45}/[0-9]{1,3}
origin=[a-z]+=[A-Za-z0-9.:_-]+(,[a-z]+=[A-Za-z0-9.:_-]+){0,9}'

# give_args word ...: the key=value words of start, each by its pattern
give_args() {
	node='' iface='' secs='' rate='' shard='' seed='' delay=0 list=hitlist.gz
	origins='' allow='' block='' block6='' candidates='' nodes='' ttl=''
	attempts=1 prompt='' quotes='' round='' buffer='' new='' bytes='' port='' turn=''
	facts='' news=''
	bad=$(printf '%s\n' "$@" | grep -Evx -m 1 -e "$start_words") || :
	[ -z "$bad" ] || refuse "not an argument of start: $bad"
	for word
	do
		value=${word#*=}
		case $word in
		node=*)		node=$value ;;
		iface=*)	iface=$value ;;
		secs=*)		secs=$value ;;
		rate=*)		rate=$value ;;
		shard=*)	shard=$value ;;
		seed=*)		seed=$value ;;
		nodes=*)	nodes=$value ;;
		attempts=*)	attempts=$value ;;
		port=*)		port=$value ;;
		turn=*)		turn=$value ;;
		prompt=*)	prompt=$value ;;
		quotes=*)	quotes=$value ;;
		buffer=*)	buffer=$value ;;
		new=*)		new=$value ;;
		hello=*)	facts=$value ;;
		pull=*)		news=$value ;;
		bytes=*)	bytes=$value ;;
		round=*)	round=$value ;;
		ttl=*)		ttl=$value ;;
		delay=*)	delay=$value ;;
		list=*)		list=$value ;;
		block=*)	block=$value ;;
		block6=*)	block6=$value ;;
		candidates=*)	candidates=$value ;;
		allow=*)	allow="$allow $value" ;;
		origin=*)	origins="$origins $value" ;;
		*)		refuse "not an argument of start: $word" ;;
		esac
	done
	case $kind in
	listen|links)
		[ -n "$node" ] && [ -n "$secs" ] && [ -n "$port" ] && [ -n "$turn" ] ||
		    refuse "start $kind needs node=, secs=, port= and turn=" ;;
	*)	[ -n "$node" ] && [ -n "$secs" ] && [ -n "$origins" ] ||
		    refuse 'start needs node=, secs= and origin=' ;;
	esac
}

# start run kind word ...: with the key on standard input; the line
# after it, if there is one, is the contact text of probes.  With bytes= the
# list itself comes behind these lines, and the second is "none", or "contact"
# and the text.  A catcher with hello= and a sender with pull= say in the same
# answer what these verbs would: each question takes time of its own.
start() {
	[ $# -ge 3 ] || refuse 'usage: start run catch|send|listen|links key=value ...'
	case $2 in catch|send|listen|links) ;; *) refuse "cannot start: $2" ;; esac
	start_run=$1 kind=$2
	shift 2
	give_args "$@"
	set_run "$start_run" ${new:+new}
	if [ -n "$new" ]
	then
		read_key
		make_run
		cd "$run"
	else
		owned
	fi
	one_at_a_time
	if alive "$kind"
	then
		[ -z "$facts" ] || say_facts
		echo alive
	else
		[ ! -e "$kind.stop" ] && [ ! -e "$kind.pid" ] ||
		    rm -f "$kind.stop" "$kind.pid" "$kind.asked"
		next_segment "$kind"
		"start_$kind"
	fi
	exec 7>&-
	# shellcheck disable=SC2046 # three words
	[ -z "$news" ] || give_new $(news_words)
	echo 'castnode: 0'
	[ -z "$facts" ] || say_times
}

# one_at_a_time: of those who start or stop something in the run.  Whoever
# asked may be gone and ask again while we are still at it.  A program being
# started keeps others out until it holds its own lock.
one_at_a_time() {
	exec 7>>start.lock
	flock -w 130 7 || fail 'somebody else is starting or stopping'
}

# news_words: seconds:catch:offset:send as give_new takes it
news_words() {
	rest=${news#*:}
	echo "${news%%:*} ${rest%:*} ${rest##*:}"
}

# launch argument ...: castnode-run with this kind and segment, detached
launch() {
	printf '%s\n' "$key" |
	    setsid "$home/castnode-run" "$run" "$kind" "$seg" "$secs" "$@" \
	    >>"$kind.lock" 2>>"$kind.$seg.log" &
}

# await_begin program: until castnode-run says that it begins
await_begin() {
	tries=0
	until [ -e "$kind.$seg.begin" ]
	do
		sleep 0.01
		tries=$((tries + 1))
		[ $tries -le 2000 ] || fail "$1 does not start"
	done
}

# await_file -e|-s file program: until the program just started has made it,
# or has something in it, and runs
await_file() {
	tries=0
	until test "$1" "$2" && alive "$kind"
	do
		sleep 0.01
		tries=$((tries + 1))
		if [ -e "$kind.$seg.status" ] || [ $tries -gt 2000 ]
		then
			fail "$3: $(last_words "$kind.$seg.log")"
		fi
	done
}

start_catch() {
	[ -z "$facts" ] || [ -n "$iface" ] || iface=$(default_iface)
	set -- -k - -N "$node" --run-id "${run##*/}" ${iface:+-i "$iface"} \
	    ${nodes:+--max-node "$nodes"} ${ttl:+-t "$ttl"} \
	    --max-attempt "$attempts" ${prompt:+--prompt} ${quotes:+--quotes} ${buffer:+--buffer "$buffer"}
	for o in $origins
	do
		set -- "$@" -O "$o"
	done
	launch "$@"
	# Facts take about as long as it does.
	[ -z "$facts" ] || say_facts
	# The output is opened after the capture, so it is there when we listen.
	await_file -s "reply.$seg.gz" catchreply
	echo capturing
}

# The two halves of conntest between nodes: one listens until it is told to
# stop, the other connects to all that the list of peers has, once.
start_listen() {
	launch_conntest -l "udp:$port" -l "tcp:$port"
	await_file -e "listen.$seg.gz" conntest
	echo listening
}

start_links() {
	[ -f peers.gz ] || fail 'no peers.gz'
	zcat peers.gz >peers || fail 'peers.gz is damaged'
	! grep -Evq '^[A-Za-z0-9][A-Za-z0-9._-]{0,252} [0-9a-f][0-9a-f.:]{1,44}$' \
	    peers || refuse 'peers.gz: not a name and an address'
	set -- --turns 1 -o "offsets.$seg.gz"
	while read -r name addr
	do
		[ "$name" != "${node%:*}" ] || continue
		case $addr in *:*) addr="[$addr]" ;; esac
		for proto in udp tcp
		do
			set -- "$@" -c "$proto://$addr:$port?latency&interval=10ms&time=${turn}s&name=$name"
		done
	done <peers
	[ $# -gt 4 ] || fail 'no other node among the peers'
	launch_conntest "$@"
	echo connecting
}

launch_conntest() {
	launch -N "$node" --interval 1h "$@"
	await_begin conntest
}

start_send() {
	said_contact=
	! IFS= read -r contact || said_contact=1
	[ -z "$bytes" ] || take_list
	[ -n "$rate" ] || refuse 'start send needs rate='
	for n in $(segments send)
	do
		sent_list='' rc=''
		read -r _ sent_list <"send.$n.begin" || :
		[ ! -e "send.$n.status" ] || read -r rc _ <"send.$n.status" || :
		case $sent_list,$rc in
		"$list",[01]|probes.*,*)
			[ "$sent_list" = "$list" ] || continue
			echo 'done'
			return ;;
		esac
	done
	[ -f "$list" ] || fail "no $list"
	list_args
	set -- -N "$node" --run-id "${run##*/}" -r "$rate" \
	    ${iface:+-i "$iface"}
	[ -z "$round" ] || set -- "$@" --round "$round"
	[ -z "$said_contact" ] || set -- "$@" --contact "$contact"
	[ ! -e blocklist ] || set -- "$@" -b blocklist
	for a in $allow
	do
		set -- "$@" --allow-prefix "$a"
	done
	for o in $origins
	do
		set -- "$@" -O "$o"
	done
	launch "$list" "$delay" "$list_words" "$@"
	await_begin 'the sender'
	echo sending
}

# take_list: the list from standard input, unless it is there already
take_list() {
	case $contact in
	'contact '*)	contact=${contact#contact } ;;
	none)		said_contact= ;;
	*)		refuse 'neither contact nor none' ;;
	esac
	[ ! -e "$list" ] || return 0
	head -c "$bytes" >"$list.part"
	[ "$(stat -c %s "$list.part")" -eq "$bytes" ] || fail "$list: cut short"
	mv "$list.part" "$list"
}

# list_args: what mkhitlist is to do with the list, words without blanks
list_args() {
	list_words="${seed:+-e $seed} ${shard:+-s $shard}
	    ${block:+--block $block} ${block6:+--block6 $block6}
	    ${candidates:+--candidates $candidates}"
	for a in $allow
	do
		list_words="$list_words --allow-prefix $a"
	done
}

# stop run kind|all: ask them to end, and wait until they have.
stop() {
	[ $# -eq 2 ] || refuse 'usage: stop run catch|send|listen|links|all'
	set_run "$1"
	# shellcheck disable=SC2086 # words
	case $2 in
	catch|send|listen|links) stop_kinds "$2" ;;
	all)		stop_kinds $kinds ;;
	*)		refuse "cannot stop: $2" ;;
	esac
	echo 'castnode: 0'
}

stop_kinds() {
	one_at_a_time
	for kind
	do
		: >"$kind.stop"
		tenths=0
		while alive "$kind"
		do
			pause=1			# it may not be known yet
			if [ -s "$kind.pid" ]
			then
				[ $tenths -lt 600 ] || rm -f "$kind.asked"
				ask_end
				pause=20
			fi
			! await_end "$kind" $((pause / 10)).$((pause % 10)) || break
			tenths=$((tenths + pause))
			[ $tenths -le 1200 ] || fail "$kind does not stop"
		done
	done
	exec 7>&-
}

# ask_end: once each program: asked twice it leaves without its last records
ask_end() {
	asked=
	[ ! -s "$kind.asked" ] || read -r asked <"$kind.asked"
	read -r pid <"$kind.pid"
	[ "$pid" != "$asked" ] || return 0
	echo "$pid" >"$kind.asked"
	kill "$pid" 2>/dev/null || :
}

# --- the words we were given -----------------------------------------------

check_words() {
	[ $# -le 64 ] || refuse 'too many words'
	for word
	do
		case $word in
		''|*[!A-Za-z0-9._:/,=@+%-]*)
			refuse 'a word with characters that are not allowed' ;;
		esac
		[ ${#word} -le 512 ] || refuse 'a word is too long'
	done
}

act() {
	check_words "$@"
	[ $# -gt 0 ] || refuse 'hello, open, put, start, status, pull, stop, end, fetch, sum, clean'
	verb=$1
	shift
	if [ "$verb" = sudo ]
	then
		[ $# -gt 0 ] || refuse 'sudo what?'
		exec sudo -n -- "$self" "$@"
	fi
	case $verb in
	hello|put|start|status|pull|stop|fetch|clean)
		"$verb" "$@" ;;
	open)	open_run "$@" ;;
	end)	end_run "$@" ;;
	sum)	sum_file "$@" ;;
	*)	refuse "not a verb: $verb" ;;
	esac
}

main() {
	if [ "${SSH_ORIGINAL_COMMAND+set}" = set ]
	then
		asked=$SSH_ORIGINAL_COMMAND
		unset SSH_ORIGINAL_COMMAND
		[ ${#asked} -le 8192 ] || refuse 'the command is too long'
		# What orchestrate puts in front, to find us without a restriction
		asked=${asked#"$finder "}
		case $asked in
		*[!A-Za-z0-9._:/,=@+%\ -]*)
			refuse 'the command has characters that are not allowed' ;;
		esac
		IFS=' '
		# shellcheck disable=SC2086 # words are what is wanted; set -f
		set -- $asked
		unset IFS
		case ${1-} in
		castnode|*/castnode)	shift ;;
		esac
	fi
	set_path
	set_runs
	act "$@"
}

# The same line stands in share/orchestrate/ssh.sh.
# shellcheck disable=SC2016 # for the remote shell
finder='sh -c '\''PATH=$HOME/castnet:$PATH:/usr/local/libexec/castnet:/usr/libexec/castnet exec castnode "$@"'\'' castnode'

main "$@"
