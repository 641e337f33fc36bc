/** What every answer of the dashboard's server has in common, and what it refuses before it looks at the path. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { WasmoteError } from "../errors.ts";
import { isLoopbackHost } from "../loopback.ts";
import type { Refusal } from "./protocol.ts";

/** A body is an empty object, or little more. */
const MAX_BODY_BYTES = 1_024;

/** A request that is refused, with its status. */
export class HttpError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Headers of every answer: nothing is loaded from elsewhere, nothing runs that is not a file of the page's, nobody frames it. */
export function securityHeaders(host: string): Record<string, string> {
  return {
    "content-security-policy": [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      // Not every browser takes 'self' for a WebSocket.
      `connect-src 'self' ws://${host}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  };
}

/** Returns the request's Host. Throws 403 for a host that is not this machine, and for an Origin that is not that host. */
export function checkedHost({ headers }: IncomingMessage): string {
  const { host, origin } = headers;
  if (host === undefined || !isLoopbackHost(host)) {
    throw new HttpError(
      403,
      "EHOST",
      "this page is only for this machine: open it at http://127.0.0.1 or http://localhost",
    );
  }
  if (origin !== undefined && origin !== `http://${host}`) {
    throw new HttpError(403, "EORIGIN", "pages of other origins may not use this one");
  }
  return host;
}

/** The body of a POST. Throws 415 for what is not JSON, 413 for what is too long, 400 for what is no object. */
export async function readJson(request: IncomingMessage): Promise<object> {
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  // A form of another page can't send this type without asking first.
  if (type !== "application/json") throw new HttpError(415, "ETYPE", "send application/json");
  let text = "";
  request.setEncoding("utf-8");
  for await (const chunk of request) {
    text += chunk;
    if (text.length > MAX_BODY_BYTES) throw new HttpError(413, "ETOOLONG", `send at most ${MAX_BODY_BYTES} bytes`);
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new HttpError(400, "EJSON", "the body is no JSON");
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new HttpError(400, "EJSON", "the body is no JSON object");
  }
  return body;
}

export function sendJson(response: ServerResponse, status: number, body: object): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": bytes.length,
    "cache-control": "no-store",
  });
  response.end(bytes);
}

/** What went wrong, as the page shows it. An error that nobody foresaw tells no more than that. */
export function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  // The rest of a body that is not wanted is not waited for.
  response.setHeader("connection", "close");
  const [status, refusal] = refusalOf(error);
  sendJson(response, status, refusal);
}

function refusalOf(error: unknown): [number, Refusal] {
  if (error instanceof HttpError) return [error.status, { error: { code: error.code, message: error.message } }];
  if (error instanceof WasmoteError) {
    const { code, message, cure } = error;
    return [code === "ENODE" ? 404 : 409, { error: { code, message, cure } }];
  }
  return [500, { error: { code: "EINTERNAL", message: "the host has failed; its terminal says more" } }];
}
