/** A process that keeps the store open for hours continues after the store is replaced. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { keep } from "../../src/session/renewal/keeper.ts";
import { lasting, storedRenewal } from "../../src/session/renewal/renewal.ts";
import { dependentsFirst } from "../../src/session/standing.ts";
import { run } from "../../src/program.ts";
import { keysProfile, standingOn } from "../support/store_samples.ts";
import { failsAs, gate, sessionTest, type SessionWorld } from "../support/session_world.ts";

/** A process that renews a profile's session, and another one that rekeys the store. */
async function keeping(world: SessionWorld) {
  const athm = await world.machine();
  await athm.store.saveProfile(world.profile("example"), { replace: false });
  const { session } = await athm.ask("example");
  const store = lasting(athm.system, athm.store);
  const renewal = storedRenewal(athm.system, store, "example");
  const other = await world.machine({ pid: 99 });
  assert.equal(await run(["store", "rekey"], other.system), 0);
  return { ...athm, other, session, store, renewal };
}

sessionTest("a renewal continues with the store's new key and is saved", async (world) => {
  const { system, session, renewal } = await keeping(world);
  const found = await renewal.look?.();
  assert.equal(found?.accessKeyId, session.accessKeyId);
  await world.advance(1000);
  const next = await renewal.renew(system.now() - 1);
  assert.notEqual(next.accessKeyId, session.accessKeyId);
  assert.equal((await renewal.look?.())?.accessKeyId, next.accessKeyId);
  assert.deepEqual(world.calls(), ["GetSessionToken 200", "GetSessionToken 200"]);
});

sessionTest("a keeper returns the kept session after a rekey", async (world) => {
  const { system, session, renewal } = await keeping(world);
  const keeper = keep(system, undefined, renewal);
  assert.equal((await keeper.current()).accessKeyId, session.accessKeyId);
  assert.deepEqual(world.calls(), ["GetSessionToken 200"]);
});

sessionTest("a sign-in during a rekey returns its session", async (world) => {
  const door = gate();
  const athm = await world.machine({ before: door.pass });
  await athm.store.saveProfile(world.profile("example"), { replace: false });
  const running = run(["aws", "process", "example", "--rotate"], athm.system);
  await door.reached;
  const other = await world.machine({ pid: 99 });
  assert.equal(await run(["store", "rekey"], other.system), 0);
  door.open();
  assert.equal(await running, 0, athm.said().join());
  const { AccessKeyId } = JSON.parse(athm.system.captured.out);
  const fresh = await world.machine({ pid: 100 });
  assert.equal((await fresh.ask("example")).session.accessKeyId, AccessKeyId);
});

sessionTest("a missing store file is not recreated", async (world) => {
  const { store } = await keeping(world);
  const gone = world.files.all("/home/ann").filter((path) => path.endsWith("store.json"));
  assert.equal(gone.length, 1);
  gone.forEach((path) => world.files.remove(path));
  await failsAs("store-damaged", store.profile("example"), /is missing/);
});

Deno.test("profiles are removed before their bases, in any order typed", () => {
  // Each may be based on any other, even in a cycle.
  const bases = fc.array(fc.option(fc.nat(7)), { minLength: 1, maxLength: 8 });
  fc.assert(fc.property(bases, fc.infiniteStream(fc.nat(1000)), (bases, order) => {
    const names = bases.map((_, at) => `p${at}`);
    const profiles = bases.map((base, at) =>
      base === null ? keysProfile(`p${at}`) : standingOn(`p${at}`, `P${base}`)
    );
    const typed = names.map((name) => ({ name, rank: order.next().value ?? 0 }))
      .sort((a, b) => a.rank - b.rank).map(({ name }) => name);
    const ordered = dependentsFirst(profiles, typed);
    assert.deepEqual(ordered.toSorted(), names.toSorted());
    bases.forEach((base, at) => {
      if (base === null || inCircle(bases, at) || base >= bases.length) return;
      assert.ok(ordered.indexOf(`p${at}`) < ordered.indexOf(`p${base}`), ordered.join());
    });
  }));
});

function inCircle(bases: readonly (number | null)[], from: number): boolean {
  let at: number | null | undefined = from;
  for (let steps = 0; steps <= bases.length; steps++) {
    at = bases[at ?? -1];
    if (at === null || at === undefined) return false;
  }
  return true;
}
