/** Whose fault an error is: it decides who can mend it. */
export type Fault = "usage" | "configuration" | "module" | "peer" | "resource" | "transport" | "device";

/**
 * Every error that this package throws on purpose.
 *
 * `code` is stable and safe to compare; `message` is one line for a person; `cure` says what to do about it.
 */
export class WasmoteError extends Error {
  override readonly name = "WasmoteError";
  readonly code: string;
  readonly fault: Fault;
  readonly cure: string | undefined;

  constructor(code: string, fault: Fault, message: string, options: { cure?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.fault = fault;
    this.cure = options.cure;
  }
}

/** The `code` of a Node.js system error, or undefined. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
