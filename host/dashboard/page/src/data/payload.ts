/** What nodes publish: docs/behaviour.md#payloads. */

export interface Reading {
  readonly value: number;
  /** When it was taken, in milliseconds since 1970, where the payload says so. */
  readonly time: number | undefined;
}

/** A reading in any of the forms of NODE_PAYLOAD, or undefined for anything else. */
export function parseReading(payload: string): Reading | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(payload);
  } catch {
    return undefined;
  }
  if (typeof parsed === "number") return { value: parsed, time: undefined };
  if (typeof parsed !== "object" || parsed === null) return undefined;
  if ("msg" in parsed && typeof parsed.msg === "string" && /^-?\d+\.\d$/.test(parsed.msg)) {
    return { value: Number(parsed.msg), time: undefined };
  }
  if (!("value" in parsed) || typeof parsed.value !== "number") return undefined;
  const time = "time" in parsed && typeof parsed.time === "number" ? parsed.time : undefined;
  return { value: parsed.value, time };
}

/** The error of a failed sensor; 0 once it works again; undefined for anything else. */
export function parseSensorError(payload: string): number | undefined {
  const [, error] = payload.match(/^\{"error":(\d{1,3})\}$/) ?? [];
  return error === undefined ? undefined : Number(error);
}
