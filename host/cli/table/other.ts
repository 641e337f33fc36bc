/** Commands about the command line itself. */

import { command } from "../command.ts";
import { parseShell } from "../parse.ts";
import { SHELLS } from "../shells.ts";

export const COMPLETION = command({
  name: "completion",
  group: "Other",
  summary: "prints the script that makes a shell complete this command line",
  arguments: [
    { name: "<shell>", description: "bash, zsh or fish", choices: SHELLS },
    { name: "[typed...]", description: "for that script: the words so far; prints what could come next" },
  ],
  options: {},
  notes: `Examples:
  source <(wasmote completion bash)                 in ~/.bashrc
  source <(wasmote completion zsh)                  in ~/.zshrc, behind compinit
  wasmote completion fish | source                  in ~/.config/fish/config.fish`,
  run: async (shell, typed) => (await import("../commands/completion.ts")).completion(parseShell(shell), typed),
});
