/** The nodes' side: as one worker of a fleet runs them, in a process of its own with --expose-gc. `Load` is its arguments. */

import { readModule } from "../../../host/engine/module.ts";
import { WHOLE } from "../../../host/fleet/plan.ts";
import { sourceAddressesFor } from "../../../host/fleet/source-addresses.ts";
import { WorkerNodes } from "../../../host/fleet/worker-nodes.ts";
import { parseEndpoint } from "../../../host/hal/endpoint.ts";
import { intervalOf, type Load, measure, parseLoad, type Running } from "./load.ts";

const load = parseLoad(process.argv.slice(2));
const bytes = await readModule(load.module);

function start({ nodes, rate, port }: Load): Running {
  const broker = `mqtt://127.0.0.1:${port}`;
  const fleet = new WorkerNodes(
    {
      nodes,
      shard: WHOLE,
      worker: WHOLE,
      idPrefix: "n",
      seed: 1,
      rate,
      scenario: { name: "bench", groups: [{ name: "all", share: 1 }], faults: [] },
      modules: [bytes],
      moduleOfGroup: [0],
      sensor: "constant:17.2",
      config: { interval: String(intervalOf(load)) },
      broker,
      tls: {},
      sourceAddresses: sourceAddressesFor(parseEndpoint(broker), nodes),
      recording: undefined,
    },
    { ended: () => {}, warning: (text) => process.stderr.write(`${text}\n`), traceLost: () => {} },
  );
  fleet.start(Date.now());
  return {
    get connected() {
      return fleet.states.connected;
    },
    get acknowledged() {
      return fleet.tally.counts.acknowledged;
    },
  };
}

await measure(load, start);
