/** When a session is kept, when it is renewed, and what happens when that fails. */
import assert from "node:assert/strict";
import type { Behavior } from "../support/fake_aws.ts";
import { keptSession } from "../../src/session/keep.ts";
import { failsAs, hour, minute, role, second, sessionTest } from "../support/session_world.ts";
import { sampleSession } from "../support/store_samples.ts";

sessionTest("the first use signs in, and a fresh session needs no call", async (world) => {
  const athm = await world.machine();
  await athm.store.saveProfile(world.profile("example"), { replace: false });
  const { profile, session } = await athm.ask("EXAMPLE");
  assert.equal(profile.name, "example");
  assert.equal(session.issued, athm.system.now());
  assert.equal(session.expires, athm.system.now() + 12 * hour);
  await world.advance(12 * hour - 6 * minute);
  assert.equal((await athm.ask("example")).session.accessKeyId, session.accessKeyId);
  assert.deepEqual(world.calls(), ["GetSessionToken 200"]);
  assert.deepEqual(athm.said(), []);
});

sessionTest("renews once when less than min-ttl remains", async (world) => {
  const athm = await world.machine();
  await athm.store.saveProfile(world.profile("example"), { replace: false });
  const first = (await athm.ask("example")).session.accessKeyId;
  await world.advance(12 * hour - 5 * minute - 1);
  assert.equal((await athm.ask("example")).session.accessKeyId, first);
  await world.advance(1);
  const renewed = (await athm.ask("example")).session.accessKeyId;
  assert.notEqual(renewed, first);
  assert.equal((await athm.ask("example")).session.accessKeyId, renewed);
  assert.equal((await athm.ask("example", { minTtl: 12 * hour - 1 })).session.accessKeyId, renewed);
  assert.equal(world.calls().length, 2);
  await athm.ask("example", { minTtl: 12 * hour });
  assert.equal(world.calls().length, 3);
});

sessionTest("rotate makes and keeps a new session each time", async (world) => {
  const athm = await world.machine();
  await athm.store.saveProfile(world.profile("example"), { replace: false });
  const ids = [];
  for (const rotate of [true, true, false]) {
    ids.push((await athm.ask("example", { rotate })).session.accessKeyId);
    await world.advance(1);
  }
  assert.notEqual(ids[0], ids[1]);
  assert.equal(ids[1], ids[2]);
  assert.equal(world.calls().length, 2);
});

const passing: readonly (readonly [string, Behavior])[] = [
  ["is throttled", { kind: "throttle" }],
  ["meets an error on AWS's side", {
    kind: "fail",
    status: 503,
    code: "ServiceUnavailable",
    message: "x",
  }],
  ["finds no connection", { kind: "drop" }],
  ["meets a stranger in AWS's place", { kind: "garbage" }],
];

for (const [what, behavior] of passing) {
  sessionTest(
    `when a renewal ${what}, the one that lives is used with a warning`,
    async (world) => {
      const athm = await world.machine();
      await athm.store.saveProfile(world.profile("example"), { replace: false });
      const { session } = await athm.ask("example");
      await world.advance(12 * hour - 4 * minute);
      world.aws.behave(behavior, Infinity);
      assert.equal((await athm.ask("example")).session.accessKeyId, session.accessKeyId);
      assert.equal(athm.said().length, 1);
      assert.match(
        athm.said()[0] ?? "",
        /^athm: warning: .*; using the kept session, which expires in 4m$/,
      );

      // A failed renewal changes nothing: the next successful one is kept.
      world.aws.clearBehaviors();
      assert.notEqual((await athm.ask("example")).session.accessKeyId, session.accessKeyId);
      assert.equal(athm.said().length, 1);
    },
  );

  sessionTest(`when a rotation ${what}, it fails though a session lives`, async (world) => {
    const athm = await world.machine();
    await athm.store.saveProfile(world.profile("example"), { replace: false });
    const { session } = await athm.ask("example");
    await world.advance(1);
    world.aws.behave(behavior, Infinity);
    const code = behavior.kind === "drop" || behavior.kind === "garbage"
      ? "network"
      : "aws-passing";
    await failsAs(code, athm.ask("example", { rotate: true }), /amazonaws\.com/);
    assert.deepEqual(athm.said(), []);
    assert.equal((await athm.ask("example")).session.accessKeyId, session.accessKeyId);
  });
}

sessionTest("when a renewal fails, an expired session is not returned", async (world) => {
  const athm = await world.machine();
  await athm.store.saveProfile(world.profile("example"), { replace: false });
  await athm.ask("example");
  await world.advance(12 * hour);
  world.aws.behave({ kind: "drop" }, Infinity);
  await failsAs("network", athm.ask("example"), /sts\.us-east-1\.amazonaws\.com/);
  assert.deepEqual(athm.said(), []);
});

sessionTest("a session that expires while its renewal fails is not returned", async (world) => {
  const athm = await world.machine();
  athm.system.chance = () => 0.999; // the longest waits
  await athm.store.saveProfile(world.profile("example"), { replace: false });
  await athm.ask("example");
  await world.advance(12 * hour - 1.5 * second);
  world.aws.behave({ kind: "throttle" }, Infinity);
  await failsAs("aws-passing", athm.ask("example"), /./);
  assert.deepEqual(athm.said(), []);
});

