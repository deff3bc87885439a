/**
 * The scripts by which shells complete `tshorn`. Each asks `tshorn --get-yargs-completions SHELL WORD...`, which
 * candidates.ts answers with a candidate a line; the line `:paths` stands for what the shell knows of files.
 */
import { print } from '../style.ts';

export type Shell = 'bash' | 'zsh' | 'fish';

/** Without bash 4 or bash-completion: macOS has bash 3.2. */
const BASH = `# tshorn completion for bash; append it to ~/.bashrc
_tshorn() {
  local line cur="\${COMP_WORDS[COMP_CWORD]}" IFS=$'\\n'
  [[ $cur == [=:] ]] && cur=''
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :paths ]]; then
      compopt -o filenames 2>/dev/null
      COMPREPLY+=($(compgen -f -- "\${cur#[\\"\\']}"))
    else
      COMPREPLY+=("$line")
    fi
  done < <("\${COMP_WORDS[0]}" --get-yargs-completions bash "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _tshorn tshorn`;

const ZSH = `#compdef tshorn
# tshorn completion for zsh; append it to ~/.zshrc after compinit, or save it as _tshorn in a directory of $fpath
_tshorn() {
  local line paths
  local -a found
  for line in "\${(@f)$("\${(Q)words[1]}" --get-yargs-completions zsh "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      :paths) paths=1 ;;
      ?*) found+=("$line") ;;
    esac
  done
  (( $#found )) && _describe -V tshorn found
  [[ -n $paths ]] && _files
}
if [[ \${funcstack[1]} == _tshorn ]]; then
  _tshorn "$@"
else
  compdef _tshorn tshorn
fi`;

const FISH = `# tshorn completion for fish; save it as ~/.config/fish/completions/tshorn.fish
function __tshorn_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in ($words[1] --get-yargs-completions fish $words[2..-1] "$current" 2>/dev/null)
        if test "$line" = ':paths'
            __fish_complete_path "$current"
        else
            echo $line
        end
    end
end
complete -c tshorn -f -k -a '(__tshorn_complete)'`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

/** Resolves with 0. */
export async function printScript(shell: Shell): Promise<number> {
  print(SCRIPTS[shell]);
  return 0;
}
