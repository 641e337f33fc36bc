/** A real Mosquitto in a process and a folder of its own. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Identity } from "./certificates.ts";
import { Journal } from "./journal.ts";
import { freePort } from "./ports.ts";

export interface MosquittoOptions {
  /** Passwords by user name. With any, nobody gets in without one of them. */
  readonly users?: Readonly<Record<string, string>>;
  /** Lines of an ACL file; what they do not allow is refused. */
  readonly acl?: readonly string[];
  /** Topic filters that nobody may subscribe to. An ACL file can't say that: it filters what is delivered. */
  readonly refusedFilters?: readonly string[];
  /** A second listener, at `tlsPort`, with this certificate. */
  readonly tls?: Identity;
  /** A further listener, at `mutualTlsPort`, for clients of the authority in `ca`: a client's user name is its certificate's. */
  readonly mutualTls?: Identity & { readonly ca: string };
  /** Further lines of its configuration, such as `max_inflight_messages 1`. They hold for the whole broker. */
  readonly settings?: readonly string[];
}

/** Debian puts daemons where an ordinary user's PATH does not look. */
const { PATH = "" } = process.env;
const FOLDERS = [...PATH.split(":"), "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"];
const RUNNING = /^mosquitto version .* running$/;
const START_MS = 10_000;
const INSIST_MS = 500;

/** For MQTT, for TLS, and for TLS with certificates on both sides. */
type Ports = readonly [number, number, number];

const processes = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of processes) child.kill("SIGKILL");
});

export class Mosquitto {
  readonly port: number;
  /** Nothing listens there without `tls`. */
  readonly tlsPort: number;
  /** Nothing listens there without `mutualTls`. */
  readonly mutualTlsPort: number;
  /** What the broker says it received, sent and thinks of it. */
  readonly log = new Journal<string>("the broker's log", (line) => line);
  readonly #folder = mkdtempSync(join(tmpdir(), "wasmote-mosquitto-"));
  #child: ChildProcess | undefined;

  private constructor([port, tlsPort, mutualTlsPort]: Ports, options: MosquittoOptions) {
    this.port = port;
    this.tlsPort = tlsPort;
    this.mutualTlsPort = mutualTlsPort;
    const { tls, mutualTls, settings = [] } = options;
    const lines = [
      `listener ${port} 127.0.0.1`,
      // Started by root it would become another user, who can't write here.
      ...(process.getuid?.() === 0 ? ["user root"] : []),
      "log_dest stderr",
      "log_type all",
      "log_timestamp false",
      "persistence true",
      `persistence_location ${this.#folder}/`,
      "max_queued_messages 10000",
      "set_tcp_nodelay true",
      ...this.#permissions(options),
      ...settings,
      ...(tls === undefined ? [] : tlsListener(tlsPort, tls)),
      ...(mutualTls === undefined ? [] : mutualTlsListener(mutualTlsPort, mutualTls)),
    ];
    this.#write("mosquitto.conf", lines);
  }

  /** Starts a broker; it listens once this resolves. */
  static async start(options: MosquittoOptions = {}): Promise<Mosquitto> {
    for (let attempt = 1; ; attempt++) {
      const broker = new Mosquitto([await freePort(), await freePort(), await freePort()], options);
      try {
        await broker.start();
        return broker;
      } catch (error) {
        await broker.dispose();
        // Somebody else may have taken the port in between.
        if (attempt === 3) throw error;
      }
    }
  }

  /** Starts a broker that was stopped or killed, on the same port. */
  async start(): Promise<void> {
    const from = this.log.end;
    const child = spawn(find("mosquitto"), ["-c", join(this.#folder, "mosquitto.conf")], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child = child;
    processes.add(child);
    createInterface({ input: child.stderr }).on("line", (line) => this.log.add(line));
    const ended = once(child, "exit").then(() => {
      throw new Error(`mosquitto ended:\n${this.log}`);
    });
    const running = this.log.first("running broker", (line) => RUNNING.test(line), { from, withinMs: START_MS });
    // Whichever comes second is nobody's business.
    ended.catch(() => {});
    running.catch(() => {});
    await Promise.race([running, ended]);
  }

  /** Ends the broker in good order: it writes sessions and retained messages to its disk. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  /** Ends the broker as a power cut would: it forgets what it has not written, and writes nothing. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    processes.delete(child);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    // Mosquitto 2.0 forgets a signal that comes between its word that it runs and its main loop.
    const insisting = setInterval(() => child.kill(signal), INSIST_MS);
    await ended;
    clearInterval(insisting);
  }

  #permissions({ users, acl, refusedFilters }: MosquittoOptions): string[] {
    const lines = [`allow_anonymous ${users === undefined}`];
    if (users !== undefined) {
      const passwords = this.#write("passwords", []);
      for (const [name, password] of Object.entries(users)) {
        const { status, stderr } = spawnSync(find("mosquitto_passwd"), ["-b", passwords, name, password]);
        if (status !== 0) throw new Error(`mosquitto_passwd failed: ${stderr}`);
      }
      lines.push(`password_file ${passwords}`);
    }
    if (acl !== undefined) lines.push(`acl_file ${this.#write("acl", acl)}`);
    if (refusedFilters !== undefined) {
      lines.push(`plugin ${findPlugin("mosquitto_dynamic_security.so")}`);
      lines.push(`plugin_opt_config_file ${this.#write("security.json", [securityOf(refusedFilters)])}`);
    }
    return lines;
  }

  #write(name: string, lines: readonly string[]): string {
    const path = join(this.#folder, name);
    writeFileSync(path, lines.map((line) => `${line}\n`).join(""), { mode: 0o600 });
    return path;
  }
}

function tlsListener(port: number, { cert, key }: Identity): string[] {
  return [`listener ${port} 127.0.0.1`, `certfile ${cert}`, `keyfile ${key}`];
}

function mutualTlsListener(port: number, { ca, ...identity }: Identity & { readonly ca: string }): string[] {
  const both = [`cafile ${ca}`, "require_certificate true", "use_identity_as_username true"];
  return [...tlsListener(port, identity), ...both];
}

/** Everything is allowed to everybody but to subscribe to these. */
function securityOf(refusedFilters: readonly string[]): string {
  const acls = refusedFilters.map((topic) => ({ acltype: "subscribeLiteral", topic, priority: 0, allow: false }));
  return JSON.stringify({
    defaultACLAccess: { publishClientSend: true, publishClientReceive: true, subscribe: true, unsubscribe: true },
    clients: [],
    roles: [{ rolename: "guest", acls }],
    groups: [{ groupname: "guests", roles: [{ rolename: "guest" }] }],
    anonymousGroup: "guests",
  });
}

function find(program: string): string {
  return firstOf(FOLDERS.map((folder) => join(folder, program)));
}

function findPlugin(name: string): string {
  const multiarch = readdirSync("/usr/lib", { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const folders = [...multiarch.map((entry) => join("/usr/lib", entry.name)), "/usr/lib", "/usr/local/lib"];
  return firstOf(folders.map((folder) => join(folder, name)));
}

function firstOf(paths: readonly string[]): string {
  for (const path of paths) {
    try {
      accessSync(path, constants.R_OK);
      return path;
    } catch {
      // Not there.
    }
  }
  throw new Error(`Mosquitto is not installed: there is none of ${paths.join(", ")}`);
}
