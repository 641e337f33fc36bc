import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { PROJECT_ROOT } from "../../host/project.ts";
import { Authority, newPath } from "../integration/certificates.ts";
import { Mosquitto } from "../integration/mosquitto.ts";
import { Observer } from "../integration/observer.ts";
import { WebSocketGateway } from "../integration/web-socket-gateway.ts";
import { Device } from "./device.ts";
import { Flash, PARTITIONS } from "./flash.ts";

const temperature = readFileSync(join(PROJECT_ROOT, "build", "temperature.wasm"));
/** It writes a checkpoint for each reading that it takes while there is no broker. */
const battery = readFileSync(join(PROJECT_ROOT, "build", "battery.wasm"));
const authority = new Authority();
const server = authority.issue("localhost", { subjectAltName: "DNS:localhost,IP:127.0.0.1" });

let broker: Mosquitto;
let observer: Observer;
let flash: Flash;
let device: Device | undefined;

beforeEach(async () => {
  broker = await Mosquitto.start({ tls: server, mutualTls: { ...server, ca: authority.ca } });
  observer = await Observer.connect(broker.port);
  flash = new Flash(newPath("flash"));
});

afterEach(async () => {
  await device?.cut();
  device = undefined;
  await observer.end();
  await broker.dispose();
});

/** What every node here is told, and where it finds the broker. */
function settings(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { id: "n-1", broker: `mqtt://127.0.0.1:${broker.port}`, interval: "200", ...more };
}

function start(): Device {
  device = new Device(flash);
  return device;
}

function reading(from = 0): Promise<unknown> {
  return observer.messages.first("a reading", ({ topic }) => topic === "sensor/n-1/temperature", {
    from,
    withinMs: 30_000,
  });
}

describe("a device from the factory", () => {
  test("takes its settings from the provision partition, and publishes readings of the module in its flash", async () => {
    flash.writeModule(0, 1, temperature).provision(settings());
    await start().says(/provision: the provision text is good/);
    await reading();
  });

  test("has erased the provision partition, and keeps the settings", async () => {
    flash.writeModule(0, 1, temperature).provision(settings());
    await start().says(/module: online/);
    await device?.cut();
    expect(flash.holds("wasmote provision")).toBe(false);
    const from = observer.messages.end;
    await start().says(/module: online/);
    await reading(from);
  });

  test("takes nothing of a provision text that is damaged, and says so", async () => {
    flash
      .writeModule(0, 1, temperature)
      .provision(settings())
      .damage(PARTITIONS.provision + 30);
    await start().says(/^E .* provision: /);
    expect(await device?.ask("get broker")).toEqual([expect.stringMatching(/^error NOT_SET /)]);
  });
});

describe("the console", () => {
  test("sets a device up that nobody has provisioned", async () => {
    flash.writeModule(0, 1, temperature);
    const first = start();
    for (const [key, value] of Object.entries(settings()))
      expect(await first.ask(`set ${key} ${value}`)).toEqual(["ok"]);
    await first.cut();
    start();
    await reading();
  });

  test("answers status, heap and module while the node runs", async () => {
    flash.writeModule(0, 7, temperature).provision(settings());
    await start().says(/module: online/);
    const status = await device?.ask("status");
    expect(status).toEqual(expect.arrayContaining(["state: running", "id: n-1", "broker: connected", "ok"]));
    expect(await device?.ask("module")).toEqual([
      `slot 0: valid, sequence 7, ${temperature.length} bytes, running`,
      "slot 1: empty, sequence 0, 0 bytes",
      "ok",
    ]);
    expect(await device?.ask("heap")).toHaveLength(4);
  });

  test("never shows a password, and neither does the log", async () => {
    flash.writeModule(0, 1, temperature).provision(settings({ username: "me", password: "hunter2hunter2" }));
    await start().says(/module: online/);
    expect(await device?.ask("list")).toEqual(expect.arrayContaining(["password=***"]));
    expect(device?.lines.entries.join("\n")).not.toContain("hunter2");
  });

  test("gives everything back that was set, on a factory reset", async () => {
    flash.writeModule(0, 1, temperature).provision(settings());
    await start().says(/module: online/);
    await device?.ask("factory-reset");
    await device?.cut();
    expect(await start().ask("get broker")).toEqual([expect.stringMatching(/^error NOT_SET /)]);
  });
});

describe("a module", () => {
  test("that is damaged gives way to the one before it", async () => {
    flash.writeModule(0, 1, temperature).writeModule(1, 2, temperature).provision(settings());
    flash.damage(PARTITIONS.module1 + 32 + 1000);
    const line = await start().says(/boot: module1 is /);
    expect(line).toMatch(/^W/);
    await device?.says(/boot: module0 runs/);
    await reading();
  });

  test("that is newer runs, also where its sequence number has wrapped", async () => {
    flash.writeModule(0, 0xffff_ffff, temperature).writeModule(1, 0, temperature).provision(settings());
    await start().says(/boot: module1 runs: \d+ bytes, sequence 0,/);
  });

  test("that is whole and that this board does not take gives way too", async () => {
    flash.writeModule(0, 1, temperature).writeModule(1, 2, Buffer.from("\0asm\x01\0\0\0")).provision(settings());
    await start().says(/boot: module1 is refused: /);
    await reading();
  });

  test("that is missing leaves a device that answers", async () => {
    flash.writeModule(0, 1, temperature).damage(PARTITIONS.module0 + 4);
    await start().says(/boot: no module can run/);
    const status = await device?.ask("status");
    expect(status).toEqual(expect.arrayContaining(["state: safe: no module can run", "module: none", "ok"]));
    expect(await device?.ask("set interval 500")).toEqual(["ok"]);
  });
});

