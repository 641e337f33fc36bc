/** A driver on an I2C bus that answers as a script says: boards/parts/README.md. */
#ifndef WASMOTE_PARTS_BUS_H
#define WASMOTE_PARTS_BUS_H

/** Runs the script on standard input. @return the program's exit code. */
int bus_run(void);

#endif
