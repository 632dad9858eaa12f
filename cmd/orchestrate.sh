#!/bin/sh
# orchestrate - run a measurement on all nodes and tell what came out
#
# The parts are in share/orchestrate: nodes.sh reads the nodes file, ssh.sh
# reaches nodes, run.sh does the steps of a run, result.sh matches and judges,
# report.sh prints tables, verbs.sh has the verbs, when.sh repeats, push.sh
# installs; pathargs.sh and paths.sh are for ping, trace, tracelb and
# tracebox, capable.sh tells what nodes can measure, measure.sh what a run of
# these measured.  What a node is asked is in cmd/castnode.sh.

set -euf
LC_ALL=C; export LC_ALL
umask 022

prog=orchestrate
version=0.1
ssh=${SSH-ssh}

usage_line() {
	echo "usage: $prog [verb] -n nodes.txt [-H hitlist | target ...] [option ...]"
}

help() {
	usage_line
	cat <<'END'
Run a measurement on all nodes over ssh and print what came out.

verbs:
  catchments   which site each target's replies arrive at (the default)
  latency      the same, then the round-trip time from the site that catches
  unicast      every site probes all from its own address: the best site
               per target, and what anycast loses against it
  census       every site probes all from the anycast address: targets that
               answer at several sites are anycast
  ping         loss and round trips, from every sender to targets
  trace        the path from every sender to targets, as traceroute does
  tracelb      the same along all ways that load balancers know
  tracebox     the same, and what is changed in the packets on the way
  conntest     test the links between all nodes, and their clocks
  nodes        say hello to the nodes and print what they are
  capabilities what each node can measure, a JSON object a line
  push         install castnet on the nodes
  list         the runs there are
  show ID      the table of a run; of a path, all that was measured
  stop ID      end a run on its nodes
  fetch ID     fetch and match what the nodes of a run have so far
  resume ID    carry a run on from what its nodes have

options:
  -4                       IPv4 only
  -6                       IPv6 only
  -b, --blocklist-file FILE  prefixes not to probe
  -c, --cooldown-time SPAN   wait for replies after sending (10s)
  -e, --seed N               order of the targets (random)
  -H, --hitlist FILE         what to probe (hitlist.gz beside the nodes file)
  -i, --interface NAME       interface at all nodes
  -n, --nodes-file FILE      the nodes
  -O, --origin ORIGIN        source and type of probes, may be repeated
  -P, --probe TYPE           probe type (icmp)
  -r, --rate N               packets per second of each sender (1000)
  -S, --source-ip ADDR[,ADDR6]  the anycast addresses
      --ttl N                time to live of probes, or -t N
  -v, --verbose              say more
      --allow-prefix PREFIX  probe it although it is special, may be repeated
      --block N              length of a block (24)
      --block6 N             length of an IPv6 block (48)
      --candidates N         targets per block
      --contact TEXT         what probes say to those who look at them
      --dest-port PORT       destination port
      --dry-run              print what would be run
      --gap SPAN             time between sites that probe a target (1s)
      --id ID                name of the run
      --keep                 leave the files on the nodes
      --late SPAN            replies after that are late (15m)
      --max-targets N        so many targets at most
      --offsets FILE         how far the nodes' clocks are apart (see conntest)
      --parallel N           so many ssh at once (32)
      --partial              go on without nodes that fail at the start
      --patience SPAN        how long a node may be lost (2m)
      --quiet                say nothing of progress
      --responsive           first find out what answers, then measure that
      --runs DIR             where runs are kept (runs)
      --sample SHARE         a share of the targets, as 1%
      --senders NAME[,NAME ...]  nodes that send (all)
      --source-port PORT     source port
      --when WHEN            now, START, START ... END, now + 24h, each / 15m
      --help                 print this
      --version              print the version

options of ping, trace, tracelb and tracebox:
  -f, --first-ttl N          first hop (1)
  -g, --gap-limit N          silent hops that end a path (5)
  -I, --icmp                 ICMP echo requests instead of UDP
  -m, --max-ttl N            last hop (30)
  -p, --port PORT            destination port
  -q, --queries N            probes per hop (3), or pings (5)
  -T, --targets-file FILE    targets, read again each time of --when
  -t, --tos N                type of service
  -w, --wait SECONDS         for what is silent (1)
      --confidence PERCENT   of having found all ways of a router (95)
      --flows N              so many flows at first
      --interval TIME        between pings of a target (1s)
      --max-probes N         for one target by one sender (10000)
      --names                ask the resolver for the names of addresses
      --per-trace            that is the confidence in all of a path
      --size N               of the packets
      --spec SPEC            what tracebox sends (IP/TCP)
      --until N              leave later hops to later rounds
END
}

