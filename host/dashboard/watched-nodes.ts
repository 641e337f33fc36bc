/** All nodes of the dashboard, and the news of them, many in one message. */

import { WasmoteError } from "../errors.ts";
import type { LogLine } from "../node/log.ts";
import { type Action, CHANGES, LOG_PREFIX, type NodeReport } from "./protocol.ts";
import { WatchedNode, type WatchedNodeSettings } from "./watched-node.ts";

/** Changes are gathered for so long: what follows faster nobody sees. */
const GATHER_MS = 200;
/** A message stays far below what the broker lets pass, however many nodes change at once. */
const REPORTS_PER_MESSAGE = 500;
/** Nodes that are started before other work has its turn. */
const STARTS_PER_TURN = 20;

export interface WatchedNodesEvents {
  /** News for whoever listens at the broker. */
  publish(topic: string, payload: string): void;
  /** A node has said something. */
  logged(id: string, line: LogLine): void;
}

export class WatchedNodes {
  readonly #nodes = new Map<string, WatchedNode>();
  readonly #changed = new Set<WatchedNode>();
  readonly #events: WatchedNodesEvents;
  #timer: NodeJS.Timeout | undefined;

  constructor(events: WatchedNodesEvents) {
    this.#events = events;
  }

  get size(): number {
    return this.#nodes.size;
  }

  /**
   * Starts a node for each of the settings, in their order. `aborted`: asked between two of them.
   *
   * Throws what `startNode` throws.
   */
  async start(all: readonly WatchedNodeSettings[], aborted: () => boolean = () => false): Promise<void> {
    for (const [index, settings] of all.entries()) {
      if (aborted()) return;
      const node = new WatchedNode(settings, {
        changed: (changed) => this.#gather(changed),
        logged: (_node, line, entry) => {
          this.#events.publish(LOG_PREFIX + settings.id, JSON.stringify(entry));
          this.#events.logged(settings.id, line);
        },
      });
      this.#nodes.set(node.id, node);
      await node.start();
      if ((index + 1) % STARTS_PER_TURN === 0) await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  /** Lets every node take its leave; resolves when none runs any more. */
  async stop(): Promise<void> {
    await Promise.all([...this.#nodes.values()].map((node) => node.stop()));
    clearTimeout(this.#timer);
  }

  reports(): NodeReport[] {
    return [...this.#nodes.values()].map((node) => node.report());
  }

  /** Throws `ENODE` for an id that no node has. */
  node(id: string): WatchedNode {
    const node = this.#nodes.get(id);
    if (node !== undefined) return node;
    throw new WasmoteError("ENODE", "usage", `there is no node "${id.slice(0, 40)}"`, {
      cure: "use an id of the list",
    });
  }

  /** Throws `ENODE`, `ENOTSUP`, or what `startNode` throws. */
  async act(id: string, action: Action): Promise<NodeReport> {
    const node = this.node(id);
    switch (action) {
      case "cut":
        node.cut();
        break;
      case "restore":
        node.restore();
        break;
      case "kill":
        node.kill();
        break;
      case "start":
        await node.start();
        break;
    }
    return node.report();
  }

  #gather(node: WatchedNode): void {
    this.#changed.add(node);
    this.#timer ??= setTimeout(() => this.#tell(), GATHER_MS);
  }

  #tell(): void {
    this.#timer = undefined;
    const reports = [...this.#changed].map((node) => node.report());
    this.#changed.clear();
    for (let from = 0; from < reports.length; from += REPORTS_PER_MESSAGE) {
      this.#events.publish(CHANGES, JSON.stringify(reports.slice(from, from + REPORTS_PER_MESSAGE)));
    }
  }
}
