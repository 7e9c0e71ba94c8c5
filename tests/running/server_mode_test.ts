/** Credentials that never expire while a command runs, in real processes. */
import assert from "node:assert/strict";
import { type AthmProcess, execTest, type ExecWorld, pause, timed } from "../support/exec_world.ts";
import { parseAnswer, readAll, writeRaw } from "../support/raw_http.ts";

const exec = ["aws", "exec", "example", "--min-ttl", "1s"] as const;

/** The location of a server-mode child's credentials, as a test fetches them from outside. */
interface Place {
  readonly port: number;
  readonly path: string;
  readonly token: string;
}

const told = 'echo "at $AWS_CONTAINER_CREDENTIALS_FULL_URI $AWS_CONTAINER_AUTHORIZATION_TOKEN ."';

/** Starts a command that prints where its credentials are and runs until it is terminated. */
async function startServer(world: ExecWorld, ...options: readonly string[]) {
  const line = `${told}; exec sleep 300`;
  const athm = world.start([...options, ...exec, "--server", "--", "/bin/sh", "-c", line]);
  return { athm, place: await placeOf(athm) };
}

/** Terminates the command, and returns athm's exit code. */
function terminated(athm: AthmProcess): Promise<number> {
  athm.signal("SIGTERM");
  return athm.ended;
}

/** Fetches until another session is returned: renewal takes time on a busy machine. */
async function anotherKey(place: Place, key: string): Promise<void> {
  for (const until = Date.now() + 30_000; Date.now() < until; await pause(50)) {
    const answer = await fetchFrom(place);
    assert.equal(answer.status, 200, answer.message);
    if (answer.key !== key) return;
  }
  assert.fail("the session was not renewed");
}

async function placeOf(athm: AthmProcess): Promise<Place> {
  const [, port = "", path = "", token = ""] = await athm.sees(
    /at http:\/\/127\.0\.0\.1:(\d+)(\/\S+) (\S+) \./,
  );
  return { port: Number(port), path, token };
}

