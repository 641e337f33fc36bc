/** A node under wasm3: the program build/wasmote-posix, the C code that boards run, in a process of its own. */

import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter } from "node:events";
import { createInterface } from "node:readline";
import { WasmoteError } from "../errors.ts";
import { parseEndpoint } from "../hal/endpoint.ts";
import { loadTls } from "../hal/tls.ts";
import { LOG_LEVELS, LogBook, type LogLine } from "./log.ts";
import { type NodeEvents, type NodeSettings, type RunningNode, STOP_TIMEOUT_MS } from "./running-node.ts";

/** The program bounds the good-bye itself; this is for one that hangs. */
const STOP_GRACE_MS = STOP_TIMEOUT_MS + 1_000;

/** Its log lines: `warn: [7] text`. */
const LOG_LINE = new RegExp(`^(${LOG_LEVELS.join("|")}): \\[[^\\]]*\\] (.*)$`);
/** What it logs when the node trapped. */
const TRAP = /^the node trapped: (.*); it restarts in/;

/** Processes that must not outlive this one. */
const children = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

export class Wasm3Node extends EventEmitter<NodeEvents> implements RunningNode {
  readonly id: string;
  readonly #child: ChildProcess;
  readonly #logBook: LogBook;
  #over = false;

  /** Starts the program. Throws `EENDPOINT` or `ETLS` for settings that are none. */
  constructor(program: string, settings: NodeSettings) {
    super();
    this.id = settings.id;
    this.#logBook = new LogBook(settings.password);
    settings.brokers.forEach(parseEndpoint);
    loadTls(settings.tls);
    // A process group of its own: Ctrl-C in the terminal asks this process, which then asks the node.
    const child = spawn(program, programArguments(settings), {
      detached: true,
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, WASMOTE_PASSWORD: settings.password },
    });
    this.#child = child;
    children.add(child);
    createInterface({ input: child.stderr }).on("line", (line) => this.#log(line));
    child.on("error", (error) => this.#end(`can't start ${program}: ${error.message}`));
    child.on("close", (code, signal) => {
      if (signal === "SIGKILL" || code === 0) this.#end();
      else this.#end(`${program} ended with ${signal ?? `exit code ${code}`}`);
    });
  }

  get logs(): readonly LogLine[] {
    return this.#logBook.lines;
  }

  async stop(): Promise<void> {
    if (this.#over) return;
    const ended = new Promise<void>((resolve) => this.once("ended", resolve));
    this.#child.kill("SIGTERM");
    const bound = setTimeout(() => this.kill(), STOP_GRACE_MS);
    await ended;
    clearTimeout(bound);
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #log(line: string): void {
    const [, level, text = line] = line.match(LOG_LINE) ?? [];
    this.emit("log", this.#logBook.add(LOG_LEVELS.find((each) => each === level) ?? "error", text));
    const trap = text.match(TRAP)?.[1];
    if (trap !== undefined) this.emit("fault", new WasmoteError("ETRAP", "module", `trap: ${trap}`));
  }

  #end(why?: string): void {
    if (this.#over) return;
    this.#over = true;
    children.delete(this.#child);
    if (why !== undefined) {
      this.emit("log", this.#logBook.add("error", why));
      this.emit("fault", new WasmoteError("EWASM3", "device", why));
    }
    this.emit("ended");
  }
}

/** The password goes through the environment: arguments are for everyone to see. */
function programArguments(settings: NodeSettings): string[] {
  const option = (name: string, value: string | number | undefined): string[] =>
    value === undefined ? [] : [`--${name}`, String(value)];
  const { tls = {} } = settings;
  return [
    settings.module,
    ...option("id", settings.id),
    ...settings.brokers.flatMap((broker) => option("broker", broker)),
    ...option("ca", tls.ca),
    ...option("cert", tls.cert),
    ...option("key", tls.key),
    ...option("tls-servername", tls.servername),
    ...option("alpn", tls.alpn),
    ...(tls.insecure ? ["--insecure"] : []),
    ...option("username", settings.username),
    ...option("interval", settings.intervalMs),
    ...option("sensor", settings.sensor),
    ...option("seed", settings.seed),
    ...option("image", settings.image),
    ...option("trace", settings.trace),
    ...Object.entries(settings.config ?? {}).flatMap(([key, value]) => option("set", `${key}=${value}`)),
    ...option("log-level", "debug"),
  ];
}
