import { describe, expect, test } from "vitest";
import { type LoadedModule, loadModule } from "../../host/engine/module.ts";
import type { Method, PowerPoint } from "../../host/testing/index.ts";
import { buildSession, bytesToTry, faultsOf, NOTES, play, type Setting } from "./power-cuts.ts";

const VERSIONS = [
  ["MQTT 3.1.1", 4],
  ["MQTT 5.0", 5],
] as const;
const METHODS: readonly Method[] = ["A", "B"];
const modules = new Map<number, LoadedModule>();
for (const [, version] of VERSIONS) modules.set(version, loadModule(await buildSession(version)));

/** Every place of the session where the power can go. */
function cutsOf(module: LoadedModule, setting: Setting): PowerPoint[] {
  return play(module, setting).places.flatMap(({ name, point, bytes }) =>
    name === "write" ? bytesToTry(bytes).map((afterBytes) => ({ point, afterBytes })) : [{ point }],
  );
}

describe.each(VERSIONS)("%s: a session of QoS 1 and 2 out, QoS 2 in, and sleep", (_, version) => {
  const module = modules.get(version) as LoadedModule;

  test("is whole when the power stays: every kind of call is in it", () => {
    const whole = play(module, { version, method: "A", offMs: 0 });
    expect(faultsOf(whole)).toEqual([]);
    expect({ taken: whole.taken.length, heard: whole.heard, hasRestarted: whole.hasRestarted }).toEqual({
      taken: 5,
      heard: [...NOTES],
      hasRestarted: false,
    });
    const calls = new Set(whole.places.map(({ name }) => name));
    for (const name of ["net_open", "net_send", "net_recv", "net_close", "sensor_read", "config_get", "log"] as const) {
      expect(calls).toContain(name);
    }
    for (const name of ["checkpoint", "deep_sleep", "write", "returned", "done"] as const) {
      expect(calls).toContain(name);
    }
  });

  describe.each(METHODS)("at a broker of method %s", (method) => {
    test.each([0, 2_000])(
      "[MQTT-4.1.0-1] [MQTT-4.4.0-1] delivers and hears each message as its QoS says, wherever the power goes for %i ms",
      (offMs) => {
        const setting = { version, method, offMs };
        const cuts = cutsOf(module, setting);
        expect(cuts.length).toBeGreaterThan(300);
        let restarts = 0;
        for (const cut of cuts) {
          const played = play(module, setting, cut);
          if (played.hasRestarted) restarts++;
          const faults = faultsOf(played);
          if (faults.length > 0) expect(faults, `${JSON.stringify(cut)}\n${played.story().join("\n")}`).toEqual([]);
        }
        expect(restarts).toBe(cuts.length);
      },
    );
  });
});
