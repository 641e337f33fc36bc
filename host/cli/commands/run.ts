/** `run`: one node, with the flags of the program that boards/posix builds. */

import { LOG_LEVELS } from "../../node/log.ts";
import { startNode } from "../../node/start.ts";
import { interruption } from "../interrupt.ts";
import { printLog } from "../output.ts";
import { usage } from "../parse.ts";
import type { RunValues } from "../table/nodes.ts";
import { tlsSettings } from "../table/shared.ts";

/** Resolves when the node has ended, or was asked to stop and did. */
export async function run(module: string, options: RunValues): Promise<void> {
  if (options.id === undefined) throw usage("the node has no id", "give it one with --id 7");
  if (options.broker === undefined) throw usage("the node has no broker", "name one with --broker mqtt://host:port");
  const { WASMOTE_PASSWORD: password } = process.env;
  const interrupted = interruption();
  const node = await startNode({
    engine: options.engine,
    module,
    id: options.id,
    brokers: options.broker,
    tls: tlsSettings(options),
    username: options.username,
    password,
    intervalMs: options.interval,
    sensor: options.sensor,
    seed: options.seed,
    image: options.image,
    config: options.set,
  });
  const least = LOG_LEVELS.indexOf(options.verbose ? "debug" : options.logLevel);
  node.on("log", (line) => {
    if (LOG_LEVELS.indexOf(line.level) >= least) printLog(node.id, line);
  });
  const ended = new Promise<void>((resolve, reject) => {
    node.on("ended", resolve);
    node.on("fault", (error) => {
      if (error.fault !== "module") reject(error);
    });
  });
  await Promise.race([interrupted, ended]);
  await node.stop();
}
