import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Below the ports that operating systems give to outgoing connections: a broker that is away for a while must find its
 * port free when it returns, and nobody must connect to itself there.
 */
const FIRST = 12_000;
const COUNT = 18_000;

/** A port of 127.0.0.1 that nothing listens on. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  } catch {
    return false;
  }
  await new Promise((resolve) => server.close(resolve));
  return true;
}
