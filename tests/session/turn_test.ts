/** Many processes need one session: one signs in, the others wait and use its result. */
import assert from "node:assert/strict";
import {
  type Asked,
  failsAs,
  gate,
  hour,
  type Machine,
  minute,
  second,
  sessionTest,
  type SessionWorld,
  until,
} from "../support/session_world.ts";

/** One that signs in, blocked at AWS, and one that waits for it. */
async function two(world: SessionWorld, asked: Asked = {}) {
  const door = gate();
  const signer = await world.machine({ pid: 111, before: door.pass });
  await signer.store.saveProfile(world.profile("example"), { replace: false });
  const waiter = await world.machine({ pid: 222 });
  const first = signer.begin("example", asked);
  first.catch(() => {});
  await door.reached;
  const second = waiter.begin("example", asked);
  second.catch(() => {});
  await waits(waiter);
  return { door, signer, waiter, first, second };
}

/** Resolves when it waits for another's lock, which it reports after a second. */
async function waits(machine: Machine): Promise<void> {
  await until(() => machine.sleepers() === 1);
}

sessionTest("the second process waits, looks again and makes no call", async (world) => {
  const { door, waiter, first, second } = await two(world);
  door.open();
  assert.equal((await first).session.accessKeyId, (await second).session.accessKeyId);
  assert.deepEqual(world.calls(), ["GetSessionToken 200"]);
  assert.deepEqual(waiter.said(), []);
});

sessionTest("uses the settings that were saved while it waited", async (world) => {
  const { door, signer, first, second } = await two(world);
  // A sign-in that learns settings saves them too.
  const changed = world.profile("example", { role: { duration: 1800 } });
  await signer.store.saveProfile(changed, { replace: true });
  door.open();
  await Promise.all([first, second]);
  assert.deepEqual(world.calls(), ["GetSessionToken 200", "GetSessionToken 200"]);
  const asked = world.aws.calls.map(({ params }) => params["DurationSeconds"]);
  assert.deepEqual(asked, [undefined, "1800"]);
});

sessionTest("says once, after a second, which process it waits for", async (world) => {
  const { door, signer, waiter, second: waiting } = await two(world);
  await world.advance(second - 1);
  assert.deepEqual(waiter.said(), []);
  await world.advance(1);
  assert.deepEqual(waiter.said(), ["athm: waiting for athm (pid 111) to sign in"]);
  await world.advance(10 * second);
  door.open();
  await waiting;
  assert.equal(waiter.said().length, 1);
  assert.deepEqual(signer.said(), []);
});

sessionTest("fails after a minute if prompts are disabled, naming the process", async (world) => {
  const { door, waiter, second: waiting } = await two(world);
  const failed = failsAs("needs-person", waiting, /^athm \(pid 111\) .* 60 s/, /\bkill 111$/);
  let over = false;
  failed.finally(() => over = true);
  await world.advance(60 * second - 1);
  assert.equal(over, false);
  await world.advance(1);
  await failed;

  // A second wait in the same process works, and the first one does not block others.
  const again = waiter.begin("example");
  await waits(waiter);
  door.open();
  assert.match((await again).session.accessKeyId, /^ASIA/);
  const third = await world.machine({ pid: 333 });
  assert.match((await third.ask("example", { rotate: true })).session.accessKeyId, /^ASIA/);
  assert.deepEqual(third.said(), []);
});

sessionTest("releases a lock that arrives after the wait ended", async (world) => {
  const { door, first, second: waiting } = await two(world);
  const failed = failsAs("needs-person", waiting, /pid 111/);
  await world.advance(60 * second);
  await failed;
  door.open();
  await first;
  const third = await world.machine({ pid: 333 });
  await third.ask("example", { rotate: true });
  assert.deepEqual(third.said(), []);
});

sessionTest("waits longer if prompts are enabled", async (world) => {
  const door = gate();
  const signer = await world.machine({ pid: 111, before: door.pass });
  await signer.store.saveProfile(world.profile("example"), { replace: false });
  const waiter = await world.machine({ pid: 222 });
  Object.defineProperty(waiter.system.terminal, "canAsk", { value: true });
  const first = signer.begin("example");
  await door.reached;
  const second = waiter.begin("example");
  await waits(waiter);
  await world.advance(10 * minute);
  door.open();
  assert.equal((await first).session.accessKeyId, (await second).session.accessKeyId);
});

