/** Traps of the machine, the watchdog's among them: a line of the log, and a reset. */
#ifndef WASMOTE_WATCHDOG_H
#define WASMOTE_WATCHDOG_H

/** Milliseconds that a call into the module may take. */
#define WATCHDOG_MS 5000

#endif
