/** Calls to the page's server. */

import type { Action, LogEntry, NodeReport, Overview, Refusal } from "../../../protocol.ts";

/** Throws an error for a person if the host can't be reached, or refuses. */
async function call<Answer>(path: string, init?: RequestInit): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new Error("The host does not answer: does wasmote still run?");
  }
  if (!response.ok) {
    const { error }: Refusal = await response.json();
    throw new Error(error.cure === undefined ? error.message : `${error.message}: ${error.cure}`);
  }
  return response.json();
}

export function overview(): Promise<Overview> {
  return call("/api/nodes");
}

export async function logOf(id: string): Promise<readonly LogEntry[]> {
  const { lines } = await call<{ lines: readonly LogEntry[] }>(`/api/nodes/${id}/log`);
  return lines;
}

export function act(id: string, action: Action): Promise<NodeReport> {
  return call(`/api/nodes/${id}/${action}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
}
