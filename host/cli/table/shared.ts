/** Options that several commands have. */

import { formatEndpoint, parseEndpoint } from "../../hal/endpoint.ts";
import type { TlsSettings } from "../../hal/tls.ts";
import { ENGINES, type Engine } from "../../node/engine.ts";
import { option, type Values } from "../command.ts";
import { parseEngine, parsePort } from "../parse.ts";

/** A broker's address, checked, with its port. Throws `EENDPOINT`. */
export function parseBroker(text: string): string {
  return formatEndpoint(parseEndpoint(text));
}

/** How nodes and subscribers get into a broker: TLS, and a user name. */
export const CONNECTION_OPTIONS = {
  ca: option<string | undefined>({
    flags: "--ca <file>",
    description: "for mqtts and wss: trust these CA certificates (PEM) instead of the system's",
  }),
  cert: option<string | undefined>({
    flags: "--cert <file>",
    description: "client certificate (PEM), with --key",
  }),
  key: option<string | undefined>({
    flags: "--key <file>",
    description: "private key of the client certificate (PEM)",
  }),
  tlsServername: option<string | undefined>({
    flags: "--tls-servername <name>",
    description: "name to ask for and to find in the server's certificate (default: the address's host)",
  }),
  alpn: option<string | undefined>({
    flags: "--alpn <protocol>",
    description: "ALPN protocol that the server must select, on mqtts",
  }),
  insecure: option<boolean | undefined>({
    flags: "--insecure",
    description: "do NOT verify the server's certificate: anybody on the way may read and change everything",
  }),
  username: option<string | undefined>({
    flags: "--username <name>",
    description: "MQTT user name; the password comes from the environment variable WASMOTE_PASSWORD",
  }),
};

export const engine = option<Engine>({
  choices: ENGINES,
  flags: "--engine <engine>",
  description: "what runs the nodes: v8 in this process, or wasm3, as boards do",
  parse: parseEngine,
  default: "v8",
});

export const httpPort = option<number | undefined>({
  flags: "--http-port <port>",
  description: "port of the page (default: 8080, or any that is free if that is in use)",
  parse: parsePort,
});

export const sensor = option<string | undefined>({
  flags: "--sensor <sensor>",
  description: "constant:17.2, sine, walk:SEED, csv:FILE or file:PATH (default: a year of hourly temperatures)",
});

export const verbose = option<boolean | undefined>({
  flags: "--verbose",
  description: "print everything that the nodes log",
});

export const json = option<boolean | undefined>({ flags: "--json", description: "print one JSON line" });

/** What the options say about TLS. */
export function tlsSettings(values: Values<typeof CONNECTION_OPTIONS>): TlsSettings {
  const { ca, cert, key, tlsServername: servername, alpn, insecure } = values;
  return { ca, cert, key, servername, alpn, insecure };
}