describe("a node", () => {
  test("goes on when the broker was away", async () => {
    flash.writeModule(0, 1, temperature).provision(settings());
    await start().says(/module: online/);
    await broker.kill();
    await device?.says(/net: no connection to mqtt:.*: nothing listens there/);
    const from = observer.messages.end;
    await broker.start();
    await reading(from);
  });

  test("says what is wrong with a broker's name that does not resolve", async () => {
    flash.writeModule(0, 1, temperature).provision(settings({ broker: "mqtt://nowhere.invalid" }));
    await start().says(/net: no connection to mqtt:\/\/nowhere\.invalid: its name does not resolve/);
  });

  test("says that there is no route to a broker", async () => {
    flash.writeModule(0, 1, temperature).provision(settings({ broker: "mqtt://255.255.255.255" }));
    await start().says(/net: no connection to mqtt:\/\/255\.255\.255\.255: no route to the network/);
  });

  test("resumes after a power cut from one of many slots, and delivers what it had read before", async () => {
    flash.writeModule(0, 1, battery).provision(settings());
    await broker.kill();
    start();
    await vi.waitFor(() => expect(flash.checkpoints).toBeGreaterThan(2), { timeout: 20_000, interval: 100 });
    await device?.cut();
    await broker.start();
    await start().says(/node: goes on from checkpoint \d+/);
    await observer.messages.all(3, "readings", ({ topic }) => topic === "sensor/n-1/temperature");
  });

  test("does not resume under other settings", async () => {
    flash.writeModule(0, 1, battery).provision(settings());
    await broker.kill();
    start();
    await vi.waitFor(() => expect(flash.checkpoints).toBeGreaterThan(0), { timeout: 20_000, interval: 100 });
    await device?.cut();
    flash.provision({ "app.room": "attic" });
    await start().says(/node: checkpoint \d+ was made with other settings: a fresh start/);
  });
});

describe("a link", () => {
  const ca = readFileSync(authority.ca, "utf-8");

  function connectsTo(url: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
    flash.writeModule(0, 1, temperature).provision(settings({ broker: url, ...more }));
    return start().says(/net: (connected|no connection) to /);
  }

  let stranger: Authority;
  beforeAll(() => {
    stranger = new Authority("a stranger");
  });

  test("over TLS trusts the CA that it was given", async () => {
    expect(await connectsTo(`mqtts://localhost:${broker.tlsPort}`, { ca })).toMatch(/connected to mqtts:/);
    await reading();
  });

  test("over TLS shows its certificate", async () => {
    const client = authority.issue("n-1");
    const cert = readFileSync(client.cert, "utf-8");
    const key = readFileSync(client.key, "utf-8");
    await connectsTo(`mqtts://localhost:${broker.mutualTlsPort}`, { ca, cert, key });
    await reading();
  });

  test("over TLS refuses a server that another CA vouches for", async () => {
    const other = readFileSync(stranger.ca, "utf-8");
    const line = await connectsTo(`mqtts://localhost:${broker.tlsPort}`, { ca: other });
    // From 5.5 on ESP-IDF does not tell why.
    expect(line).toMatch(
      /no connection .*: the server's certificate (leads to no CA that is trusted: set|is not trusted: see whether) ca/,
    );
  });

  test("over TLS refuses a server of another name", async () => {
    const line = await connectsTo(`mqtts://localhost.localdomain:${broker.tlsPort}`, { ca });
    expect(line).toMatch(
      /no connection .*: (the server's certificate is (for another name|not trusted)|its name does not resolve)/,
    );
  });

  test("over TLS says that a server does not speak it", async () => {
    expect(await connectsTo(`mqtts://localhost:${broker.port}`, { ca })).toMatch(/no connection to mqtts:/);
  });

  test("over WebSocket reaches the path that it was given, and keeps its query out of the log", async () => {
    const gateway = await WebSocketGateway.start(broker.port);
    const line = await connectsTo(`ws://localhost:${gateway.port}/mqtt?token=s3cret`);
    expect(line).toMatch(/connected to ws:/);
    await reading();
    expect(gateway.requests.map(({ url }) => url)).toContain("/mqtt?token=s3cret");
    expect(device?.lines.entries.join("\n")).not.toContain("s3cret");
    await gateway.close();
  });

  test("over WebSocket and TLS trusts the CA that it was given", async () => {
    const gateway = await WebSocketGateway.start(broker.port, server);
    expect(await connectsTo(`wss://localhost:${gateway.port}/mqtt`, { ca })).toMatch(/connected to wss:/);
    await reading();
    await gateway.close();
  });

  test("over WebSocket and TLS refuses a server that another CA vouches for", async () => {
    const gateway = await WebSocketGateway.start(broker.port, server);
    const other = readFileSync(stranger.ca, "utf-8");
    const line = await connectsTo(`wss://localhost:${gateway.port}/mqtt`, { ca: other });
    expect(line).toMatch(/no connection to wss:.*: the server's certificate (leads to no CA|is not trusted)/);
    expect(gateway.requests).toEqual([]);
    await gateway.close();
  });

  test("over WebSocket says that a server does not speak it", async () => {
    const line = await connectsTo(`ws://localhost:${broker.port}`);
    expect(line).toMatch(/no connection to ws:.*: what answers there is no WebSocket/);
  });
});
