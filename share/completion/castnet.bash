# bash completion for the castnet tools: long options, read off --help
_castnet() {
	local cur=${COMP_WORDS[COMP_CWORD]}
	COMPREPLY=()
	if [[ $cur == -* ]]
	then
		mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" --help \
		    2>/dev/null | grep -oE '^ +(-[A-Za-z0-9], )?--[a-z0-9-]+' |
		    grep -oE -- '--[a-z0-9-]+')" -- "$cur")
	fi
}
complete -o default -F _castnet aggregate catchreply conntest diffrounds \
    exportrecords matchresults mkhitlist mkprobes nextround orchestrate \
    recawk recfields sendprobes showpaths watchrecords
