/** Profiles based on other profiles, and names that do not exist. */
import assert from "node:assert/strict";
import { keptSession } from "../../src/session/keep.ts";
import { standingOn } from "../support/store_samples.ts";
import {
  failsAs,
  gate,
  hour,
  role,
  sessionTest,
  type SessionWorld,
} from "../support/session_world.ts";

/** `base` with a key, and `top` that assumes a role from it. */
async function standing(world: SessionWorld) {
  const athm = await world.machine();
  const top = { ...standingOn("top", "base"), roleArns: [role] };
  await athm.store.saveProfile(world.profile("base"), { replace: false });
  await athm.store.saveProfile(top, { replace: false });
  return { ...athm, top };
}

sessionTest("a profile uses its base's session, which is kept too", async (world) => {
  const athm = await standing(world);
  const { session } = await athm.ask("top");
  assert.match(session.arn ?? "", /:assumed-role\/deploy\//);
  assert.deepEqual(world.calls(), ["GetSessionToken 200", "AssumeRole 200"]);
  await athm.ask("base");
  await athm.ask("top");
  assert.equal(world.calls().length, 2);
  assert.equal(world.aws.calls[1]?.accessKeyId, (await athm.ask("base")).session.accessKeyId);
});

sessionTest("the base is renewed only if it is due too", async (world) => {
  const athm = await standing(world);
  await athm.ask("top");
  await world.advance(hour);
  await athm.ask("top");
  assert.deepEqual(world.calls().slice(2), ["AssumeRole 200"]);
  await world.advance(11 * hour);
  await athm.ask("top");
  assert.deepEqual(world.calls().slice(3), ["GetSessionToken 200", "AssumeRole 200"]);
});

sessionTest("rotating leaves the base's session unchanged", async (world) => {
  const athm = await standing(world);
  await athm.ask("top");
  await world.advance(1);
  await athm.ask("top", { rotate: true });
  assert.deepEqual(world.calls().slice(2), ["AssumeRole 200"]);
});

sessionTest("changed settings of the base require a new session", async (world) => {
  const athm = await standing(world);
  await athm.ask("top");
  assert.ok(await keptSession(athm.system, athm.store, athm.top));
  const changed = world.profile("base", { role: { duration: 3600 } });
  await athm.store.saveProfile(changed, { replace: true });
  assert.equal(await keptSession(athm.system, athm.store, athm.top), undefined);
  await athm.ask("top");
  assert.deepEqual(world.calls().slice(2), ["GetSessionToken 200", "AssumeRole 200"]);
});

sessionTest("renaming the base keeps both sessions", async (world) => {
  const athm = await standing(world);
  const { session } = await athm.ask("top");
  const moved = { ...athm.top, source: { kind: "profile" as const, from: "ground" } };
  await athm.store.renameProfile("base", "ground", [moved]);
  assert.equal((await athm.ask("top")).session.accessKeyId, session.accessKeyId);
  await athm.ask("ground");
  assert.equal(world.calls().length, 2);
});

sessionTest("a cycle of profiles is named without a call", async (world) => {
  const athm = await world.machine();
  for (const [name, from] of [["a", "B"], ["b", "c"], ["c", "a"], ["self", "SELF"]] as const) {
    await athm.store.saveProfile(standingOn(name, from), { replace: false });
  }
  await failsAs("source", athm.ask("a"), /cycle: a → b → c → a$/, /athm aws add c --force/);
  await failsAs("source", athm.ask("self"), /cycle: self → SELF$/);
  await athm.store.saveProfile(standingOn("into", "a"), { replace: false });
  await failsAs("source", athm.ask("into"), /cycle: into → a → b → c → a$/);
  assert.deepEqual(world.calls(), []);
});

sessionTest("a missing base is named, with the command to create it", async (world) => {
  const athm = await world.machine();
  await athm.store.saveProfile(standingOn("top", "middle"), { replace: false });
  await athm.store.saveProfile(standingOn("middle", "base"), { replace: false });
  await failsAs(
    "source",
    athm.ask("top"),
    /^middle uses the profile "base" as its source, which does not exist$/,
    /^run athm aws add base to create it$/,
  );
  assert.deepEqual(world.calls(), []);
});

sessionTest("an unknown name suggests the nearest one", async (world) => {
  const athm = await world.machine();
  await failsAs(
    "not-found",
    athm.ask("example"),
    /^profile "example" not found$/,
    /aws add example/,
  );
  await athm.store.saveProfile(world.profile("example"), { replace: false });
  await failsAs(
    "not-found",
    athm.ask("exmaple"),
    /"exmaple" not found \(did you mean "example"\?\)$/,
    /aws ls/,
  );
  await failsAs("not-found", athm.ask("quite-other"), /^profile "quite-other" not found$/);
});

sessionTest("a command run for a sign-in cannot request the same sign-in", async (world) => {
  const door = gate();
  const athm = await world.machine({ before: door.pass });
  for (const name of ["example", "third"]) {
    await athm.store.saveProfile(world.profile(name), { replace: false });
  }
  const outer = athm.begin("example");
  await door.reached;
  // It must not wait: the lock is released only after it has exited.
  const inner = await world.machine({ env: { ATHM_SIGNING_IN: "other,Example" } });
  await failsAs("source", inner.ask("example"), /the command that signs in to it/);
  await inner.ask("third");
  assert.deepEqual(world.calls(), ["GetSessionToken 200"]);
  door.open();
  await outer;
});

sessionTest("a command run for a sign-in can use a kept session", async (world) => {
  const athm = await world.machine();
  await athm.store.saveProfile(world.profile("example"), { replace: false });
  const { session } = await athm.ask("example");
  athm.system.variables.set("ATHM_SIGNING_IN", "example");
  assert.equal((await athm.ask("example")).session.accessKeyId, session.accessKeyId);
});
