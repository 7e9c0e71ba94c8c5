/** A clock that was wrong and is set right: no dead key is handed out, and a new one is a new one. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { hour, minute, sessionTest, type SessionWorld } from "./support/session_world.ts";

sessionTest(
  "after the clock was ahead, its session counts neither as fresh nor as newer",
  async (world) => {
    const athm = await world.machine();
    const ahead = await world.machine({ ahead: 2 * hour });
    await athm.store.saveProfile(world.profile("example"), { replace: false });
    const early = (await ahead.ask("example")).session;
    const right = (await athm.ask("example")).session;
    assert.notEqual(right.accessKeyId, early.accessKeyId);
    await ahead.ask("example", { rotate: true });
    const rotated = (await athm.ask("example", { rotate: true })).session;
    assert.equal(rotated.issued, athm.system.now());
    assert.equal(issued(world), 4);
  },
);

/** AWS refuses the first request of a clock that is wrong, and athm corrects itself by the answer. */
const issued = (world: SessionWorld) =>
  world.calls().filter((call) => call.endsWith(" 200")).length;

const steps = fc.array(
  fc.record({
    machine: fc.nat(2),
    rotate: fc.boolean(),
    // Once a session's moment of issue has passed, nothing tells any more that the clock was ahead.
    wait: fc.integer({ min: 1, max: 70 }),
  }),
  { minLength: 2, maxLength: 11 },
);

for (const [number, sample] of fc.sample(steps, { numRuns: 25, seed: 20 }).entries()) {
  sessionTest(`clocks that jump both ways hand out living keys only (${number})`, async (world) => {
    const right = await world.machine();
    const others = [13 * hour, -13 * hour].map((ahead) => world.machine({ ahead }));
    const machines = [right, ...await Promise.all(others)];
    await right.store.saveProfile(world.profile("example"), { replace: false });
    /** When AWS ends each session. */
    const ends = new Map<string, number>();
    for (const { machine, rotate, wait } of sample) {
      const before = ends.size;
      const { session } = await machines[machine]?.ask("example", { rotate }) ?? assert.fail();
      const id = session.accessKeyId;
      if (!ends.has(id)) ends.set(id, right.system.now() + 12 * hour);
      assert.ok((ends.get(id) ?? 0) > right.system.now(), "a dead key");
      if (rotate) assert.equal(ends.size, before + 1, "an old session for --rotate");
      await world.advance(wait * minute);
    }
    assert.equal(issued(world), ends.size);
  });
}
