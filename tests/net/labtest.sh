# shellcheck shell=sh
# Sourced by tests that orchestrate a lab, after lib.sh.

: "${work:?}"
missing=
for tool in ip bird birdc ethtool nsenter unshare ssh
do
	command -v $tool >/dev/null || missing="$missing $tool"
done
[ -x /usr/sbin/sshd ] || missing="$missing sshd"
if [ "$(id -u)" != 0 ] || [ -n "$missing" ]
then
	echo "1..0 # SKIP needs root and:${missing:- nothing else}"
	exit 0
fi

CASTNET_LABDIR=$work/labs CASTNET_LABNAME=${labname:?}$$
export CASTNET_LABDIR CASTNET_LABNAME

lab() {
	sh "$TOP/share/lab/lab" "$@"
}

leave() {
	[ ! -d "$CASTNET_LABDIR/$CASTNET_LABNAME" ] || lab down >/dev/null
	rm -rf "$work"
}
trap leave EXIT
trap 'exit 130' INT TERM

# lab_up sites edges: raise it; its nodes file is then $nodes
lab_up() {
	lab up -n "$1" -e "$2" >up.log 2>&1 || { cat up.log; return 1; }
	nodes=$(lab nodes)
}

# orch_start id arg ...: a run of the lab's nodes, in the background; its
# process, and no shell around it, is $orch_pid
orch_start() {
	orch_id=$1
	shift
	sh "$TOP/share/lab/lab" ctl orchestrate "$@" -n "$nodes" \
	    -H "$work/hitlist" --allow-prefix 240.0.0.0/4 \
	    --allow-prefix 3fff::/20 --runs "$work/runs" --id "$orch_id" -c 2 \
	    >"$orch_id.out" 2>"$orch_id.err" &
	orch_pid=$!
}

# orch id arg ...: the same, and wait for it
orch() {
	orch_start "$@"
	wait "$orch_pid"
}

# resume_start id: carry it on, in the background
resume_start() {
	orch_id=$1
	sh "$TOP/share/lab/lab" ctl orchestrate resume "$1" \
	    --runs "$work/runs" >"$1.out" 2>"$1.err" &
	orch_pid=$!
}

resume() {
	resume_start "$1"
	wait "$orch_pid"
}

# right id: complete, every row as the routers' tables have it, none missing
right() {
	if [ ! -e "runs/$1/COMPLETE" ] || [ -e "runs/$1/PARTIAL" ]
	then
		cat "$1.err" "$1.out"
		return 1
	fi
	lab check "runs/$1/result.gz"
}
