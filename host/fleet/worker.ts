/** The thread of one worker: its settings are its `workerData`, and messages.ts has what it says and hears. */

import { parentPort, workerData } from "node:worker_threads";
import type { FromWorker, ToWorker, WorkerSettings } from "./messages.ts";
import { WorkerNodes } from "./worker-nodes.ts";

const SECOND_MS = 1_000;

const port = parentPort;
if (port === null) throw new Error("worker.ts runs as a thread of a fleet's run");

const tell = (message: FromWorker): void => port.postMessage(message);

let second = -1;
let startAtMs = 0;
let timer: NodeJS.Timeout | undefined;

const nodes = new WorkerNodes(workerData as WorkerSettings, {
  ended() {
    clearTimeout(timer);
    tellSecond(second + 1);
    tell({ type: "ended", counters: nodes.tally.counters(), faults: nodes.faults });
    port.close();
  },
  warning: (text) => tell({ type: "warning", text }),
  traceLost: ({ code, message, cure }) => tell({ type: "traceLost", failure: { code, message, cure } }),
});

function tellSecond(number: number): void {
  const { states, tally } = nodes;
  second = number;
  tell({
    type: "second",
    second: tally.endSecond(number, states.connected, states.inFlight),
    counters: tally.counters(),
    states,
  });
}

/** Second n since the agreed start is told when it is over, late or not. */
function awaitSecond(): void {
  const elapsedMs = Date.now() - startAtMs;
  const current = Math.floor(elapsedMs / SECOND_MS);
  if (current - 1 > second) tellSecond(current - 1);
  timer = setTimeout(awaitSecond, SECOND_MS - (elapsedMs % SECOND_MS) + 1);
}

port.on("message", (message: ToWorker) => {
  switch (message.type) {
    case "start":
      startAtMs = message.startAtMs;
      second = Math.floor((Date.now() - startAtMs) / SECOND_MS) - 1;
      nodes.start(startAtMs);
      awaitSecond();
      break;
    case "loiter":
      nodes.loiter();
      break;
    case "stop":
      nodes.stop();
      break;
  }
});
tell({ type: "ready" });
