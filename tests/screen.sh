# shellcheck shell=sh
# Sourced by tests that look at a terminal: one tmux server after another,
# each the test's own; $server counts them.

server=0
tm() {
	tmux -L "castnet$$.$server" "$@"
}

# shows regex: does the screen, within five seconds?
shows() {
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25
	do
		tm capture-pane -p >pane
		! grep -Eq "$1" pane || return 0
		sleep 0.2
	done
	cat pane
	return 1
}