usage() {
	usage_line >&2
	exit 2
}

warn() {
	echo "$prog: $*" >&2
}

die() {
	warn "$@"
	exit 2
}

# say: progress, for people
say() {
	[ -z "$run" ] || [ ! -d "$run" ] ||
	    echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) $*" >>"$run/log"
	[ -n "$quiet" ] || echo "$prog: $*" >&2
}

note() {
	[ -z "$verbose" ] || say "$@"
}

# is word regex: does the whole word match?
is() {
	case $1 in
	*'
'*)	return 1 ;;
	esac
	grep -Eqx -- "$2" <<-END
	$1
	END
}

is_file() {
	[ -f "$1" ] && [ -r "$1" ]
}

# want option value regex: refuse what does not match
want() {
	is "$2" "$3" || die "$1: not a value for it: $2"
}

# seconds span: 90s 15m 24h 2d (none: seconds) in seconds
seconds() {
	printf '%s\n' "$1" | sed 's/s$//; s/m$/ 60/; s/h$/ 3600/; s/d$/ 86400/' |
	    { read -r n unit; echo $((n * ${unit:-1})); }
}

# nap seconds: sleep, but hear signals
nap() {
	sleep "$1" &
	wait $! || :
}

# --- options ---------------------------------------------------------------

defaults() {
	offsets=''
	run='' quiet='' verbose='' verb='' operand=''
	nodes_file='' hitlist='' source='' origins='' probe=icmp rate=1000
	iface='' blocklist='' seed='' cooldown=10 ttl='' family=any sport='' dport=''
	allow='' block='' block6='' candidates='' contact='' contact_set='' dry_run='' gap=1
	id='' keep='' late='' max_targets='' parallel=32 partial='' patience=120
	responsive='' runs=runs sample='' senders='' when=now
	t_value='' cooldown_given='' probe_given=''
	poll=10 polling='' pids='' redo=0 match_rc=0 interrupted=''
	limit=240 transfer=86400	# seconds a node has to answer
	mux=''
	path_defaults
}

span_re='(0|[1-9][0-9]{0,6})[smhd]?'
addr_re='[0-9a-f][0-9a-f.:]{1,44}'
name_re='[A-Za-z0-9][A-Za-z0-9._-]{0,252}'
id_re='[A-Za-z0-9][A-Za-z0-9._-]{0,59}'
port_re='[1-9][0-9]{0,4}'

# set_flag name: an option without value; 1 when it is none of them
set_flag() {
	case $1 in
	-4)		family=4 ;;
	-6)		family=6 ;;
	-v|--verbose)	verbose=1 ;;
	--dry-run)	dry_run=1 ;;
	--keep)		keep=1 ;;
	--partial)	partial=1 ;;
	--quiet)	quiet=1 ;;
	--responsive)	responsive=1 map_given="$map_given $1" ;;
	--help)		help; exit 0 ;;
	--version)	echo "$prog (castnet) $version"; exit 0 ;;
	*)		path_flag "$1" ;;
	esac
}

