/** The board of one node in real time: real links, a simulated sensor, this machine's clock. */

import { Errno } from "../abi.ts";
import type { Actuators, Board, LogLevel, Network, Sensors } from "./board.ts";
import { Xorshift32 } from "./random.ts";

export interface NodeBoardParts {
  readonly network: Network;
  readonly sensors: Sensors;
  /** What `config_get` finds. */
  readonly config: ReadonlyMap<string, string>;
  /** Without one, the operating system's randomness seeds the node's. */
  readonly seed: number | undefined;
  readonly log: (level: LogLevel, text: string) => void;
  /** Called when the node asks for a checkpoint; returns 0, or `ENOTSUP` if no image is kept. */
  readonly checkpoint: () => number;
  /** Called when the node asks for deep sleep; the power is cut after the step. */
  readonly deepSleep: (ms: number) => void;
}

/** Any value to channel 0 is taken, and logged: there is no lamp to light. */
function loggedActuators(log: NodeBoardParts["log"]): Actuators {
  return {
    write(channel, value) {
      if (channel !== 0) return Errno.ENOENT;
      log(1, `actuator ${channel} = ${value}`);
      return 0;
    },
  };
}

export function createNodeBoard(parts: NodeBoardParts): Board {
  const random = new Xorshift32(parts.seed);
  return {
    network: parts.network,
    sensors: parts.sensors,
    actuators: loggedActuators(parts.log),
    unixMs: () => Date.now(),
    random: () => random.next(),
    config: (key) => parts.config.get(key),
    checkpoint: parts.checkpoint,
    deepSleep(ms) {
      parts.deepSleep(ms);
      return 0;
    },
    log: parts.log,
  };
}
