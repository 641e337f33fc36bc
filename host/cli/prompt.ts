/** Values that are given on stdin: piped in, or typed without being shown. */

import { usage } from "./parse.ts";

/** No setting is longer. */
const MAX_CHARACTERS = 8_192;

const ENTER = /[\r\n]/;
const BACKSPACE = /[\b\u007f]/;
const CTRL_C = "\u0003";
const CTRL_U = "\u0015";

/** All that comes on stdin, without the line break at its end. Throws `EUSAGE` for more than any value has. */
export async function readStdin(): Promise<string> {
  let text = "";
  for await (const piece of process.stdin.setEncoding("utf-8")) {
    text += piece;
    if (text.length > MAX_CHARACTERS)
      throw usage("stdin holds more than a value", "pipe the value in, and nothing else");
  }
  return text.replaceAll("\r\n", "\n").replace(/\n$/, "");
}

/** Asks for a value at the terminal and does not show what is typed. Throws `EUSAGE` where there is no terminal, or at Ctrl-C. */
export async function askSecret(question: string): Promise<string> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) throw usage(`${question} is asked for at a terminal, and this is none`, "pipe it in with --stdin");
  // First, or the terminal shows what is typed at once.
  stdin.setRawMode(true);
  try {
    stderr.write(`${question}: `);
    return await typed(stdin.setEncoding("utf-8"));
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write("\n");
  }
}

async function typed(stdin: NodeJS.ReadStream): Promise<string> {
  let text = "";
  return new Promise((resolve, reject) => {
    const take = (piece: string): void => {
      for (const character of piece) {
        if (character === CTRL_C || ENTER.test(character)) {
          stdin.off("data", take);
          if (character === CTRL_C) reject(usage("nothing was set", "Ctrl-C ended it"));
          else resolve(text);
          return;
        }
        if (BACKSPACE.test(character)) text = [...text].slice(0, -1).join("");
        else if (character === CTRL_U) text = "";
        else if (text.length < MAX_CHARACTERS) text += character;
      }
    };
    stdin.on("data", take);
  });
}