# set_value name value: an option with one
set_value() {
	case $1 in
	-H|--hitlist|-O|--origin|--block|--block6|--candidates|--gap|\
	--max-targets|--sample)	map_given="$map_given $1" ;;
	esac
	case $1 in
	-n|--nodes-file)	nodes_file=$2 ;;
	-H|--hitlist)		hitlist=$2 ;;
	-b|--blocklist-file)	blocklist=$2 ;;
	--runs)			runs=$2 ;;
	--when)			when=$2 ;;
	--contact)		contact=$2 contact_set=1
				is "$2" '[ -~]{0,200}' || die "$1: printable characters only" ;;
	-S|--source-ip)		want "$1" "$2" "$addr_re(,$addr_re)?"; source=$2 ;;
	-O|--origin)		want "$1" "$2" '[a-z]+=[A-Za-z0-9.:_-]+(,[a-z]+=[A-Za-z0-9.:_-]+){0,9}'
				origins="$origins $2" ;;
	-P|--probe)		want "$1" "$2" '[a-z][a-z0-9]{0,15}'; probe=$2 probe_given=1 ;;
	-r|--rate)		want "$1" "$2" '0|[1-9][0-9]{0,7}'; rate=$2 ;;
	-i|--interface)		want "$1" "$2" '[A-Za-z0-9][A-Za-z0-9._-]{0,14}'; iface=$2 ;;
	-e|--seed)		want "$1" "$2" '0|[1-9][0-9]{0,18}'; seed=$2 ;;
	-c|--cooldown-time)	want "$1" "$2" "$span_re"; cooldown=$(seconds "$2") cooldown_given=1 ;;
	-t)			t_value=$2 path_given="$path_given -t" ;;
	--ttl)			want "$1" "$2" "$byte_re"; ttl=$2 ;;
	--source-port)		want "$1" "$2" "$port_re"; sport=$2 ;;
	--dest-port)		want "$1" "$2" "$port_re"; dport=$2 ;;
	--allow-prefix)		want "$1" "$2" '[0-9a-f.:]{2,45}/[0-9]{1,3}'; allow="$allow $2" ;;
	--block)		want "$1" "$2" '[1-9][0-9]{0,2}'; block=$2 ;;
	--block6)		want "$1" "$2" '[1-9][0-9]{0,2}'; block6=$2 ;;
	--candidates)		want "$1" "$2" '[1-9][0-9]{0,3}'; candidates=$2 ;;
	--gap)			want "$1" "$2" "$span_re"; gap=$(seconds "$2") ;;
	--id)			want "$1" "$2" "$id_re"; id=$2 ;;
	--late)			want "$1" "$2" "$span_re"; late=$(seconds "$2") ;;
	--max-targets)		want "$1" "$2" '[1-9][0-9]{0,11}'; max_targets=$2 ;;
	--parallel)		want "$1" "$2" '[1-9][0-9]{0,3}'; parallel=$2 ;;
	--offsets)		is_file "$2" || die "$2: cannot read the offsets"; offsets=$2 ;;
	--patience)		want "$1" "$2" "$span_re"; patience=$(seconds "$2") ;;
	--sample)		want "$1" "$2" '[0-9]{1,3}(\.[0-9]{1,6})?%?'; sample=$2 ;;
	--senders)		want "$1" "$2" "$name_re(,$name_re)*"; senders=$2 ;;
	*)			path_value "$1" "$2" ;;
	esac
}

parse_options() {
	while [ $# -gt 0 ]
	do
		word=$1
		shift
		case $word in
		--?*=*)	set_value "${word%%=*}" "${word#*=}" ;;
		--)	break ;;
		--?*)	set_flag "$word" && continue
			[ $# -gt 0 ] || { warn "$word: wants a value"; usage; }
			set_value "$word" "$1"
			shift ;;
		-?)	set_flag "$word" && continue
			[ $# -gt 0 ] || { warn "$word: wants a value"; usage; }
			set_value "$word" "$1"
			shift ;;
		-??*)	letter=${word%"${word#??}"}
			if set_flag "$letter"
			then
				set -- "-${word#??}" "$@"
			else
				set_value "$letter" "${word#??}"
			fi ;;
		*)	operands "$word" ;;
		esac
	done
	for word
	do
		operands "$word"
	done
}

# operands word: the verb first, then what it is about: a run, or targets
operands() {
	if [ -z "$verb" ]
	then
		verb=$1
		alias_verb
	elif is_path_verb
	then
		case $1 in
		*=*)	give_parameter "$1"; return ;;
		''|*[!A-Za-z0-9._:-]*)	die "not a target: $1" ;;
		esac
		targets="$targets $1"
	elif [ -z "$operand" ]
	then
		operand=$1
	else
		warn "what is this: $1"
		usage
	fi
}

