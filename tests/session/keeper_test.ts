/** When a keeper renews, what it returns meanwhile, and what it prints. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Failure } from "../../src/model/failure.ts";
import type { Session } from "../../src/model/credentials.ts";
import { keeperWorld } from "../support/keeper_world.ts";
import { failsAs, gate, hour, minute, second } from "../support/session_world.ts";
import { settle, testStart } from "../support/test_system.ts";

const keeperTest = (name: string, run: () => Promise<void>) => Deno.test(`keeper: ${name}`, run);

const noNetwork = () => Promise.reject(new Failure("network", "AWS was not reached"));
const never = () => new Promise<Session>(() => {});

for (
  const [life, chance, due] of [
    [hour, 0.5, 40 * minute],
    [hour, 0, 37 * minute],
    [12 * hour, 0.5, 8 * hour],
    [30 * minute, 0.5, 15 * minute],
    [20 * minute, 0.5, 10 * minute],
    [9 * second, 0.5, 4.5 * second],
  ] as const
) {
  keeperTest(
    `a session of ${life / minute} min is renewed after ${due / minute} min (${chance})`,
    async () => {
      const world = keeperWorld({ life, chance });
      const stop = await world.start();
      await world.system.advance(due - 1);
      assert.deepEqual(world.renewals, []);
      await world.system.advance(1);
      assert.deepEqual(world.renewals, [{ at: testStart + due, after: testStart }]);
      await world.system.advance(due);
      assert.deepEqual(world.renewals[1], { at: testStart + 2 * due, after: testStart + due });
      assert.deepEqual(world.system.captured.said, []);
      assert.equal(await stop(), false);
    },
  );
}

keeperTest(
  "with any lifetime and jitter, sessions have 15 minutes left if possible",
  async () => {
    const lives = fc.integer({ min: 6, max: 45 * 60 });
    const chances = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const spread = new Set<number>();
    await fc.assert(
      fc.asyncProperty(lives, chances, async (seconds, chance) => {
        const life = seconds * second;
        const world = keeperWorld({ life, chance });
        const stop = await world.start();
        for (let passed = 0; passed < 2 * life; passed += life / 10) {
          await world.system.advance(life / 10);
          const session = await world.keeper.current();
          const left = session.expires - world.system.now();
          assert.ok(left >= Math.min(life / 4, 15 * minute), `${left} ms of ${life} left`);
        }
        const [first] = world.renewals;
        assert.ok(first);
        const part = (first.at - testStart) / life;
        assert.ok(part >= 0.499 && part <= 0.717, `renewed at ${part}`);
        assert.ok(world.renewals.length <= 5, `${world.renewals.length} renewals in two lives`);
        spread.add(Math.round(part * 100));
        await stop();
      }),
      { numRuns: 25, examples: [0, 0.2, 0.4, 0.6, 0.8].map((chance) => [45 * 60, chance]) },
    );
    assert.ok(spread.size > 4, "there is no jitter");
  },
);

for (const stored of [false, true]) {
  const where = stored ? "a stored session" : "a session that is not stored";
  keeperTest(`${where}: a failure is retried with growing pauses, and reported once`, async () => {
    const world = keeperWorld({ life: hour, stored });
    world.work = noNetwork;
    const stop = await world.start();
    await world.system.advance(59 * minute);
    assert.equal(world.system.captured.said.length, 1, world.system.captured.said.join("\n"));
    assert.match(
      world.system.captured.said[0] ?? "",
      /^athm: warning: .*AWS was not reached; the session expires in \d+m.*, athm will retry$/,
    );
    const pauses = world.renewals.slice(1).map(({ at }, n) => at - (world.renewals[n]?.at ?? 0));
    assert.ok(pauses.length >= 15, `${pauses.length} pauses`);
    for (const [n, pause] of pauses.entries()) {
      const longest = Math.min(2 * second * 2 ** n, 60 * second);
      assert.ok(pause >= longest / 2 && pause <= longest, `pause ${n} was ${pause} ms`);
    }

    // It continues after the expiry, and returns no expired session.
    const before = world.renewals.length;
    await world.system.advance(5 * minute);
    assert.ok(world.renewals.length >= before + 4);
    assert.equal(world.system.captured.said.length, 1);
    await failsAs("network", world.keeper.current(), /AWS was not reached/);

    // A success is not reported, but the next failure is.
    world.work = () => Promise.resolve(world.make());
    await world.system.advance(minute);
    const session = await world.keeper.current();
    assert.ok(session.expires > world.system.now() + 58 * minute);
    world.work = noNetwork;
    await world.system.advance(50 * minute);
    assert.equal(world.system.captured.said.length, 2);
    assert.equal(await stop(), false);
  });
}

keeperTest("returns a valid session at once while a renewal hangs", async () => {
  for (const stored of [false, true]) {
    const world = keeperWorld({ life: hour, stored });
    const first = await world.keeper.current();
    world.work = never;
    const stop = await world.start();
    await world.system.advance(50 * minute);
    assert.equal(world.renewals.length, 1);
    let answer: Session | undefined;
    world.keeper.current().then((session) => answer = session);
    await settle();
    assert.equal(answer, first);
    assert.equal(world.renewals.length, 1);
    void stop;
  }
});

keeperTest("without a session, a hanging renewal is an error within a second", async () => {
  const world = keeperWorld({ life: hour });
  const hanging = gate();
  world.work = async () => {
    await hanging.pass();
    return world.make();
  };
  await world.system.advance(hour);
  const failed = failsAs("network", world.keeper.current(), /signing in/, /retry|again/);
  await settle();
  let over = false;
  failed.finally(() => over = true);
  await world.system.advance(500);
  assert.equal(over, false);
  await world.system.advance(499);
  assert.equal(over, true);
  await failed;

  // Its result is not lost: the next request gets it.
  hanging.open();
  await settle();
  const session = await world.keeper.current();
  assert.equal(world.renewals.length, 1);
  assert.equal(session.expires - session.issued, hour);
});

keeperTest("a session that just expired is not returned", async () => {
  const world = keeperWorld({ life: hour });
  const first = await world.keeper.current();
  await world.system.advance(hour - 1);
  assert.equal(await world.keeper.current(), first);
  await world.system.advance(1);
  const second = await world.keeper.current();
  assert.notEqual(second, first);
  assert.equal(world.renewals.length, 1);
});

keeperTest("a hundred concurrent callers cause one renewal", async () => {
  for (const running of [false, true]) {
    const world = keeperWorld({ life: hour, empty: true, stored: true });
    const held = gate();
    world.work = async () => {
      await held.pass();
      return world.make();
    };
    const stop = running ? await world.start() : undefined;
    const asked = Array.from({ length: 100 }, () => world.keeper.current());
    await held.reached;
    await settle();
    held.open();
    const keys = new Set((await Promise.all(asked)).map(({ accessKeyId }) => accessKeyId));
    assert.equal(keys.size, 1);
    assert.equal(world.renewals.length, 1);
    await stop?.();
  }
});

keeperTest("a failure reaches all callers, and a later caller tries again", async () => {
  const world = keeperWorld({ life: hour, empty: true });
  world.work = () => Promise.reject(new Failure("aws", "AWS refused it"));
  await Promise.all([1, 2, 3].map(() => failsAs("aws", world.keeper.current(), /AWS refused it/)));
  assert.equal(world.renewals.length, 1);
  world.work = () => Promise.resolve(world.make());
  await world.system.advance(2 * second);
  await world.keeper.current();
  assert.equal(world.renewals.length, 2);
});

keeperTest(
  "after a computer slept, renews within half a minute and returns no expired session",
  async () => {
    const world = keeperWorld({ life: hour });
    const first = await world.keeper.current();
    const stop = await world.start();
    await world.system.advance(minute);
    world.jump(10 * hour);
    assert.equal(world.renewals.length, 0);
    await world.system.advance(30 * second);
    assert.equal(world.renewals.length, 1);
    assert.notEqual((await world.keeper.current()).accessKeyId, first.accessKeyId);
    world.jump(10 * hour);
    const session = await world.keeper.current();
    assert.equal(session.expires - world.system.now(), hour);
    assert.equal(world.renewals.length, 2);
    await stop();
  },
);

keeperTest("stops while asleep, while pausing and before it starts", async () => {
  for (const fails of [false, true]) {
    const world = keeperWorld({ life: hour });
    if (fails) world.work = noNetwork;
    const stop = await world.start();
    await world.system.advance(fails ? 50 * minute : minute);
    const before = world.renewals.length;
    assert.equal(before > 0, fails);
    assert.equal(await stop(), false);
    await world.system.advance(2 * hour);
    assert.equal(world.renewals.length, before);
  }
  const world = keeperWorld({ life: hour, empty: true });
  await world.keeper.run(AbortSignal.abort());
  assert.deepEqual(world.renewals, []);
});

keeperTest("adopts another process's renewal without a call", async () => {
  const world = keeperWorld({ life: hour, stored: true });
  const stop = await world.start();
  await world.system.advance(20 * minute + second);
  const other = world.put(world.make());
  assert.equal(await world.keeper.current(), other);
  await world.system.advance(35 * minute);
  const after = () => world.renewals.map((one) => one.after);
  assert.deepEqual(after(), [], "its session is younger than it was");
  await world.system.advance(10 * minute);
  assert.deepEqual(after(), [other.issued]);
  await stop();
});

keeperTest("a changed profile returns no old session after a second", async () => {
  const world = keeperWorld({ life: hour, stored: true });
  const first = await world.keeper.current();
  world.kept = () => Promise.resolve(undefined);
  await world.system.advance(second);
  const next = await world.keeper.current();
  assert.notEqual(next.accessKeyId, first.accessKeyId);
  // Not even if a new one is not available.
  world.work = noNetwork;
  await world.system.advance(second);
  await failsAs("network", world.keeper.current(), /AWS was not reached/);
});

keeperTest("a removed profile is an error, an unreadable store is not", async () => {
  const world = keeperWorld({ life: hour, stored: true });
  const first = await world.keeper.current();
  await world.system.advance(second);
  world.kept = () => Promise.reject(new Failure("files", "cannot read it"));
  assert.equal(await world.keeper.current(), first);
  world.kept = () => Promise.reject(new Failure("not-found", "there is no profile"));
  await failsAs("not-found", world.keeper.current(), /there is no profile/);
  world.kept = () => Promise.reject(new Failure("files", "cannot read it"));
  await world.system.advance(hour);
  await failsAs("files", world.keeper.current(), /cannot read it/);
});

keeperTest("does not prompt repeatedly when a person is required", async () => {
  const world = keeperWorld({ life: hour });
  world.work = () => Promise.reject(new Failure("needs-person", "a code is needed", "athm aws …"));
  const stop = await world.start();
  const first = await world.keeper.current();
  await world.system.advance(58 * minute);
  assert.equal(world.renewals.length, 1);
  assert.equal(await world.keeper.current(), first);
  assert.deepEqual(world.system.captured.said, []);
  assert.equal(await stop(), true);
  await world.system.advance(2 * minute);
  await failsAs("needs-person", world.keeper.current(), /a code is needed/, /athm aws/);
});

keeperTest("notices a sign-in elsewhere when a person is required", async () => {
  const world = keeperWorld({ life: hour, stored: true });
  world.work = () => Promise.reject(new Failure("needs-person", "a code is needed"));
  const stop = await world.start();
  await world.system.advance(65 * minute);
  assert.equal(world.system.captured.said.length, 1);
  await failsAs("needs-person", world.keeper.current(), /a code is needed/);
  const other = world.make();
  world.kept = () => Promise.resolve(other);
  await world.system.advance(minute);
  assert.equal(await world.keeper.current(), other);
  assert.equal(world.system.captured.said.length, 1);
  assert.equal(await stop(), false);
});
