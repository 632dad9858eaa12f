#!/bin/sh
# recawk - awk on records, with columns by name
#
# The columns of the header line become awk variables that hold the column's
# number, so that $rx is the column rx.  Comment lines do not reach the
# program; a stream that was cut short is said so, and the status is 1.

set -eu
LC_ALL=C; export LC_ALL

prog=${0##*/}
awk=${AWK-awk}

usage() {
	echo "usage: $prog [--header line] [-f program_file] [-v var=value]" \
	    "[program] [file ...]" >&2
	exit 2
}

help() {
	cat <<-EOT
	$prog - awk on records, with columns by name
	usage: $prog [--header line] [-f program_file] [-v var=value] [program] [file ...]
	  -f, --file program_file          read the awk program from a file
	  -v, --assign var=value           set an awk variable
	      --header line                header of input that has none
	      --help                       this text
	      --version                    the version of castnet
	EOT
	exit 0
}

# What is done with lines that are no records, before the user's program.
# A program that may leave early must not be told that its input was cut.
# shellcheck disable=SC2016 # awk's, not the shell's
lines='
/^#/ {
	if (/^#fsdb /) {
		if ($0 != _header) {
			_other = 1
			exit 1
		}
		_ended = 0
		_n = 0
	} else if (/^# end: /) {
		_ended = 1
		if (substr($0, 8) + 0 != _n) _lost = 1
	}
	next
}
{ _n++; _ended = 0 }
'
# shellcheck disable=SC2016
check='
END {
	if (_other) _why = "another header in mid-stream"
	else if (_bare) _why = ""
	else if (_lost) _why = "damaged: lines missing or doubled"
	else if (!_ended) _why = "cut short: no \"# end:\" line"
	if (_why != "") {
		print _prog ": " _why | "cat >&2"
		close("cat >&2")
		exit 1
	}
}
'

# columns header: an awk assignment for each column.  Not as -v, which gawk
# refuses for names of its debugger's words, such as load.
columns() {
	i=0
	skip=false
	for word in ${1#"#fsdb "}
	do
		if $skip || [ "$word" = -F ]
		then
			$skip && skip=false || skip=true
			continue
		fi
		i=$((i + 1))
		name=${word%%:*}
		case $name in
		''|[0-9]*|*[!A-Za-z0-9_]*) ;;
		*)	printf ' %s = %d;' "$name" "$i" ;;
		esac
	done
}

# run header: awk on the rest of the stream, which had that header.
run() {
	set -f
	names=$(columns "$1")
	header=$1
	set --
	IFS='
'
	for var in $assigned
	do
		set -- "$@" -v "$var"
	done
	"$awk" -F '\t' -v _header="$header" -v _prog="$prog" \
	    -v _bare="$given" "$@" "BEGIN {$names }$lines$program$end"
}

# read_on: find the header on standard input, then run the program on it.
read_on() {
	if [ -n "$given" ]
	then
		run "$given"
		return
	fi
	while IFS= read -r line
	do
		case $line in
		'#fsdb '*)
			run "$line"
			return ;;
		'#'*)	;;
		*)	break ;;
		esac
	done
	echo "$prog: no #fsdb header" >&2
	return 1
}

main() {
	given=
	file=
	assigned=
	while [ $# -gt 0 ]
	do
		case $1 in
		-f|--file)	[ $# -gt 1 ] || usage; file=$2; shift 2 ;;
		-v|--assign)	[ $# -gt 1 ] || usage
				assigned="$assigned$2
"; shift 2 ;;
		--header)	[ $# -gt 1 ] || usage; given=$2; shift 2 ;;
		--help)		help ;;
		--version)	echo "$prog (castnet) ${CASTNET_VERSION-0.1}"; exit 0 ;;
		--)		shift; break ;;
		-?*)		usage ;;
		*)		break ;;
		esac
	done
	if [ -n "$file" ]
	then
		program=$(cat -- "$file") || exit 2
	else
		[ $# -gt 0 ] || usage
		program=$1
		shift
	fi
	case $program in
	*exit*)	end= ;;
	*)	end=$check ;;
	esac
	zcat -f -- "$@" | read_on
}

main "$@"