sessionTest("a rejection is an error although a session is valid", async (world) => {
  const athm = await world.machine();
  await athm.store.saveProfile(world.profile("example"), { replace: false });
  await athm.ask("example");
  await world.advance(12 * hour - 4 * minute);
  for (const code of ["AccessDenied", "InvalidClientTokenId", "SignatureDoesNotMatch"]) {
    world.aws.behave({ kind: "fail", status: 403, code, message: "x" });
    await failsAs("aws", athm.ask("example"), /./);
  }
  assert.deepEqual(athm.said(), []);
});

sessionTest(
  "with other settings the old session is never used, not even as a fallback",
  async (world) => {
    const athm = await world.machine();
    await athm.store.saveProfile(world.profile("example"), { replace: false });
    const old = (await athm.ask("example")).session.accessKeyId;
    const changed = world.profile("example", { roleArns: [role] });
    await athm.store.saveProfile(changed, { replace: true });
    assert.equal(await keptSession(athm.system, athm.store, changed), undefined);
    world.aws.behave({ kind: "drop" }, Infinity);
    await failsAs("network", athm.ask("example"), /./);
    world.aws.clearBehaviors();
    const { session } = await athm.ask("example");
    assert.notEqual(session.accessKeyId, old);
    assert.match(session.arn ?? "", /:assumed-role\/deploy\/athm-ann-test-host$/);
    assert.deepEqual(world.calls().filter((call) => call.endsWith("200")), [
      "GetSessionToken 200",
      "AssumeRole 200",
    ]);
  },
);

sessionTest("a renamed profile keeps its session", async (world) => {
  const athm = await world.machine();
  await athm.store.saveProfile(world.profile("example"), { replace: false });
  const { session } = await athm.ask("example");
  await athm.store.renameProfile("example", "other", []);
  assert.equal((await athm.ask("other")).session.accessKeyId, session.accessKeyId);
  assert.equal(world.calls().length, 1);
});

sessionTest("a session of another environment identity is not used", async (world) => {
  const athm = await world.machine({ env: { AWS_PROFILE: "one" } });
  const profile = world.profile("example", { source: { kind: "ambient" } });
  await athm.store.saveProfile(profile, { replace: false });
  const { resolved } = await import("../../src/session/sign_in/fingerprint.ts");
  const { mark } = await resolved(athm.system, athm.store, profile);
  await athm.store.saveSession("example", sampleSession(), mark);
  const kept = async () => (await keptSession(athm.system, athm.store, profile))?.accessKeyId;
  assert.equal(await kept(), sampleSession().accessKeyId);
  athm.system.variables.set("AWS_PROFILE", "two");
  assert.equal(await kept(), undefined);
  athm.system.variables.set("AWS_PROFILE", "one");
  assert.equal(await kept(), sampleSession().accessKeyId);
});

sessionTest("the identity stays known when the same key renews it", async (world) => {
  const athm = await world.machine();
  const profile = world.profile("example");
  await athm.store.saveProfile(profile, { replace: false });
  const { resolved } = await import("../../src/session/sign_in/fingerprint.ts");
  const { mark } = await resolved(athm.system, athm.store, profile);
  const known = { arn: world.key.arn, account: "123456789012" };
  await athm.store.saveSession("example", { ...sampleSession(), ...known }, mark);
  const { session } = await athm.ask("example", { rotate: true });
  assert.deepEqual({ arn: session.arn, account: session.account }, known);
});

for (const minutes of [20, -20]) {
  sessionTest(
    `AWS's clock may be ${minutes} minutes ahead: it is reported, and the lifetime is right`,
    async (world) => {
      const athm = await world.machine();
      await athm.store.saveProfile(world.profile("example"), { replace: false });
      world.aws.skew(minutes * minute);
      const { session } = await athm.ask("example");
      const off = session.expires - athm.system.now() - 12 * hour;
      assert.ok(Math.abs(off) <= second, `${off} ms`);
      assert.deepEqual(world.calls(), ["GetSessionToken 403", "GetSessionToken 200"]);
      const direction = minutes > 0 ? "behind" : "ahead of";
      assert.equal(athm.said().length, 1);
      assert.match(
        athm.said()[0] ?? "",
        new RegExp(`^athm: warning: this machine's clock is 20m ${direction} AWS's;`),
      );
      await athm.ask("example");
      assert.equal(world.calls().length, 2);
    },
  );
}

sessionTest("a damaged session is an error with a hint, and rotate replaces it", async (world) => {
  const athm = await world.machine();
  await athm.store.saveProfile(world.profile("example"), { replace: false });
  await athm.ask("example");
  const [file = ""] = world.files.all(`${athm.store.home}/sessions`);
  world.files.put(file, "rubbish");
  await failsAs("store-damaged", athm.ask("example"), /example/, /rotate|rm/);
  const { session } = await athm.ask("example", { rotate: true });
  assert.equal((await athm.ask("example")).session.accessKeyId, session.accessKeyId);
  assert.equal(world.calls().length, 2);
});
