import { WasmoteError } from "../errors.ts";

/** How a broker is reached: MQTT over TCP, over TLS, over WebSocket, or over WebSocket over TLS. */
export type Scheme = "mqtt" | "mqtts" | "ws" | "wss";

/** Where a broker listens. */
export interface Endpoint {
  readonly scheme: Scheme;
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
  /** What a WebSocket's opening request asks for, with its query, such as `/mqtt?tenant=7`. Others have none. */
  readonly path?: string;
}

/** The ports that are registered with IANA for MQTT, HTTP and their forms over TLS. */
const DEFAULT_PORTS: Readonly<Record<Scheme, number>> = { mqtt: 1883, mqtts: 8883, ws: 80, wss: 443 };

const DEFAULT_PATH = "/mqtt";

/** Long enough for a signed query; what is longer is no address. */
const MAX_LENGTH = 2_048;

/** Parses `mqtt://host[:port]`, `mqtts://`, and `ws://host[:port][/path][?query]`, `wss://`; throws `EENDPOINT` for anything else. */
export function parseEndpoint(text: string): Endpoint {
  const url = text.length <= MAX_LENGTH && URL.canParse(text) ? new URL(text) : undefined;
  if (!url?.hostname) throw refused("not a broker's address", withoutSecrets(text));
  const scheme = schemeOf(url);
  if (scheme === undefined) throw refused(`${url.protocol}// is not supported`, withoutSecrets(text));
  if (url.username || url.password) throw refused("credentials do not belong in an address", url.host, USE_CREDENTIALS);
  if (url.port === "0") throw refused("port 0 is no port", withoutSecrets(text));
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = url.port === "" ? DEFAULT_PORTS[scheme] : Number(url.port);
  if (!hasPath(scheme)) {
    if ((url.pathname !== "" && url.pathname !== "/") || url.search || url.hash)
      throw refused("nothing may follow the port", withoutSecrets(text));
    return { scheme, host, port };
  }
  if (url.hash) throw refused("a WebSocket's address has no fragment", withoutSecrets(text));
  // The parser makes "/" of no path at all, which is the default here.
  const path = /^[a-z]+:\/\/[^/?]*\//i.test(text) ? url.pathname : DEFAULT_PATH;
  return { scheme, host, port, path: `${path}${url.search}` };
}

/** The address as text, as `parseEndpoint` takes it. */
export function formatEndpoint({ scheme, host, port, path = "" }: Endpoint): string {
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}${path}`;
}

/** The address for a person to see: without its query, which may be a secret. */
export function describeEndpoint(endpoint: Endpoint): string {
  return formatEndpoint(endpoint).replace(/\?.*$/, "");
}

export function isSecure({ scheme }: Endpoint): boolean {
  return scheme === "mqtts" || scheme === "wss";
}

export function isWebSocket({ scheme }: Endpoint): boolean {
  return hasPath(scheme);
}

function hasPath(scheme: Scheme): boolean {
  return scheme === "ws" || scheme === "wss";
}

function schemeOf({ protocol }: URL): Scheme | undefined {
  return SCHEMES.find((scheme) => protocol === `${scheme}:`);
}

const SCHEMES = ["mqtt", "mqtts", "ws", "wss"] as const satisfies readonly Scheme[];

const USE_CREDENTIALS = "use --username and the environment variable WASMOTE_PASSWORD";

/** What was given, short enough for a line, without user, password and query. */
function withoutSecrets(text: string): string {
  return text
    .replace(/\/\/.*@/s, "//…@")
    .replace(/\?.*$/s, "?…")
    .replace(/^(.{100}).+$/s, "$1…");
}

function refused(what: string, text: string, cure = "write it as mqtt://host:port, mqtts://, ws:// or wss://") {
  return new WasmoteError("EENDPOINT", "usage", `${what}: ${text}`, { cure });
}