sessionTest("when the process that signs in is rejected, the next takes over", async (world) => {
  const { door, first, second } = await two(world);
  world.aws.behave({ kind: "fail", status: 403, code: "AccessDenied", message: "x" });
  door.open();
  await failsAs("aws", first, /refused GetSessionToken/);
  assert.match((await second).session.accessKeyId, /^ASIA/);
  assert.deepEqual(world.calls(), ["GetSessionToken 403", "GetSessionToken 200"]);
});

sessionTest("when all are rejected, each reports it, one after the other", async (world) => {
  const { door, first, second } = await two(world);
  world.aws.behave({ kind: "fail", status: 403, code: "AccessDenied", message: "x" }, Infinity);
  door.open();
  await failsAs("aws", first, /refused GetSessionToken/);
  await failsAs("aws", second, /refused GetSessionToken/);
  assert.equal(world.calls().length, 2);
});

sessionTest("of fifty processes, one makes a call and all share its session", async (world) => {
  const door = gate();
  const machines = await Promise.all(
    Array.from({ length: 50 }, (_, at) => world.machine({ pid: 100 + at, before: door.pass })),
  );
  await machines[0]?.store.saveProfile(world.profile("example"), { replace: false });
  const asked = machines.map((machine) => machine.begin("example"));
  await door.reached;
  await until(() => machines.filter((machine) => machine.sleepers() === 1).length === 49);
  door.open();
  const ids = (await Promise.all(asked)).map(({ session }) => session.accessKeyId);
  assert.equal(new Set(ids).size, 1);
  assert.equal(world.calls().length, 1);
});

sessionTest(
  "two concurrent rotations share the session created after both started",
  async (world) => {
    const { door, first, second } = await two(world, { rotate: true });
    await world.advance(1);
    door.open();
    assert.equal((await first).session.accessKeyId, (await second).session.accessKeyId);
    assert.equal(world.calls().length, 1);
  },
);

sessionTest("rotate does not accept a session made before it started", async (world) => {
  const signer = await world.machine({ pid: 111 });
  await signer.store.saveProfile(world.profile("example"), { replace: false });
  const saving = gate();
  const { saveSession } = signer.store;
  signer.store.saveSession = async (...kept) => {
    await saving.pass();
    await saveSession(...kept);
  };
  const waiter = await world.machine({ pid: 222 });
  const first = signer.begin("example");
  await saving.reached;
  await world.advance(1);
  const second = waiter.begin("example", { rotate: true });
  await waits(waiter);
  saving.open();
  assert.notEqual((await first).session.accessKeyId, (await second).session.accessKeyId);
  assert.deepEqual(world.calls(), ["GetSessionToken 200", "GetSessionToken 200"]);
});

sessionTest("waiting processes share a session shorter than min-ttl", async (world) => {
  const door = gate();
  const signer = await world.machine({ before: door.pass });
  const profile = world.profile("example", { role: { duration: 900 } });
  await signer.store.saveProfile(profile, { replace: false });
  const waiter = await world.machine();
  const first = signer.begin("example", { minTtl: hour });
  await door.reached;
  const second = waiter.begin("example", { minTtl: hour });
  await waits(waiter);
  await world.advance(1);
  door.open();
  assert.equal((await first).session.accessKeyId, (await second).session.accessKeyId);
  assert.equal(world.calls().length, 1);
  assert.match(
    signer.said().join(),
    /^athm: note: the new session of example lasts only 15m, less than 1h$/,
  );
});

sessionTest("profiles never wait for each other", async (world) => {
  const door = gate();
  const [one, other] = [await world.machine({ before: door.pass }), await world.machine()];
  for (const name of ["one", "other"]) {
    await one.store.saveProfile(world.profile(name), { replace: false });
  }
  const held = one.begin("one");
  await door.reached;
  await other.begin("other");
  assert.deepEqual(world.calls(), ["GetSessionToken 200"]);
  door.open();
  await held;
});

sessionTest(
  "the lock is always released, and its file is empty then",
  async (world) => {
    const athm = await world.machine({ pid: 111 });
    await athm.store.saveProfile(world.profile("example"), { replace: false });
    world.aws.behave({ kind: "fail", status: 403, code: "AccessDenied", message: "x" });
    await failsAs("aws", athm.ask("example"), /./);
    const locks = world.files.all(`${athm.store.home}/signins`);
    assert.deepEqual(locks.map((path) => world.files.text(path)), [""]);
    await athm.ask("example");
    assert.deepEqual(athm.said(), []);
  },
);
