/** `monitor`: what a board says on its serial line, until Ctrl-C. */

import { setTimeout } from "node:timers/promises";
import { type DeviceLine, LineSplitter, readDeviceLine } from "../../device/log-lines.ts";
import { openLine, type SerialLine } from "../../device/serial-line.ts";
import { choosePort } from "../../device/serial-port.ts";
import { interruption } from "../interrupt.ts";
import { formatDeviceLine, formatDeviceLineJson, printNote } from "../output.ts";
import type { MonitorValues } from "../table/boards.ts";

/** How often to look whether a port that vanished is back. */
const RETRY_MS = 300;

/** Resolves at Ctrl-C. A port that vanishes is waited for; one that is not there to begin with is an error. */
export async function monitor(options: MonitorValues): Promise<void> {
  const port = await choosePort(options.port);
  const stop = new AbortController();
  const interrupted = interruption().then(() => {
    stop.abort();
    return "interrupted" as const;
  });
  let line: SerialLine | undefined = await openLine(port, options.baud);
  let lost = listen(line, options);
  printNote(`listening to ${port} at ${options.baud}; Ctrl-C stops`);
  if (options.reset && !(await line.reset())) printNote("this port can't reset the board: press its button");
  while ((await Promise.race([lost, interrupted])) === "lost") {
    printNote(`${port} is gone; waiting for it`);
    line = await reopen(port, options.baud, stop.signal);
    if (line === undefined) return;
    lost = listen(line, options);
    printNote(`${port} is back`);
  }
  await line?.close();
}

/** Prints what arrives; resolves when the port is gone. */
function listen(line: SerialLine, options: MonitorValues): Promise<"lost"> {
  const splitter = new LineSplitter();
  const print = (text: string): void => {
    if (text !== "") process.stdout.write(`${format(readDeviceLine(text), options)}\n`);
  };
  line.on("data", (bytes) => splitter.push(bytes).forEach(print));
  return new Promise((resolve) => {
    line.on("lost", () => {
      print(splitter.rest);
      resolve("lost");
    });
  });
}

function format(line: DeviceLine, { json, timestamps }: MonitorValues): string {
  const time = new Date();
  if (json) return formatDeviceLineJson(line, time);
  return formatDeviceLine(line, timestamps ? time : undefined);
}

/** Tries until the port can be opened again, or undefined once it need not be. */
async function reopen(port: string, baud: number, signal: AbortSignal): Promise<SerialLine | undefined> {
  while (!signal.aborted) {
    try {
      return await openLine(port, baud);
    } catch {
      // Not there yet, or there and not yet given its owner.
      await setTimeout(RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }
  return undefined;
}
