/** What one test works with. Everything that it starts ends with it. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "vitest";
import { type Broker, startBroker } from "../../host/broker.ts";
import type { NodeSettings } from "../../host/node/running-node.ts";
import type { Identity } from "./certificates.ts";
import { type Answer, FakeBroker } from "./fake-broker.ts";
import { Mosquitto, type MosquittoOptions } from "./mosquitto.ts";
import { CASES, type Case, type Example, exampleModule, type Target, TestNode, V3, type Version } from "./nodes.ts";
import { Observer, type ObserverOptions } from "./observer.ts";
import { FaultyProxy } from "./proxy.ts";
import { WebSocketGateway } from "./web-socket-gateway.ts";

export interface NodeOptions extends Partial<Omit<NodeSettings, "module">> {
  /** An example's name, or the path of a module. */
  readonly module?: Example | (string & {});
}

type Closing = () => Promise<void> | void;

/** Of a whole test, its end included; every wait in it has a bound of its own that says what did not come. */
const TIMEOUT_MS = 60_000;

/** What nodes are called that nobody gave a name. */
export const ID = "7";

/** A test for one target and version. Tests of a file run beside each other: they wait more than they work. */
export function labTest(target: Target, version = V3): (name: string, body: (lab: Lab) => Promise<void>) => void {
  return (name, body) => {
    const run = async (): Promise<void> => {
      const lab = new Lab(target, version);
      try {
        await body(lab);
      } catch (error) {
        if (error instanceof Error) error.message += lab.story();
        await lab.close();
        throw error;
      }
      await lab.close();
      lab.checkNodes();
    };
    test.concurrent(name, run, TIMEOUT_MS);
  };
}

/** A suite for each version on each target: `MQTT 5.0: the status of a node under v8`. */
export function describeCases(what: string, body: (each: Case) => void, cases = CASES): void {
  for (const each of cases) describe(`${each.version.mqtt}: ${what} under ${each.target.name}`, () => body(each));
}

export class Lab {
  readonly #target: Target;
  readonly #version: Version;
  readonly #nodes: TestNode[] = [];
  readonly #closings: Closing[] = [];

  constructor(target: Target, version: Version) {
    this.#target = target;
    this.#version = version;
  }

  /** A broker of MQTT 3.1.1 alone, in this process. */
  async aedes(): Promise<Broker> {
    const broker = await startBroker({ port: 0, wsPort: 0 });
    this.#closings.push(() => broker.close());
    return broker;
  }

  async mosquitto(options?: MosquittoOptions): Promise<Mosquitto> {
    const broker = await Mosquitto.start(options);
    this.#closings.push(() => broker.dispose());
    return broker;
  }

  async fakeBroker(answer: Answer): Promise<FakeBroker> {
    const broker = await FakeBroker.start(answer);
    this.#closings.push(() => broker.close());
    return broker;
  }

  /** A WebSocket listener for a broker that has none, over TLS if it gets a certificate. */
  async webSocketGateway(broker: { readonly port: number }, identity?: Identity): Promise<WebSocketGateway> {
    const gateway = await WebSocketGateway.start(broker.port, identity);
    this.#closings.push(() => gateway.close());
    return gateway;
  }

  async proxy(broker: { readonly port: number }): Promise<FaultyProxy> {
    const proxy = await FaultyProxy.start(broker.port);
    this.#closings.push(() => proxy.close());
    return proxy;
  }

  async observer(broker: { readonly port: number }, options?: ObserverOptions): Promise<Observer> {
    const observer = await Observer.connect(broker.port, options);
    this.#closings.push(() => observer.end());
    return observer;
  }

  /**
   * Starts a node: the temperature example in this test's version, with a constant sensor, a reading each 200 ms, over TCP,
   * unless told otherwise: with `brokers`, it uses those addresses.
   */
  node(broker: { readonly port: number }, options: NodeOptions = {}): Promise<TestNode> {
    return this.nodeUnder(this.#target, broker, options);
  }

  /** The same on another target than this test's. */
  async nodeUnder(target: Target, broker: { readonly port: number }, options: NodeOptions = {}): Promise<TestNode> {
    const { module = "temperature", ...settings } = options;
    const node = await TestNode.start(target, {
      id: ID,
      sensor: "constant:17.2",
      intervalMs: 200,
      brokers: [`mqtt://127.0.0.1:${broker.port}`],
      ...settings,
      module: module.endsWith(".wasm") ? module : await exampleModule(module as Example, this.#version),
    });
    this.#nodes.push(node);
    return node;
  }

  /** A path in a folder of this test's own. */
  path(name: string): string {
    const folder = mkdtempSync(join(tmpdir(), "wasmote-lab-"));
    this.#closings.push(() => rmSync(folder, { recursive: true, force: true }));
    return join(folder, name);
  }

  /** For something else that ends with the test. */
  finally(closing: Closing): void {
    this.#closings.push(closing);
  }

  /** Stops the nodes, so that the sanitizers look for leaks too, and ends everything else, last things first. */
  async close(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.stop()));
    for (const closing of this.#closings.reverse()) await closing();
  }

  /** Throws if a node trapped, wrote past its image, did not end in good order, or ran into a sanitizer. */
  checkNodes(): void {
    const faults = this.#nodes.flatMap(({ faults }) => faults.map(({ message }) => message));
    if (faults.length > 0) throw new Error(`${faults.join("; ")}${this.story()}`);
  }

  /** What the nodes said, for the message of a test that failed. */
  story(): string {
    return this.#nodes.map(({ id, log }) => `\n\nlog of node ${id}:\n${log}`).join("");
  }
}
