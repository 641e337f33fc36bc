/** Says for a person what a node does in a replay: times, host calls, packets, its log. */

import { Errno } from "../abi.ts";
import { explained } from "../node/explain.ts";
import { LOG_LEVELS, printable } from "../node/log.ts";
import type { ImportName } from "./format.ts";
import { LinkStory } from "./link-story.ts";
import {
  type CallName,
  describeCall,
  describeImport,
  describeOutcome,
  type ReplayEvent,
  type ReplayedImport,
} from "./replay.ts";
import { isSecretKey } from "./secrets.ts";

const HIDDEN = "***";

const errorNames: ReadonlyMap<number, string> = new Map(Object.entries(Errno).map(([name, value]) => [value, name]));

export class Narrator {
  /** What goes over each link that is open. */
  readonly #links = new Map<number, LinkStory>();
  #startedMs: number | undefined;

  /** Lines that say what happened. */
  lines(event: ReplayEvent): string[] {
    switch (event.kind) {
      case "start":
        this.#links.clear();
        return [event.isFresh ? "on a fresh image" : "on an image from before"];
      case "call":
        // Whoever sleeps has no link.
        if (event.call.name === "resume") this.#links.clear();
        return [`#${event.call.number} ${describeCall(event.call)}${this.#since(event.call)}`];
      case "import":
        return this.#import(event).map((line) => `    ${line}`);
      case "end":
        return [`  ${describeOutcome(event.end)}`];
    }
  }

  /** How long after the first call that was told the time: what a node's clock begins at says nothing. */
  #since({ name, nowMs }: CallName): string {
    if (name !== "step" && name !== "resume") return "";
    this.#startedMs ??= nowMs;
    return `, at ${(((nowMs - this.#startedMs) >>> 0) / 1_000).toFixed(3)} s`;
  }

  #import(event: ReplayedImport): string[] {
    const { name, parameters, result } = event;
    const call = `${describeImport(name, parameters)}${result === undefined ? ", the last of this call" : ` = ${resultText(name, result)}`}`;
    const [head = "", ...rest] = this.#details(event);
    return [head === "" ? call : `${call}: ${head}`, ...rest.map((line) => `  ${line}`)];
  }

  /** The first belongs on the call's own line. */
  #details({ name, parameters, result = -1, given, handed }: ReplayedImport): string[] {
    const [first = 0] = parameters;
    switch (name) {
      case "net_open":
        if (result >= 0) this.#links.set(result, new LinkStory());
        return [];
      case "net_close":
        this.#links.delete(first);
        return [];
      case "net_send":
        return ["", ...this.#link(first).packets("out", given.subarray(0, Math.max(0, result)))];
      case "net_recv":
        return ["", ...this.#link(first).packets("in", handed)];
      case "sensor_read":
        return result === 0 ? [String(view(handed).getInt32(0, true) / 1_000)] : [];
      case "clock_unix_ms":
        return result === 0 ? [date(Number(view(handed).getBigInt64(0, true)))] : [];
      case "config_get": {
        const key = Buffer.from(given).toString();
        const value = isSecretKey(key) ? HIDDEN : JSON.stringify(printable(Buffer.from(handed).toString()));
        return [result < 0 ? printable(key) : `${printable(key)} = ${value}`];
      }
      case "log":
        return [`${LOG_LEVELS[first] ?? first} ${explained(printable(Buffer.from(given).toString()))}`];
      default:
        return [];
    }
  }

  /** A trace may begin while a link is open. */
  #link(handle: number): LinkStory {
    let link = this.#links.get(handle);
    if (link === undefined) {
      link = new LinkStory();
      this.#links.set(handle, link);
    }
    return link;
  }
}

function resultText(name: ImportName, result: number): string {
  return name === "random" ? String(result) : (errorNames.get(result) ?? String(result));
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A clock may show anything. */
function date(unixMs: number): string {
  const time = new Date(unixMs);
  return Number.isNaN(time.getTime()) ? String(unixMs) : time.toISOString();
}
