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
  },
});
