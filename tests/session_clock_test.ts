/** After a wrong clock is corrected, athm hands out no expired session, and --rotate makes a new one. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { hour, minute, sessionTest, type SessionWorld } from "./support/session_world.ts";

sessionTest(
  "renews a session that was issued while the clock was ahead",
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

/** AWS rejects the first request from a wrong clock; athm then corrects its time by the response. */
const issued = (world: SessionWorld) =>
  world.calls().filter((call) => call.endsWith(" 200")).length;

const steps = fc.array(
  fc.record({
    machine: fc.nat(2),
    rotate: fc.boolean(),
    // athm can only detect the wrong clock until the session's time of issue has passed.
    wait: fc.integer({ min: 1, max: 70 }),
  }),
  { minLength: 2, maxLength: 11 },
);

for (const [number, sample] of fc.sample(steps, { numRuns: 25, seed: 20 }).entries()) {
  sessionTest(
    `never hands out an expired session when clocks jump both ways (${number})`,
    async (world) => {
      const right = await world.machine();
      const others = [13 * hour, -13 * hour].map((ahead) => world.machine({ ahead }));
      const machines = [right, ...await Promise.all(others)];
      await right.store.saveProfile(world.profile("example"), { replace: false });
      /** When each session expires at AWS. */
      const ends = new Map<string, number>();
      for (const { machine, rotate, wait } of sample) {
        const before = ends.size;
        const { session } = await machines[machine]?.ask("example", { rotate }) ?? assert.fail();
        const id = session.accessKeyId;
        if (!ends.has(id)) ends.set(id, right.system.now() + 12 * hour);
        assert.ok((ends.get(id) ?? 0) > right.system.now(), "an expired session");
        if (rotate) assert.equal(ends.size, before + 1, "an old session for --rotate");
        await world.advance(wait * minute);
      }
      assert.equal(issued(world), ends.size);
    },
  );
}
