/** Serial ports: which there are, and opening one with an error that says what to do. */

import { readdirSync } from "node:fs";
import { WasmoteError } from "../errors.ts";

/** What the console of the firmware speaks, 8 bits, no parity, one stop bit. */
export const CONSOLE_BAUD = 115_200;

/** The serial ports that boards are usually found at, sorted. */
export async function listPorts(): Promise<string[]> {
  if (process.platform === "linux") {
    return readdirSync("/dev")
      .filter((name) => /^tty(?:USB|ACM)\d+$/.test(name))
      .map((name) => `/dev/${name}`)
      .toSorted();
  }
  const { autoDetect } = await import("@serialport/bindings-cpp");
  return (
    await autoDetect()
      .list()
      .catch(() => [])
  )
    .map(({ path }) => path)
    .toSorted();
}

/** The port that was asked for, or the only one that there is. Throws `ENOPORT`. */
export async function choosePort(asked: string | undefined): Promise<string> {
  if (asked !== undefined) return asked;
  const [only, ...others] = await listPorts();
  if (only === undefined) {
    throw new WasmoteError("ENOPORT", "usage", "no board is connected to this machine's serial ports", {
      cure: "connect one, or name its port with --port",
    });
  }
  if (others.length === 0) return only;
  throw new WasmoteError("ENOPORT", "usage", `there are ${others.length + 1} serial ports`, {
    cure: `choose one with --port: ${[only, ...others].join(", ")}`,
  });
}

/** The port is not there. Says which are. */
export async function noPort(port: string): Promise<WasmoteError> {
  const there = (await listPorts()).filter((each) => each !== port);
  return new WasmoteError("ENOPORT", "usage", `there is no port ${port}`, {
    cure:
      there.length === 0
        ? "connect the board: no serial port is there"
        : `connect the board, or use ${there.join(" or ")}`,
  });
}

/** Nobody but root and a group of people may use the port. */
export function portDenied(port: string): WasmoteError {
  return new WasmoteError("EACCES", "resource", `you may not use ${port}`, {
    cure: 'join the group it belongs to, sudo usermod -aG dialout "$USER" on Debian, and log in again',
  });
}

/** Another program has the port. */
export function portBusy(port: string): WasmoteError {
  return new WasmoteError("EBUSY", "resource", `another program uses ${port}`, {
    cure: "end the monitor, terminal or IDE that has it open",
  });
}

/** What a failure to use a port means, by the words of the operating system, of pyserial or of serialport. */
export async function portError(port: string, words: string): Promise<WasmoteError | undefined> {
  if (/permission denied|EACCES/i.test(words)) return portDenied(port);
  if (/temporarily unavailable|resource busy|cannot lock|access (?:is )?denied|EBUSY/i.test(words))
    return portBusy(port);
  if (/no such file|file not found|FileNotFoundError|ENOENT|ENXIO|no serial ports? found/i.test(words))
    return noPort(port);
  return undefined;
}
