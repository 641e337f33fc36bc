import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    environment: "node",
    include: ["tests/**/*.test.ts"],
    // These need ESP-IDF, and have a command of their own.
    exclude: ["tests/esp32/**"],
    // Most tests wait for sockets and processes: two files at once keep two cores busy, more would upset timing.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
