/** Whether this machine can hold so many nodes, asked before the first of them starts. Each refusal says what to type. */

import { execFileSync } from "node:child_process";
import { WasmoteError } from "../errors.ts";
import { isSecure, isWebSocket, parseEndpoint } from "../hal/endpoint.ts";
import { readMetadata } from "../module/metadata.ts";
import type { FleetSettings } from "./messages.ts";
import { shardSize } from "./plan.ts";
import { checkSourceAddresses, ephemeralPorts } from "./source-addresses.ts";

/** Open files of a process without nodes: its modules, pipes, and those of each of its threads. */
const BASE_FILES = 60;
const FILES_PER_WORKER = 30;
/** Memory of a node besides its image, from `npm run bench:fleet`, rounded up. */
export const NODE_BYTES = { tcp: 12_000, tls: 100_000, webSocket: 60_000 } as const;
const BASE_BYTES = 100_000_000;
const WORKER_BYTES = 60_000_000;

/** What a machine has. */
export interface Resources {
  /** Open files of a process, or undefined if nobody knows. */
  readonly openFiles: number | undefined;
  /** Ports for outgoing connections, from each address. */
  readonly ports: number;
  readonly freeBytes: number;
}

export interface LimitQuestion extends FleetSettings {
  readonly workers: number;
}

/** Throws `ELIMIT`, or `EUSAGE` for a source address that is none of this machine's. */
export async function checkLimits(question: LimitQuestion): Promise<void> {
  checkResources(question, resources());
  await checkSourceAddresses(question.sourceAddresses);
}

/** Throws `ELIMIT` if `has` does not do. */
export function checkResources(question: LimitQuestion, has: Resources): void {
  const nodes = shardSize(question.nodes, question.shard);
  checkFiles(nodes, question.workers, has);
  checkPorts(nodes, question, has);
  checkMemory(nodes, question, has);
}

function resources(): Resources {
  return { openFiles: openFiles(), ports: ephemeralPorts(), freeBytes: process.availableMemory() };
}

/** Of this process, or undefined if nobody knows. Node.js has raised it as far as it may, and a shell that it starts has the same. */
export function openFiles(): number | undefined {
  try {
    const text = execFileSync("sh", ["-c", "ulimit -n"], { encoding: "utf-8" }).trim();
    return text === "unlimited" ? Number.POSITIVE_INFINITY : Number(text) || undefined;
  } catch {
    return undefined;
  }
}

function checkFiles(nodes: number, workers: number, { openFiles }: Resources): void {
  const needed = nodes + BASE_FILES + workers * FILES_PER_WORKER;
  if (openFiles === undefined || needed <= openFiles) return;
  const raise = process.platform === "linux" ? `sudo prlimit --pid $$ --nofile=${needed}` : `sudo ulimit -n ${needed}`;
  throw refused(
    `${count(nodes, "connection")} need ${grouped(needed)} open files, and this process may have ${grouped(openFiles)}`,
    `type \`${raise}\` in this shell and run it again, or divide the fleet with --shard`,
  );
}

function checkPorts(nodes: number, { sourceAddresses }: LimitQuestion, { ports }: Resources): void {
  const addresses = Math.max(1, sourceAddresses.length);
  if (nodes <= addresses * ports) return;
  const wide = 65_535 - 1_024 + 1;
  const widen =
    process.platform === "linux" && nodes <= addresses * wide && ports < wide
      ? 'type `sudo sysctl -w net.ipv4.ip_local_port_range="1024 65535"`, or '
      : "";
  throw refused(
    `${count(nodes, "connection")} need as many ports, and ${count(addresses, "source address", "source addresses")} of this machine ${addresses === 1 ? "has" : "have"} ${grouped(addresses * ports)}`,
    `${widen}give it more addresses with --source-addresses, or divide the fleet with --shard over more machines`,
  );
}

function checkMemory(nodes: number, { broker, modules, workers }: LimitQuestion, { freeBytes }: Resources): void {
  const endpoint = parseEndpoint(broker);
  const connection =
    (isSecure(endpoint) ? NODE_BYTES.tls : NODE_BYTES.tcp) + (isWebSocket(endpoint) ? NODE_BYTES.webSocket : 0);
  const image = Math.max(...modules.map((module) => readMetadata(module).imageSize));
  const needed = BASE_BYTES + workers * WORKER_BYTES + nodes * (connection + image);
  if (needed <= freeBytes) return;
  const most = Math.floor((freeBytes - BASE_BYTES - workers * WORKER_BYTES) / (connection + image));
  throw refused(
    `${count(nodes, "node")} need some ${megabytes(needed)} of memory, and ${megabytes(freeBytes)} are free`,
    most > 0
      ? `use at most --nodes ${most}, or divide the fleet with --shard over more machines`
      : "end other programs, or use another machine",
  );
}

function refused(what: string, cure: string): WasmoteError {
  return new WasmoteError("ELIMIT", "resource", what, { cure });
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${grouped(number)} ${number === 1 ? one : many}`;
}

function grouped(number: number): string {
  return number.toLocaleString("en-US");
}

function megabytes(bytes: number): string {
  return `${grouped(Math.ceil(bytes / 1e6))} MB`;
}
