import { WasmoteError } from "../errors.ts";

/** Where a broker listens. */
export interface Endpoint {
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
}

export const MQTT_PORT = 1883;

/** Parses `mqtt://host[:port]`; throws `EENDPOINT` for anything else. */
export function parseEndpoint(text: string): Endpoint {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url?.hostname) throw refused("not a broker's address", text);
  if (url.protocol !== "mqtt:") throw refused(`${url.protocol}// is not supported yet`, text);
  if (url.username || url.password) throw refused("credentials do not belong in an address", url.host, USE_CREDENTIALS);
  if ((url.pathname !== "" && url.pathname !== "/") || url.search || url.hash)
    throw refused("nothing may follow the port", text);
  if (url.port === "0") throw refused("port 0 is no port", text);
  return { host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port: url.port === "" ? MQTT_PORT : Number(url.port) };
}

/** The address as text, as `parseEndpoint` takes it. */
export function formatEndpoint({ host, port }: Endpoint): string {
  return `mqtt://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

const USE_CREDENTIALS = "use --username and the environment variable WASMOTE_PASSWORD";

function refused(what: string, text: string, cure = "write it as mqtt://host:port"): WasmoteError {
  return new WasmoteError("EENDPOINT", "usage", `${what}: ${text}`, { cure });
}
