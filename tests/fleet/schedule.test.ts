import fc from "fast-check";
import { expect, test } from "vitest";
import { Schedule } from "../../host/fleet/schedule.ts";

const SLOTS = 90;
const slot = fc.integer({ min: 0, max: SLOTS - 1 });
const actions = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("set" as const), slot, dueMs: fc.integer({ min: 0, max: 30 }) }),
    fc.record({ kind: fc.constant("delete" as const), slot, dueMs: fc.constant(0) }),
    fc.record({ kind: fc.constant("pop" as const), slot: fc.constant(0), dueMs: fc.constant(0) }),
  ),
  { maxLength: 400 },
);

test("whatever is set, moved and deleted, the first is one of those that are due first", () => {
  fc.assert(
    fc.property(actions, (all) => {
      const schedule = new Schedule(SLOTS);
      const model = new Map<number, number>();
      for (const action of all) {
        if (action.kind === "set") {
          schedule.set(action.slot, action.dueMs);
          model.set(action.slot, action.dueMs);
        } else {
          const gone = action.kind === "delete" ? action.slot : schedule.first;
          if (gone >= 0) schedule.delete(gone);
          model.delete(gone);
        }
        expect(schedule.size).toBe(model.size);
        expect(schedule.firstMs).toBe(Math.min(...model.values()));
        if (model.size > 0) expect(model.get(schedule.first)).toBe(schedule.firstMs);
        else expect(schedule.first).toBe(-1);
      }
    }),
    { numRuns: 500 },
  );
});
