import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { LoadedModule } from "../../host/engine/module.ts";
import { BoardConditions, createRealBoard } from "../../host/fleet/board.ts";
import type { Condition } from "../../host/fleet/faults.ts";
import { Fleet } from "../../host/fleet/images.ts";
import { FleetNetwork } from "../../host/fleet/network.ts";
import { Runner } from "../../host/fleet/runner.ts";
import { Tally } from "../../host/fleet/tally.ts";
import { loadTestModule, until } from "../host/modules.ts";

/** Each node lives as its letter says: tests/host/modules/lifecycle.ts has what that is. */
const MODES = ["s", "t", "d", "s"] as const;
const [STEADY, TRAPS, SLEEPS, OTHER] = [0, 1, 2, 3];
const WELL: Condition = { cut: false, brokerGone: false, dead: false, probe: "good", skewMs: 0 };

let module: LoadedModule;
beforeAll(async () => {
  module = await loadTestModule("lifecycle");
});

let server: Server;
let links: number;
let open: Set<Socket>;
let said: string[];
let tally: Tally;
let fleet: Fleet;
let runner: Runner;
let isOver: boolean;

beforeEach(async () => {
  links = 0;
  const sockets = new Set<Socket>();
  open = sockets;
  isOver = false;
  server = createServer((socket) => {
    links++;
    sockets.add(socket.resume());
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  said = MODES.map(() => "");
  tally = new Tally();
  const conditions = new BoardConditions(MODES.length);
  const network: FleetNetwork = new FleetNetwork(
    MODES.length,
    [{ endpoint: { scheme: "mqtt", host: "127.0.0.1", port }, tls: undefined, lookup: () => {} }],
    {
      wake: (slot) => runner.wake(slot),
      arrived: (slot) => runner.arrived(slot),
      opening() {},
      closed() {},
      exhausted() {},
      sent() {},
      received() {},
    },
    () => undefined,
  );
  const board = createRealBoard(
    0,
    {
      network,
      readSensor: () => 0,
      seeds: Int32Array.from(MODES, () => 1),
      config: (slot, key) => (key === "m" ? MODES[slot] : undefined),
      events: {
        log: (slot, _level, text) => {
          said[slot] += text;
        },
        deepSleep: (slot, ms) => runner.sleep(slot, ms),
      },
    },
    conditions,
  );
  fleet = new Fleet(module, MODES.length, board);
  runner = new Runner({
    slots: MODES.length,
    squads: [{ fleet, firstSlot: 0 }],
    network,
    conditions,
    tally,
    onBoot() {},
    onPowerUp() {},
    onEnded: () => {
      isOver = true;
    },
  });
  for (const slot of MODES.keys()) runner.startAt(slot, performance.now());
});

afterEach(async () => {
  runner.stop();
  await until("all nodes have ended", () => isOver);
  await new Promise((resolve) => server.close(resolve));
});

/** Whether the node has run since: its image counts its steps. */
async function steps(slot: number): Promise<void> {
  const before = fleet.readImage(slot);
  await until(`node ${slot} goes on`, () => Buffer.compare(before, fleet.readImage(slot)) !== 0);
}

describe("nodes of a fleet", () => {
  test("that trap start again, and again, and hold up nobody", async () => {
    await until("it has begun for the third time", () => said[TRAPS] === "bbb", 30_000);
    expect(tally.counts.traps).toBeGreaterThanOrEqual(2);
    await steps(STEADY);
    expect([said[STEADY], said[OTHER]]).toEqual(["b", "b"]);
  });

  test("that sleep deeply lose their link and are resumed with how long they slept", async () => {
    await until("it was resumed", () => said[SLEEPS] === "br");
    await until("its link broke", () => links >= MODES.length && open.size < MODES.length);
    await steps(SLEEPS);
  });

  test("whose battery is dead do not run, and start afresh afterwards", async () => {
    await until("all are linked", () => links >= MODES.length);
    await until("those that sleep and trap have lost theirs", () => open.size === 2);
    runner.apply(STEADY, { ...WELL, dead: true });
    await until("its link broke", () => open.size === 1);
    const image = fleet.readImage(STEADY);
    await steps(OTHER);
    await steps(OTHER);
    expect(fleet.readImage(STEADY)).toEqual(image);
    runner.apply(STEADY, WELL);
    await until("it began again", () => said[STEADY] === "bb");
    await steps(STEADY);
  });

  test("are asked to stop, and given up if they do not", async () => {
    await until("all have begun", () => said.every((letters) => letters.startsWith("b")));
    runner.stop();
    await until("all nodes have ended", () => isOver);
    expect(said[STEADY]).toBe("bs");
    await until("their links are gone", () => open.size === 0);
  });
});
