// What credential_process hands out lives long enough that SDKs do not ask again at every call.
import assert from "node:assert/strict";
import { run } from "../../src/program.ts";
import { minute, role, sessionTest, type SessionWorld } from "../support/session_world.ts";

async function processed(
  world: SessionWorld,
  extra: readonly string[] = [],
): Promise<{ left: number; calls: number; said: readonly string[] }> {
  const { system } = await world.machine();
  const before = world.aws.calls.length;
  assert.equal(
    await run(["aws", "process", "example", ...extra], system),
    0,
    system.captured.said.join(),
  );
  const { Expiration } = JSON.parse(system.captured.out);
  return {
    left: Math.round((Date.parse(Expiration) - system.now()) / minute),
    calls: world.aws.calls.length - before,
    said: system.captured.said,
  };
}

sessionTest("process renews a session in its last 15 minutes, and not before", async (world) => {
  const { store, ask } = await world.machine();
  await store.saveProfile(world.profile("example", { roleArns: [role] }), { replace: false });
  await ask("example");
  await world.advance(44 * minute);
  assert.deepEqual(await processed(world), { left: 16, calls: 0, said: [] });
  await world.advance(2 * minute);
  assert.deepEqual(await processed(world), { left: 60, calls: 1, said: [] });
});

sessionTest("process renews a session of 15 minutes at the middle of its life", async (world) => {
  const { store, ask } = await world.machine();
  const settings = { roleArns: [role], role: { duration: 900 } };
  await store.saveProfile(world.profile("example", settings), { replace: false });
  await ask("example");
  await world.advance(7 * minute);
  assert.deepEqual(await processed(world), { left: 8, calls: 0, said: [] });
  await world.advance(minute);
  assert.deepEqual(await processed(world), { left: 15, calls: 1, said: [] });
});

sessionTest("process returns the kept session if an early renewal fails", async (world) => {
  const { store, ask } = await world.machine();
  await store.saveProfile(world.profile("example", { roleArns: [role] }), { replace: false });
  await ask("example");
  await world.advance(50 * minute);
  world.aws.behave({ kind: "fail", status: 403, code: "AccessDenied", message: "no" }, Infinity);
  assert.deepEqual(await processed(world), { left: 10, calls: 1, said: [] });
});

sessionTest(
  "process with --min-ttl renews only when less is left, whatever SDKs prefer",
  async (world) => {
    const { store, ask } = await world.machine();
    await store.saveProfile(world.profile("example", { roleArns: [role] }), { replace: false });
    await ask("example");
    await world.advance(50 * minute);
    assert.deepEqual(await processed(world, ["--min-ttl", "9m"]), { left: 10, calls: 0, said: [] });
    assert.deepEqual(await processed(world, ["--min-ttl", "11m"]), {
      left: 60,
      calls: 1,
      said: [],
    });
  },
);
