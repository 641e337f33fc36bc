/** Runs of fleets at a real Mosquitto, through the command line. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FleetResults } from "../../host/fleet/results.ts";
import { checkResults } from "../../host/fleet/results-check.ts";
import { PROJECT_ROOT } from "../../host/project.ts";
import { Command } from "../device/command.ts";
import { Mosquitto, type MosquittoOptions } from "../integration/mosquitto.ts";

/** The commands example: sequence numbers in its payloads, a session that is kept, and a subscription. */
export const NUMBERED = join(PROJECT_ROOT, "build", "commands.wasm");

const ACCEPTED = /^New client connected from (\S+) as (\S+) /;

/** Whatever was started, to be disposed of after each test. */
export class Lab {
  readonly #folder = mkdtempSync(join(tmpdir(), "wasmote-fleet-"));
  readonly #brokers: Mosquitto[] = [];
  readonly #commands: Command[] = [];

  /** The observer of a busy run is not to lose what the broker could not queue for it. */
  async broker({ settings = [], ...options }: MosquittoOptions = {}): Promise<Mosquitto> {
    const broker = await Mosquitto.start({ ...options, settings: ["max_queued_messages 0", ...settings] });
    this.#brokers.push(broker);
    return broker;
  }

  path(name: string): string {
    return join(this.#folder, name);
  }

  write(name: string, content: string | Uint8Array): string {
    writeFileSync(this.path(name), content);
    return this.path(name);
  }

  results(name: string): FleetResults {
    return checkResults(readFileSync(this.path(name), "utf-8"), name);
  }

  /** Starts `wasmote fleet run`. */
  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Command {
    const command = new Command(["fleet", "run", ...args], { env });
    this.#commands.push(command);
    return command;
  }

  /** Runs to the end and returns the results. Throws with what was said if it fails. */
  async run(args: readonly string[]): Promise<FleetResults> {
    const { code, stdout, stderr } = await this.start([...args, "--json"]).outcome();
    if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`);
    return checkResults(stdout, "stdout");
  }

  async dispose(): Promise<void> {
    for (const command of this.#commands) command.kill();
    await Promise.all(this.#commands.map((command) => command.outcome()));
    await Promise.all(this.#brokers.map((broker) => broker.dispose()));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export function address({ port }: Mosquitto): string {
  return `mqtt://127.0.0.1:${port}`;
}

/** The nodes that the broker has accepted, once for each connection. `from`: the first line of its log to look at. */
export function acceptedIds(broker: Mosquitto, from = 0): string[] {
  return broker.log.entries.slice(from).flatMap((line) => {
    const [, , id = ""] = line.match(ACCEPTED) ?? [];
    return /^n\d+$/.test(id) ? [id] : [];
  });
}

/**
 * Waits until the broker has accepted so many different nodes, from that line of its log on, and each of them knows: a PUBLISH
 * follows the CONNACK, which may lie unread for a while after the broker has logged it.
 */
export async function allAccepted(broker: Mosquitto, count: number, from = 0): Promise<void> {
  const accepted = new Set<string>();
  const seen = new Set<string>();
  await broker.log.first(
    `connections of ${count} nodes`,
    (line) => {
      const [, , id = ""] = line.match(ACCEPTED) ?? [];
      if (/^n\d+$/.test(id)) accepted.add(id);
      const [, sender = ""] = line.match(/^Received PUBLISH from (n\d+) /) ?? [];
      if (accepted.has(sender)) seen.add(sender);
      return seen.size === count;
    },
    { from, withinMs: 45_000 },
  );
}