# Options a run is carried on with, a line each.  Never read by a shell: the
# same patterns as on the command line apply.
save_options() {
	{
		echo "verb $verb"
		echo "family $family"
		for pair in "--source-ip $source" "--rate $rate" \
		    "--interface $iface" "--seed $seed" "--cooldown-time $cooldown" \
		    "--ttl $ttl" "--source-port $sport" "--dest-port $dport" \
		    "--block $block" "--block6 $block6" \
		    "--candidates $candidates" "--gap $gap" \
		    "--late $late" "--parallel $parallel" "--patience $patience" \
		    "--senders $senders"
		do
			[ -z "${pair#* }" ] || echo "$pair"
		done
		for o in $origins
		do
			echo "--origin $o"
		done
		for a in $allow
		do
			echo "--allow-prefix $a"
		done
		! is_path_verb || path_options
		if [ -n "$probe_given" ] || ! is_path_verb
		then
			echo "--probe $probe"
		fi
		[ -z "$contact_set" ] || printf '%s\n' "--contact $contact"
		[ -z "$blocklist" ] || echo 'blocklist'
		[ -z "$responsive" ] || echo '--responsive'
		[ -z "$keep" ] || echo '--keep'
	} >"$run/options"
}

load_options() {
	while IFS=' ' read -r name value
	do
		case $name in
		verb)		verb=$value ;;
		family)		family=$value ;;
		capability)	capability=$value ;;
		blocklist)	blocklist=$run/blocklist ;;
		*)		set_flag "$name" || set_value "$name" "$value" ;;
		esac
	done <"$run/options"
}

# --- signals ---------------------------------------------------------------

# The first one ends the measurement in good order, the second one us; the
# nodes end what they do by themselves.
on_signal() {
	if [ -n "$interrupted" ]
	then
		exit "$interrupted"
	fi
	interrupted=$1
	warn "interrupted: stopping; once more to leave now"
	# shellcheck disable=SC2086 # the processes that wait for senders
	[ -z "$polling" ] || kill $pids 2>/dev/null || :
}

stop_asked() {
	[ -n "$interrupted" ]
}

# --- main ------------------------------------------------------------------

find_parts() {
	for parts in "${CASTNET_DATA-}" "$here/../share/castnet" "$here/../../share"
	do
		[ ! -r "$parts/orchestrate/run.sh" ] || return 0
	done
	die 'cannot find share/orchestrate'
}

# One awk of two starts in half the time of the other; a path measurement
# starts some forty.
! command -v mawk >/dev/null || alias awk=mawk

main() {
	here=$(dirname "$(readlink -f -- "$0")")
	find_parts
	for part in nodes ssh run result report verbs when push \
	    pathargs paths capable measure mesh
	do
		# shellcheck source=/dev/null
		. "$parts/orchestrate/$part.sh"
	done
	defaults
	parse_options "$@"
	: "${verb:=catchments}"
	suit_verb
	trap 'on_signal 130' INT
	trap 'on_signal 143' TERM
	case $verb in
	ping|trace|tracelb|tracebox)
		[ -n "$nodes_file" ] || { warn 'which nodes? (-n)'; usage; }
		[ -n "$targets$targets_file" ] || { warn "$verb to where?"; usage; }
		[ -z "$targets" ] || [ -z "$targets_file" ] ||
		    die "targets, and a file of targets: $targets_file" ;;
	catchments|latency|unicast|census|conntest|nodes|capabilities|push)
		[ -z "$operand" ] || { warn "what is this: $operand"; usage; }
		[ -n "$nodes_file" ] || { warn 'which nodes? (-n)'; usage; } ;;
	list)
		[ -z "$operand" ] || { warn "what is this: $operand"; usage; } ;;
	show|stop|fetch|resume)
		[ -n "$operand" ] || { warn "$verb which run?"; usage; }
		want "$verb" "$operand" "$id_re" ;;
	*)
		warn "no such verb: $verb"
		usage ;;
	esac
	"verb_$verb"
}

main "$@"
