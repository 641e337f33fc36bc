/** The observer, as the rest of a run sees it: observer-thread.ts is what it does. */

import type { Worker } from "node:worker_threads";
import { WasmoteError } from "../errors.ts";
import type { FromObserver, ObserverSettings, ToObserver } from "./observer-messages.ts";
import type { Observed } from "./results.ts";
import { startThread } from "./thread.ts";

const END_MS = 15_000;

export class Observer {
  observed: Observed = { messages: 0, unnumbered: 0, gaps: 0, duplicates: 0, reordered: 0, unseen: 0 };
  /** Whether its own connection to the broker is open. */
  isConnected = true;
  readonly #thread: Worker;
  readonly #ended: Promise<void>;

  private constructor(thread: Worker) {
    this.#thread = thread;
    this.#ended = new Promise((resolve) => thread.once("exit", () => resolve()));
  }

  /** Connects and subscribes. Throws `EBROKER`, or `ETLS`. */
  static async start(settings: ObserverSettings): Promise<Observer> {
    const thread = startThread("observer-thread", settings);
    const observer = new Observer(thread);
    await new Promise<void>((resolve, reject) => {
      thread.on("error", reject);
      thread.on("message", (message: FromObserver) => {
        if (message.type === "ready") resolve();
        else if (message.type === "failed") reject(errorOf(message.failure));
        else if (message.type === "connection") observer.isConnected = message.isConnected;
        else observer.observed = message.observed;
      });
    });
    return observer;
  }

  /** Takes in what is on its way, then resolves with all that it saw. */
  async stop(): Promise<Observed> {
    this.#thread.postMessage({ type: "stop" } satisfies ToObserver);
    const timer = setTimeout(() => this.dispose(), END_MS);
    await this.#ended;
    clearTimeout(timer);
    return this.observed;
  }

  dispose(): void {
    this.#thread.terminate();
  }
}

function errorOf({ code, message, cure }: { code: string; message: string; cure: string | undefined }): WasmoteError {
  const fault = code === "ETLS" ? "usage" : "peer";
  return new WasmoteError(code, fault, message, cure === undefined ? {} : { cure });
}
