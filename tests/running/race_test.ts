/** Fifty real processes that need one session at once, on a real disk. */
import assert from "node:assert/strict";
import { type AthmHome, athmHome } from "../support/athm_home.ts";
import { type FakeAws, startFakeAws } from "../support/fake_aws.ts";
import { listen } from "../support/fake_aws/server.ts";
import { gate } from "../support/session_world.ts";

const many = 50;

/** One `athm aws exec` that prints the key it got. */
interface Running {
  readonly pid: number;
  /** Its standard error so far. */
  readonly said: () => string;
  readonly ended: Promise<{ readonly code: number; readonly out: string }>;
  kill(): void;
}

interface World {
  readonly aws: FakeAws;
  /** Awaited before each request; does nothing by default. */
  readonly door: { pass: () => Promise<void> };
  readonly home: AthmHome;
  /** The processes, each waiting for the sign-in's lock, which the test holds. */
  readonly running: readonly Running[];
  /** Releases the lock: one of them signs in. */
  release(): void;
  /** The ID of the process that has the lock. */
  holder(): number;
}

/** Fifty processes with an expired session, all waiting at once. */
function raceTest(name: string, run: (world: World) => Promise<void>): void {
  Deno.test(`race: ${name}`, async () => {
    let lifetime = 3600;
    await using aws = await startFakeAws({ sessionLifetime: () => lifetime });
    const door = { pass: () => Promise.resolve() };
    await using server = await listen(async (request) => {
      await door.pass();
      return await aws.handle(request);
    }, { port: 0 });
    const key = aws.addUser({ name: "ann" });
    await using home = await athmHome({
      AWS_ACCESS_KEY_ID: key.accessKeyId,
      AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
    });
    const endpoint = `--endpoint-url http://127.0.0.1:${server.port}`;
    for (const command of [`add example --from-env ${endpoint}`, "exec example --rotate"]) {
      const made = await home.run(`athm aws ${command}`);
      assert.equal(made.exit, 0, made.err);
      lifetime = 1;
    }
    lifetime = 3600;
    const before = aws.calls.length;

    const folder = `${home.folder}/.local/share/athm/signins`;
    const [lock = assert.fail("no lock")] = Array.from(Deno.readDirSync(folder), (one) => one.name);
    using held = await Deno.open(`${folder}/${lock}`, { read: true, write: true });
    await held.lock(true);
    const running = Array.from({ length: many }, () => start(home));
    try {
      for (const one of running) await waits(one);
      assert.equal(aws.calls.length, before);
      await run({
        aws,
        door,
        home,
        running,
        release: () => held.unlockSync(),
        holder: () => Number(Deno.readTextFileSync(`${folder}/${lock}`)),
      });
      const left = Array.from(Deno.readDirSync(`${folder}/..`), (one) => one.name);
      assert.deepEqual(left.filter((name) => name.startsWith(".tmp")), []);
    } finally {
      for (const one of running) one.kill();
      await Promise.all(running.map((one) => one.ended));
    }
  });
}

function start({ athm, env, folder }: AthmHome): Running {
  const child = new Deno.Command(athm, {
    args: ["aws", "exec", "example", "--", "/bin/sh", "-c", 'echo "$AWS_ACCESS_KEY_ID"'],
    cwd: folder,
    clearEnv: true,
    env: Object.fromEntries(env),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let said = "";
  const listening = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) said += text;
  })();
  const out = new Response(child.stdout).text();
  let over = false;
  const ended = (async () => {
    const { code } = await child.status;
    over = true;
    await listening;
    return { code, out: await out };
  })();
  return {
    pid: child.pid,
    said: () => said,
    ended,
    kill: () => {
      if (!over) child.kill("SIGKILL");
    },
  };
}

/** Resolves when it reports that it waits; it must not exit before. */
async function waits({ said, ended }: Running): Promise<void> {
  let over = false;
  ended.then(() => over = true);
  while (!/^athm: waiting for athm( \(pid \d+\))? to sign in$/m.test(said())) {
    assert.ok(!over, `it did not wait: ${said()}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** Asserts that all succeeded with one session, which AWS issued. */
async function succeeded({ aws }: World, running: readonly Running[]): Promise<void> {
  const ends = await Promise.all(running.map((one) => one.ended));
  const said = running.map((one) => one.said()).join("");
  assert.deepEqual(ends.filter(({ code }) => code !== 0), [], said);
  const [id = "", ...others] = new Set(ends.map(({ out }) => out.trimEnd()));
  assert.deepEqual(others, []);
  assert.equal(aws.identity(id)?.kind, "session-token");
  assert.doesNotMatch(said, /error|warning/);
}

/** Statuses of the calls since the processes started. */
function statuses({ aws }: World, before: number): number[] {
  return aws.calls.slice(before).map(({ status }) => status);
}

raceTest(`${many} at once make one call, and all get its session`, async (world) => {
  const before = world.aws.calls.length;
  world.aws.behave({ kind: "slow", ms: 2000 });
  world.release();
  await succeeded(world, world.running);
  assert.deepEqual(statuses(world, before), [200]);
});

raceTest("after the process that signs in is killed, the next makes one call", async (world) => {
  const { running, door, aws } = world;
  const before = aws.calls.length;
  const held = gate();
  let arrived = 0;
  door.pass = () => {
    arrived++;
    return held.pass();
  };
  world.release();
  await held.reached;
  const signer = running.find(({ pid }) => pid === world.holder()) ?? assert.fail("no holder");
  signer.kill();
  assert.equal((await signer.ended).code, 128 + 9);
  held.open();
  await succeeded(world, running.filter((one) => one !== signer));
  assert.equal(arrived, 2);
  assert.deepEqual(statuses(world, before), [200, 200]);
});

raceTest("after two AWS failures, one process makes three calls and all succeed", async (world) => {
  const before = world.aws.calls.length;
  const code = "ServiceUnavailable";
  world.aws.behave({ kind: "fail", status: 503, code, message: "x" }, 2);
  world.release();
  await succeeded(world, world.running);
  assert.deepEqual(statuses(world, before), [503, 503, 200]);
});
