# shellcheck shell=sh
# Sourced by tests of castnode and orchestrate, after lib.sh: a node's tree
# with fakenode in place of what needs the network, homes and a wire.

FAKETREE=$work/tree FAKEHOMES=$work/homes FAKEWIRE=$work/wire FAKESITES=3
SSH=$TOP/tests/fakessh
export FAKETREE FAKEHOMES FAKEWIRE FAKESITES SSH
mkdir -p "$FAKETREE/bin" "$FAKETREE/libexec" "$FAKEHOMES" "$FAKEWIRE"
cp "$CASTNET_LIBEXEC/castnode" "$CASTNET_LIBEXEC/castnode-run" "$FAKETREE/libexec/"
ln -s "$OBJ/bin/mkhitlist" "$FAKETREE/bin/mkhitlist"
ln -s "$HELPER/fakenode" "$FAKETREE/bin/catchreply"
ln -s "$HELPER/fakenode" "$FAKETREE/bin/sendprobes"

# end_runs: nothing a test began may outlive it
end_runs() {
	for lock in "$FAKEHOMES"/*/castnet/runs/*/*.lock
	do
		[ -e "$lock" ] || continue
		dir=${lock%/*}
		touch "$dir/catch.stop" "$dir/send.stop"
		! pid=$(cat "${lock%.lock}.pid" 2>/dev/null) ||
		    flock -s -n "$lock" true || kill "$pid"
	done
}
trap 'end_runs; rm -rf "$work"' EXIT
