/** Ctrl-C: once asks to stop in good order, twice ends at once. */

/** The exit code of a program that Ctrl-C ended. */
const INTERRUPTED = 130;
/** npm and the terminal may both pass on the same Ctrl-C. */
const SAME_PRESS_MS = 300;

/**
 * Resolves at the first SIGINT or SIGTERM, or when nobody reads stdout any more. The next signal ends the program at once, after
 * `last`, which is for what must not be lost.
 */
export function interruption(last?: () => Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    let firstMs: number | undefined;
    const onSignal = (): void => {
      if (firstMs !== undefined && performance.now() - firstMs > SAME_PRESS_MS) void endAtOnce(last);
      firstMs ??= performance.now();
      resolve();
    };
    process.on("SIGINT", onSignal);
    process.on("SIGTERM", onSignal);
    process.stdout.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      resolve();
    });
  });
}

async function endAtOnce(last?: () => Promise<void>): Promise<void> {
  try {
    await last?.();
  } finally {
    process.exit(INTERRUPTED);
  }
}
