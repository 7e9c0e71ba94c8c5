// Renewals that require a person: providers count incomplete sign-ins and lock accounts.

import assert from "node:assert/strict";
import { Failure } from "../../src/model/failure.ts";
import { keeperWorld } from "../support/keeper_world.ts";
import { failsAs, hour, minute } from "../support/session_world.ts";

const lonely = () => Promise.reject(new Failure("needs-person", "a password is needed"));

Deno.test("keeper: retries what requires a person at most every ten minutes", async () => {
  const world = keeperWorld({ life: hour, stored: true });
  world.work = lonely;
  const stop = await world.start();
  // Due after two thirds of the hour, give or take a twentieth.
  for (let each = 0; each < 85; each++) {
    await world.system.advance(minute);
    if (each > 62) await failsAs("needs-person", world.keeper.current(), /a password is needed/);
  }
  const { length } = world.renewals;
  assert.ok(length >= 4 && length <= 6, `${length} renewals in some 45 minutes`);
  await stop();
});

Deno.test("keeper: tries another profile with the same name at once", async () => {
  const world = keeperWorld({ life: hour, stored: true });
  world.work = lonely;
  const stop = await world.start();
  await world.system.advance(50 * minute);
  const before = world.renewals.length;
  assert.ok(before > 0);
  world.kept = () => Promise.resolve(undefined);
  world.work = () => Promise.resolve(world.make());
  await world.system.advance(2 * minute);
  assert.ok(world.renewals.length > before);
  await world.keeper.current();
  await stop();
});
