/** A keeper pauses between renewals, and after each failure. */
import assert from "node:assert/strict";
import { Failure } from "../../src/model/failure.ts";
import type { Session } from "../../src/model/credentials.ts";
import { type KeeperWorld, keeperWorld } from "../support/keeper_world.ts";
import { failsAs, hour, minute, second } from "../support/session_world.ts";
import { testStart } from "../support/test_system.ts";

const keeperTest = (name: string, run: () => Promise<void>) => Deno.test(`keeper: ${name}`, run);

/** Renewals that hang from the thousandth on, so that a keeper without pauses does not run forever. */
const bounded = ({ renewals }: KeeperWorld, make: () => Session) => () =>
  renewals.length < 1000 ? Promise.resolve(make()) : new Promise<Session>(() => {});

keeperTest(
  "a source that returns the same credentials again is called only after a pause",
  async () => {
    for (const life of [40 * second, hour, 6 * hour]) {
      const world = keeperWorld({ life });
      const first = await world.keeper.current();
      world.work = bounded(world, () => ({ ...first, issued: world.system.now() }));
      const stop = await world.start();
      await world.system.advance(life - 1);
      const [moments, last] = [world.renewals.map(({ at }) => at), testStart + life];
      assert.ok(moments.length > 0 && moments.length < 25, `${moments.length} renewals`);
      const gaps = moments.slice(1).map((at, n) => at - (moments[n] ?? 0));
      assert.ok(gaps.every((gap) => gap >= second), `${gaps}`);
      assert.equal((await world.keeper.current()).expires, last);
      assert.equal(await stop(), false);
    }
  },
);

keeperTest("pauses between sessions that expire at once", async () => {
  const world = keeperWorld({ life: 1 });
  world.work = bounded(world, world.make);
  const stop = await world.start();
  await world.system.advance(minute);
  assert.ok(world.renewals.length <= 60, `${world.renewals.length} renewals in a minute`);
  await stop();
});

keeperTest("credentials whose expiry was extended are renewed near the new expiry", async () => {
  const world = keeperWorld({ life: hour, chance: 0.5 });
  const first = await world.keeper.current();
  world.work = () => {
    const now = world.system.now();
    return Promise.resolve({ ...first, issued: now, expires: now + hour });
  };
  const stop = await world.start();
  await world.system.advance(2 * hour);
  const moments = world.renewals.map(({ at }) => at - testStart);
  assert.deepEqual(moments, [40 * minute, 80 * minute, 120 * minute]);
  await stop();
});

keeperTest("pauses between reads of an unreadable store", async () => {
  const world = keeperWorld({ life: hour, stored: true });
  let looks = 0;
  world.kept = () => {
    looks++;
    return Promise.reject(new Failure("files", "cannot read it"));
  };
  const stop = await world.start();
  await world.system.advance(10 * minute);
  assert.ok(looks > 5 && looks < 45, `${looks} looks`);
  assert.deepEqual(world.renewals, []);
  await stop();
});

keeperTest("retries a rejected request after a pause, not for every caller", async () => {
  for (const running of [false, true]) {
    const world = keeperWorld({ life: hour, empty: true, stored: true });
    world.kept = () => Promise.resolve(undefined);
    world.work = () => Promise.reject(new Failure("aws", "AWS refused it"));
    const stop = running ? await world.start() : undefined;
    for (let asked = 0; asked < 40; asked++) {
      await failsAs("aws", world.keeper.current(), /AWS refused it/);
      await world.system.advance(second / 4);
    }
    const inTenSeconds = world.renewals.length;
    assert.ok(inTenSeconds >= 2 && inTenSeconds <= 5, `${inTenSeconds} calls in 10 s`);
    for (let asked = 0; asked < 60; asked++) {
      await failsAs("aws", world.keeper.current(), /AWS refused it/);
      await world.system.advance(10 * second);
    }
    const inTenMinutes = world.renewals.length - inTenSeconds;
    assert.ok(inTenMinutes >= 9 && inTenMinutes <= 24, `${inTenMinutes} calls in 10 min`);
    await stop?.();
  }
});

keeperTest("an expired session in the store does not count as a renewal", async () => {
  const world = keeperWorld({ life: hour, stored: true });
  world.work = () => Promise.reject(new Failure("aws", "AWS refused it"));
  await world.system.advance(hour);
  for (let asked = 0; asked < 40; asked++) {
    await failsAs("aws", world.keeper.current(), /AWS refused it/);
    await world.system.advance(1.5 * second);
  }
  assert.ok(world.renewals.length <= 8, `${world.renewals.length} calls in a minute`);
});

keeperTest("retries within two seconds after a network failure", async () => {
  const world = keeperWorld({ life: hour, empty: true });
  world.work = () => Promise.reject(new Failure("network", "AWS was not reached"));
  for (let asked = 0; asked < 20; asked++) {
    await failsAs("network", world.keeper.current(), /AWS was not reached/);
    await world.system.advance(30 * second);
  }
  await failsAs("network", world.keeper.current(), /AWS was not reached/);
  world.work = () => Promise.resolve(world.make());
  await failsAs("network", world.keeper.current(), /AWS was not reached/);
  await world.system.advance(2 * second);
  await world.keeper.current();
});

keeperTest("forgets a rejection when the profile is signed in elsewhere", async () => {
  const world = keeperWorld({ life: hour, empty: true, stored: true });
  world.work = () => Promise.reject(new Failure("aws", "AWS refused it"));
  await failsAs("aws", world.keeper.current(), /AWS refused it/);
  await world.system.advance(second);
  const other = world.put(world.make());
  assert.equal(await world.keeper.current(), other);
});

keeperTest("forgets a rejection when the profile changes", async () => {
  const world = keeperWorld({ life: hour, stored: true });
  world.work = () => Promise.reject(new Failure("aws", "AWS refused it"));
  await world.system.advance(hour);
  await failsAs("aws", world.keeper.current(), /AWS refused it/);
  world.kept = () => Promise.resolve(undefined);
  world.work = () => Promise.resolve(world.make());
  await world.system.advance(second);
  await world.keeper.current();
});

keeperTest("its warning names the profile and the state of its session", async () => {
  const table = [
    [
      { name: "deploy" },
      40 * minute,
      "deploy could not be renewed: E; the session expires in 20m, ",
    ],
    [{ name: "deploy" }, hour, "deploy could not be renewed: E; the session has expired, "],
    [{ name: "deploy", empty: true }, 0, "deploy could not sign in: E; "],
    [{}, hour, "the session could not be renewed: E; the session has expired, "],
  ] as const;
  for (const [options, passed, says] of table) {
    const world = keeperWorld({ life: hour, chance: 0.5, ...options });
    world.work = () => Promise.reject(new Failure("aws", "E"));
    world.jump(passed);
    const stop = await world.start();
    assert.deepEqual(world.system.captured.said, [`athm: warning: ${says}athm will retry`]);
    await stop();
  }
});
