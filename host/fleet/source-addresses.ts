/**
 * Where connections come from. One address has some 28,000 ports for connections to one broker; a broker on this machine's loopback
 * can be reached from 127.0.0.1, 127.0.0.2, … alike, so there a fleet may have as many as it needs.
 */

import { readFileSync } from "node:fs";
import { createServer, isIPv4 } from "node:net";
import { WasmoteError } from "../errors.ts";
import type { Endpoint } from "../hal/endpoint.ts";

/** Filled above this, finding a free port takes the system long. */
const COMFORTABLE = 0.8;
const MAX_ADDRESSES = 250;
const LINUX_RANGE = "/proc/sys/net/ipv4/ip_local_port_range";
/** Of systems whose range can't be read: what IANA leaves for it. */
const DYNAMIC_PORTS = 16_384;

/** Ports that the system gives to outgoing connections from one address. */
export function ephemeralPorts(): number {
  try {
    const [low = 0, high = -1] = readFileSync(LINUX_RANGE, "utf-8").trim().split(/\s+/).map(Number);
    return high - low + 1;
  } catch {
    return DYNAMIC_PORTS;
  }
}

export function isLoopback({ host }: Endpoint): boolean {
  return host === "localhost" || (isIPv4(host) && host.startsWith("127."));
}

/** `given` if there is any; else as many of the loopback's as nodes need, or none: the system's choice. `nodes`: of all shards. */
export function sourceAddressesFor(endpoint: Endpoint, nodes: number, given?: readonly string[]): readonly string[] {
  if (given !== undefined) return given;
  const needed = Math.ceil(nodes / (ephemeralPorts() * COMFORTABLE));
  // Elsewhere the loopback has one address until somebody adds others.
  if (needed <= 1 || !isLoopback(endpoint) || process.platform !== "linux") return [];
  return Array.from({ length: Math.min(needed, MAX_ADDRESSES) }, (_, index) => `127.0.0.${index + 1}`);
}

/** `127.0.0.2,127.0.0.3` or `127.0.0.2-127.0.0.9`. Throws `EUSAGE`. */
export function parseSourceAddresses(text: string): readonly string[] {
  const addresses = text.split(",").flatMap((part) => {
    const [first = "", last = first, more] = part.split("-");
    if (!isIPv4(first) || !isIPv4(last) || more !== undefined) throw refused(`"${part}" is no IPv4 address`);
    const from = Number(first.split(".")[3]);
    const to = Number(last.split(".")[3]);
    const network = first.replace(/\d+$/, "");
    if (!last.startsWith(network) || last.replace(/\d+$/, "") !== network || to < from) {
      throw refused(`"${part}" is no range of addresses`);
    }
    return Array.from({ length: to - from + 1 }, (_, index) => `${network}${from + index}`);
  });
  return [...new Set(addresses)];
}

/** Throws `EUSAGE` for an address that is none of this machine's. */
export async function checkSourceAddresses(addresses: readonly string[]): Promise<void> {
  for (const address of addresses) {
    const server = createServer();
    try {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(0, address, resolve);
      });
    } catch {
      throw refused(`${address} is no address of this machine`);
    } finally {
      server.close();
    }
  }
}

function refused(what: string): WasmoteError {
  return new WasmoteError("EUSAGE", "usage", what, {
    cure: "give --source-addresses addresses of this machine: 192.0.2.7,192.0.2.8 or 127.0.0.1-127.0.0.9",
  });
}
