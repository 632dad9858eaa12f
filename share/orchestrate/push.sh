# push.sh - castnet onto bare nodes; sourced by orchestrate
# shellcheck shell=sh disable=SC2154,SC2086,SC2046 # variables of cmd/orchestrate.sh; lists

# What a node needs, in castnet/ below the home of who logs in: castnode, the
# programs it starts, and the libraries they want beyond the C library's own,
# which the node has or is not of a kind our programs run on.

pushed='catchreply sendprobes mkhitlist conntest'

# libraries program ...: files they are linked with
libraries() {
	ldd "$@" | awk '$2 == "=>" && $3 ~ /^\// { print $3 }' | sort -u |
	    grep -Ev '/(ld-linux.*|lib(c|m|dl|rt|pthread|resolv)\.so[.0-9]*)$'
}

find_castnode() {
	for path in "${CASTNET_LIBEXEC-}" "$here/../libexec" "$here/../libexec/castnet"
	do
		[ ! -x "$path/castnode" ] || { echo "$path/castnode"; return; }
	done
	die 'cannot find castnode'
}

push_tree() {
	mkdir -p "$tmp/push/bin" "$tmp/push/lib"
	castnode=$(find_castnode) || exit 2
	cp "$castnode" "$castnode-run" "$tmp/push/"
	for tool in $pushed
	do
		path=$(command -v $tool) || die "$tool: not found"
		cp -L "$path" "$tmp/push/bin/$tool"
	done
	for path in $(cd "$tmp/push/bin" && libraries $(printf './%s ' $pushed))
	do
		cp -L "$path" "$tmp/push/lib/"
	done
	chmod -R go+rX,u+w "$tmp/push"
	tar -C "$tmp/push" -czf "$tmp/push.tar.gz" castnode castnode-run bin lib
}

# A running program is not written over: tar takes the old name away first.
node_push() {
	over_ssh "$transfer" 'umask 022 && mkdir -p castnet && exec tar -C castnet -xzf -' \
	    <"$tmp/push.tar.gz" >"$dir/push" 2>"$dir/push.err" ||
	    node_failed "$1" "cannot push: $(why "$dir/push")"
}

verb_push() {
	nodes_only
	push_tree
	rc=0
	each node_push $names || rc=1
	each node_hello $(standing) || rc=1
	for name in $(standing)
	do
		echo "$name: castnet $(node_fact "$name" catchreply)"
	done
	return $rc
}
