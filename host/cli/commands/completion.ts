/** `completion`: the script that makes a shell complete this command line, and what that script asks for. */

import { type Candidate, complete } from "../complete.ts";
import type { Shell } from "../shells.ts";

/** Each calls the very command that is being completed, so that it offers what that version has. */
const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# wasmote's completion for bash. In ~/.bashrc: source <(wasmote completion bash)
_wasmote() {
  local line kind= current=\${COMP_WORDS[COMP_CWORD]}
  local -a typed
  # Not COMP_WORDS: there an address would be several words.
  read -ra typed <<< "\${COMP_LINE:0:COMP_POINT}"
  [[ \${COMP_LINE:0:COMP_POINT} == *" " ]] && typed+=("")
  [[ $current == "=" ]] && current=
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ -z $kind ]]; then kind=$line; else COMPREPLY+=("$line"); fi
  done < <("\${COMP_WORDS[0]}" completion bash -- "\${typed[@]:1}" 2> /dev/null)
  case $kind in
    files | folders)
      compopt -o filenames
      while IFS= read -r line; do
        COMPREPLY+=("$line")
      done < <(if [[ $kind == files ]]; then compgen -f -- "$current"; else compgen -d -- "$current"; fi)
      ;;
  esac
}
complete -F _wasmote wasmote
`,
  zsh: `#compdef wasmote
# wasmote's completion for zsh. In ~/.zshrc, behind compinit: source <(wasmote completion zsh)
_wasmote() {
  local -a lines described
  lines=("\${(@f)$("\${(Q)words[1]}" completion zsh -- "\${(@Q)words[2,CURRENT]}" 2> /dev/null)}")
  case $lines[1] in
    files) compset -P '--*='; _files ;;
    folders) compset -P '--*='; _files -/ ;;
    words) described=("\${(@)lines[2,-1]}"); _describe -V wasmote described ;;
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _wasmote "$@"; else compdef _wasmote wasmote; fi
`,
  fish: `# wasmote's completion for fish. In ~/.config/fish/config.fish: wasmote completion fish | source
function __wasmote_complete
  set -l typed (commandline -opc)
  set -l lines ($typed[1] completion fish -- $typed[2..] (commandline -ct | string collect --allow-empty) 2> /dev/null)
  switch "$lines[1]"
    case files
      __fish_complete_path (commandline -ct)
    case folders
      __fish_complete_directories (commandline -ct)
    case words
      test (count $lines) -gt 1; and printf '%s\\n' $lines[2..]
  end
end
complete -c wasmote -f -a '(__wasmote_complete)'
`,
};

/** Prints a shell's script; given what was typed behind `wasmote`, what could come next, as that script reads it. */
export function completion(shell: Shell, typed: readonly string[]): void {
  if (typed.length === 0) {
    process.stdout.write(SCRIPTS[shell]);
    return;
  }
  const { kind, words, prefix } = complete(typed);
  const lines = words.map((each) => LINES[shell](each, prefix));
  process.stdout.write(`${[kind, ...lines].join("\n")}\n`);
}

/** A candidate as one line, as each shell wants it. */
const LINES: Readonly<Record<Shell, (candidate: Candidate, prefix: string) => string>> = {
  // For bash a word begins behind the `=`.
  bash: ({ value }) => value,
  zsh: ({ value, description }, prefix) => {
    const word = `${prefix}${value}`.replaceAll(":", "\\:");
    return description === "" ? word : `${word}:${description}`;
  },
  fish: ({ value, description }, prefix) => `${prefix}${value}\t${description}`,
};
