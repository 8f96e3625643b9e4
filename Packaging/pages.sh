#!/bin/sh
# Makes man pages and completions of the command: Packaging/pages.sh GENERATE-MANUAL COMMAND DATE FOLDER
# GENERATE-MANUAL is the argument parser's own tool.
set -eu
tool=$1 command=$2 date=$3 folder=$4

mkdir -p "$folder/man"
"$tool" "$command" --multi-page --date "$date" --output-directory "$folder/man"
# A page is found by the name in its first line, which can't have a space: dbn-convert.verify. Empty
# lines are a warning in mdoc.
for page in "$folder"/man/*.1; do
  name=$(basename "$page" .1)
  words=$(echo "$name" | tr . ' ')
  sed -i -e "s/^\.Nm \"$words\"\$/.Nm $name/" \
    -e 's/^\.Nd "\(.*\)"$/.Nd \1/' \
    -e "/^\.Sh SYNOPSIS/,/^\.Sh DESCRIPTION/s/^\.Nm\$/.Nm \"$words\"/" -e 's/^$/.Pp/' "$page"
done
# A file that is sourced has no interpreter.
"$command" --generate-completion-script bash | sed '1{/^#!/d}' >"$folder/completion.bash"
"$command" --generate-completion-script zsh >"$folder/completion.zsh"
"$command" --generate-completion-script fish >"$folder/completion.fish"
