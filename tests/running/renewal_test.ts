/** The kept session is renewed while a long command runs, in every mode. */
import assert from "node:assert/strict";
import {
  type AthmProcess,
  type ExecWorld,
  execWorld,
  pause,
  timed,
} from "../support/exec_world.ts";

/** Starts a command that runs for a few seconds and exits with 4. */
type Start = (world: ExecWorld, seconds: number) => AthmProcess;

/** The same test in each mode, concurrently: they mostly wait. */
function inEveryMode(
  name: string,
  lifetime: number,
  run: (world: ExecWorld, start: Start) => Promise<void>,
): void {
  Deno.test(`renewal: ${name}`, async () => {
    await Promise.all([[], ["--server"]].map(async (mode) => {
      await using world = await execWorld(lifetime);
      await run(world, (world, seconds) =>
        world.start([
          ...["--debug", "aws", "exec", "example", "--min-ttl", "1s", ...mode],
          ...["--", "/bin/sh", "-c", `echo up; sleep ${seconds}; echo done; exit 4`],
        ]));
    }));
  });
}

inEveryMode("the kept session is renewed beside a long child", 8, async (world, start) => {
  const athm = start(world, 7);
  await athm.sees(/up/);
  const before = world.aws.calls.length;
  assert.equal(await athm.ended, 4);
  const renewals = world.aws.calls.length - before;
  assert.ok(renewals >= 1 && renewals <= 3, `${renewals} renewals`);
  // A process that starts now uses it without signing in.
  const next = await world.home.run("athm aws exec example --min-ttl 1s -- true");
  assert.deepEqual([next.exit, next.err], [0, ""]);
  assert.equal(world.aws.calls.length, before + renewals);
});

inEveryMode(
  "one that hangs does not keep athm running after its child ends",
  8,
  async (world, start) => {
    world.aws.behave({ kind: "slow", ms: 60_000 }, Infinity);
    // Several, since on a busy machine any one may be late.
    const running = [5.5, 6, 6.5, 7].map((seconds) => start(world, seconds));
    const times = await Promise.all(running.map(async (athm) => {
      await athm.sees(/sign-in|waiting for athm/); // one signs in, the others wait for it
      assert.doesNotMatch(athm.out(), /done/);
      await athm.sees(/done/);
      const { value, took } = await timed(athm.ended);
      assert.equal(value, 4);
      return took;
    }));
    assert.ok(times.every((took) => took < 1000), `${times} ms`);
    assert.ok(Math.min(...times) < 300, `${times} ms`);
    assert.deepEqual(world.leftovers(), []);
  },
);

inEveryMode("ahead: the child starts at once", 24, async (world, start) => {
  // Less than a quarter of its lifetime remains, but more than --min-ttl.
  await world.home.run("athm aws exec example --rotate");
  // A busy machine may take 4 s to start athm.
  await pause(18_500);
  world.lifetime = 3600;
  world.aws.behave({ kind: "slow", ms: 1000 }, Infinity);
  const before = world.aws.calls.length;
  const athm = start(world, 3);
  await athm.sees(/up/);
  assert.equal(world.aws.calls.length, before, "the child waited for a renewal");
  assert.equal(await athm.ended, 4);
  assert.equal(world.aws.calls.length, before + 1);
  world.aws.clearBehaviors();
  const next = await world.home.run("athm aws exec example --min-ttl 50m -- true");
  assert.deepEqual([next.exit, next.err], [0, ""]);
  assert.equal(world.aws.calls.length, before + 1, "the new session was not kept");
});