/** One response, with its duration and the remaining lifetime. */
async function fetchFrom({ port, path, token }: Place) {
  const { value, took } = await timed((async () => {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const head = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: ${token}`;
    await writeRaw(connection, head + "\r\nAccept: application/json\r\n\r\n");
    return parseAnswer(await readAll(connection));
  })());
  const body = JSON.parse(value.body) as Record<string, string>;
  const left = Date.parse(body["Expiration"] ?? "") - Date.now();
  return {
    status: value.status,
    key: body["AccessKeyId"] ?? "",
    message: body["message"],
    left,
    took,
  };
}

execTest(
  "server: a long-running child never gets a failure or an expired session",
  async (world) => {
    const { athm, place } = await startServer(world);
    const keys = new Set<string>();
    while (keys.size < 4) {
      const answer = await fetchFrom(place);
      assert.equal(answer.status, 200, answer.message);
      assert.ok(answer.left > 0, `${answer.left} ms left`);
      assert.ok(answer.took < 2000, `${answer.took} ms`);
      assert.equal(world.aws.identity(answer.key)?.kind, "session-token");
      keys.add(answer.key);
      await pause(250);
    }
    assert.ok(world.aws.calls.length <= 2 + keys.size, `${world.aws.calls.length} calls`);
    assert.equal(await terminated(athm), 143);
    assert.equal(athm.said(), "");
  },
  { lifetime: 8 },
);

execTest("server: returns the valid session at once while AWS is slow", async (world) => {
  const { athm, place } = await startServer(world, "--debug");
  const { key } = await fetchFrom(place);
  const slow = 4000;
  world.aws.behave({ kind: "slow", ms: slow }, Infinity);
  const before = world.aws.calls.length;
  await athm.sees(/sign-in/);
  const during = [];
  while (world.aws.calls.length === before) {
    during.push(await fetchFrom(place));
    await pause(50);
  }
  assert.ok(during.length > 10);
  // The last one may have the next session, which AWS has just issued.
  for (const answer of during.slice(0, -1)) {
    assert.deepEqual([answer.status, answer.key], [200, key]);
    assert.ok(answer.took < slow / 2 && answer.left > 0, JSON.stringify(answer));
  }
  await anotherKey(place, key);
  assert.equal(await terminated(athm), 143);
}, { lifetime: 16 });

execTest(
  "server: without a valid session, returns an error within a second, then the next session",
  async (world) => {
    const { athm, place } = await startServer(world);
    world.aws.behave({ kind: "slow", ms: 60_000 }, Infinity);
    await pause(6200);
    const late = await fetchFrom(place);
    assert.equal(late.status, 503);
    assert.match(late.message ?? "", /signing in/);
    assert.ok(late.took < 2000, `${late.took} ms`);
    athm.signal("SIGTERM");
    const { value, took } = await timed(athm.ended);
    assert.equal(value, 143);
    assert.ok(took < 3000, `${took} ms`);
  },
  { lifetime: 6 },
);

execTest("server: retries while AWS fails and warns once", async (world) => {
  const { athm, place } = await startServer(world);
  const fail = { status: 503, code: "ServiceUnavailable", message: "x" };
  world.aws.behave({ kind: "fail", ...fail }, Infinity);
  await athm.sees(/could not be renewed/);
  await pause(1500);
  world.aws.clearBehaviors();
  const first = await fetchFrom(place);
  assert.equal(first.status, 200);
  await anotherKey(place, first.key);
  assert.equal(await terminated(athm), 143);
  assert.equal(athm.said().match(/could not be renewed/g)?.length, 1, athm.said());
}, { lifetime: 12 });

execTest("server: a pending request does not keep athm running after its child", async (world) => {
  const line = `${told}; sleep 6.5; echo done; exit 4`;
  const athm = world.start([...exec, "--server", "--", "/bin/sh", "-c", line]);
  const place = await placeOf(athm);
  world.aws.behave({ kind: "slow", ms: 60_000 }, Infinity);
  await pause(6100);
  let over = false;
  const ended = athm.ended.finally(() => over = true);
  const asking = Promise.all([0, 100, 200].map(async (ms) => {
    await pause(ms);
    while (!over) await fetchFrom(place).catch(() => pause(20));
  }));
  await athm.sees(/done/);
  const { value, took } = await timed(ended);
  assert.equal(value, 4);
  assert.ok(took < 2000, `${took} ms`);
  await asking;
}, { lifetime: 6 });

/** A user's profiles: `[default]` with keys that must not take precedence, and one to read. */
async function writeAwsFiles(world: ExecWorld): Promise<void> {
  const folder = `${world.home.folder}/.aws`;
  await Deno.mkdir(folder);
  const keys = (name: string) =>
    `aws_access_key_id = AKIA${
      name.padEnd(16, "X")
    }\naws_secret_access_key = not-a-secret-${name}\n`;
  await Deno.writeTextFile(
    `${folder}/credentials`,
    `[default]\n${keys("DEFAULT")}\n[other]\n${keys("OTHER")}`,
  );
  await Deno.writeTextFile(
    `${folder}/config`,
    `[default]\nregion = eu-west-3\n${keys("CONFIG")}[profile other]\nregion = sa-east-1\n`,
  );
}

execTest("server: the child has its own config with the user's settings", async (world) => {
  await writeAwsFiles(world);
  const line =
    'cat "$AWS_CONFIG_FILE"; echo "=$AWS_PROFILE=$HOME=${AWS_SHARED_CREDENTIALS_FILE-}="';
  const athm = world.start([...exec, "--server", "--", "/bin/sh", "-c", line]);
  assert.equal(await athm.ended, 0);
  const [, profile = "", home, credentials] = /=(.+)=(.+)=(.*)=/.exec(athm.out()) ?? [];
  assert.deepEqual([home, credentials], [world.home.folder, ""]);
  assert.match(profile, /^athm-example-[0-9a-f]{8}$/);
  const [, own = ""] = athm.out().split(`[profile ${profile}]\n`);
  assert.match(own, /^region = eu-west-3\n/);
  assert.doesNotMatch(own, /aws_access_key_id/);
  assert.match(athm.out(), /\[profile other\]\nregion = sa-east-1/);
  assert.doesNotMatch(athm.out(), /not-a-secret/);
  assert.deepEqual(world.leftovers(), []);
});

execTest("server: two servers each serve only their own session", async (world) => {
  await world.add("second");
  const one = await startServer(world);
  const two = await startServer(world);
  assert.notEqual(one.place.token, two.place.token);
  assert.notEqual(one.place.port, two.place.port);
  assert.equal((await fetchFrom(one.place)).status, 200);
  assert.equal((await fetchFrom({ ...one.place, token: two.place.token })).status, 401);
  assert.equal((await fetchFrom({ ...one.place, path: "/second" })).status, 404);
  assert.deepEqual([await terminated(one.athm), await terminated(two.athm)], [143, 143]);
});
