/** What tests say to modules/probe.ts. */

import { ID } from "./lab.ts";
import { compileProbe, type Version } from "./nodes.ts";

/** A node of the probe keeps its session, receives up to QoS 2, and speaks the version that `speak` chooses. */
export function probe(...use: string[]): Promise<string> {
  const session = ["NODE_MQTT=45", "NODE_COMMANDS=1", "NODE_INBOUND_QOS=2", "NODE_OUTBOX=1024"];
  return compileProbe(...session, ...(use.includes("NODE_PERSISTENT=0") ? use : ["NODE_PERSISTENT=1", ...use]));
}

/** The configuration that makes a probe speak a version. */
export function speak({ level }: Version): { mqtt: string } {
  return { mqtt: level === 5 ? "5" : "3.1.1" };
}

/** The topic of a command to a probe. */
export function commandOf(name: string, id = ID): string {
  return `sensor/${id}/cmd/${name}`;
}

/** The payload of the command `subscribe`; `options` is the byte of SUBSCRIBE. */
export function subscription(filter: string, options: number, identifier = 0): Buffer {
  return Buffer.concat([Buffer.of(options, identifier), Buffer.from(filter)]);
}

/** The payload of the commands `publish` and `rich`. */
export function publication(topic: string, payload: string, qos: 0 | 1 | 2, retain = false): Buffer {
  const name = Buffer.from(topic);
  return Buffer.concat([Buffer.of((qos << 1) | (retain ? 1 : 0), name.length), name, Buffer.from(payload)]);
}
