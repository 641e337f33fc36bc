/** The firmware on ESP-IDF's `linux` target: `npm run test:esp32` builds it and runs these; `npm test` leaves them out. */

import { defineConfig } from "vitest/config";
import { PROJECT_ROOT } from "../../host/project.ts";

export default defineConfig({
  test: {
    root: PROJECT_ROOT,
    environment: "node",
    include: ["tests/esp32/**/*.test.ts"],
    maxWorkers: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // FreeRTOS's port for Linux (ESP-IDF 5.3) at times runs two threads at once, and the program stands still: in none of 25
    // starts on an idle PC, in 6 of 32 on a busy one.
    retry: 3,
  },
});
