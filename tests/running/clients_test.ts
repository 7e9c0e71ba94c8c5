/** Real clients get credentials from athm, and keep getting fresh ones. */
import assert from "node:assert/strict";
import { findAwsClients } from "../support/aws_clients.ts";
import { type ExecWorld, execWorld, pause } from "../support/exec_world.ts";
import { unless } from "../support/programs.ts";
import { denoDir } from "../support/story_shim.ts";

const role = "arn:aws:iam::123456789012:role/deploy";
const arn = /^arn:aws:sts::123456789012:assumed-role\/deploy\/athm-/;

interface Client {
  readonly name: string;
  /** Why it cannot be tested here. */
  readonly skipped: string | undefined;
  /**
   * A command line that calls GetCallerIdentity until this file exists, one JSON document per call.
   */
  readonly line: (endpoint: string, stop: string) => string;
}

interface Seen {
  readonly arn: string;
}

/** Exists from the beginning: one call. */
const once = ".";

const here = (name: string) => decodeURIComponent(new URL(name, import.meta.url).pathname);
const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

const found = await findAwsClients();
const skipped = typeof found === "string" ? found : undefined;
const { python, aws } = typeof found === "string" ? { python: "", aws: "" } : found;

const config = here("../../deno.json");
const sdk = (provider: string): Client => ({
  name: `the JavaScript SDK (${provider})`,
  skipped: undefined,
  line: (endpoint, stop) =>
    `DENO_DIR=${quote(cache)} ${quote(Deno.execPath())} run -q -A --frozen --no-prompt ` +
    `--config ${quote(config)} ${quote(here("sdk_client.ts"))} ${endpoint} ${provider} ${stop}`,
});
const cache = await denoDir();

const chain = sdk("chain");
const container = sdk("container");
const boto3: Client = {
  name: "boto3",
  skipped,
  line: (endpoint, stop) => `${quote(python)} ${quote(here("sdk_client.py"))} ${endpoint} ${stop}`,
};
const cli: Client = {
  name: "the AWS CLI",
  skipped,
  line: (endpoint, stop) => {
    const call = `${quote(aws)} --region us-east-1 --endpoint-url ${endpoint} ` +
      "sts get-caller-identity --output text --query Arn";
    return `while :; do arn=$(${call}) || exit 9; ` +
      `echo "{\\"arn\\":\\"$arn\\"}"; [ ! -e ${stop} ] || break; sleep 0.3; done`;
  },
};

function clientTest(
  client: Client,
  what: string,
  lifetime: number,
  run: (world: ExecWorld) => Promise<unknown>,
): void {
  const { skipped } = client;
  Deno.test({
    ...unless(skipped, `interop: ${client.name}: ${what}`),
    fn: async () => {
      await using world = await deployWorld(lifetime);
      await run(world);
    },
  });
}

/** A world whose profile `deploy` assumes a role. */
async function deployWorld(lifetime: number): Promise<ExecWorld> {
  const world = await execWorld(lifetime);
  world.aws.addRole({ arn: role });
  await world.add("deploy", `--role-arn ${role}`);
  return world;
}

/** Runs a shell command, which must succeed. */
async function lines(world: ExecWorld, args: readonly string[], line: string): Promise<string> {
  const athm = world.start([...args, "--", "/bin/sh", "-c", line]);
  const code = await athm.ended;
  assert.equal(code, 0, athm.out() + athm.said());
  return athm.out();
}

function read(out: string): Seen[] {
  return out.trimEnd().split("\n").map((line) => JSON.parse(line) as Seen);
}

/** The access keys of the calls since then. */
function keysSince(world: ExecWorld, before: number): ReadonlySet<string | undefined> {
  const asked = world.aws.calls.slice(before)
    .filter(({ action }) => action === "GetCallerIdentity");
  return new Set(asked.map(({ accessKeyId }) => accessKeyId));
}

/** The outcome of a client that is stopped as soon as it has used a second session. */
async function acrossExpiry<T>(
  world: ExecWorld,
  start: (stop: string) => Promise<T>,
): Promise<T> {
  const before = world.aws.calls.length;
  let over = false;
  const running = start("stop").finally(() => {
    over = true;
  });
  running.catch(() => {}); // thrown below
  for (let left = 450; left > 0 && !over && keysSince(world, before).size < 2; left--) {
    await pause(100);
  }
  await Deno.writeTextFile(`${world.home.folder}/stop`, "");
  return await running;
}

/** Asserts that all calls returned the role, with more than one session, each accepted by AWS. */
function renewed(world: ExecWorld, out: string, before: number): void {
  const seen = read(out);
  assert.ok(seen.length >= 2, `${seen.length} calls`);
  for (const each of seen) assert.match(each.arn, arn);
  const asked = world.aws.calls.slice(before)
    .filter(({ action }) => action === "GetCallerIdentity");
  assert.equal(asked.length, seen.length);
  assert.deepEqual(asked.filter(({ status }) => status !== 200), []);
  const { size } = keysSince(world, before);
  assert.ok(size >= 2, `${size} sessions`);
}

const exec = ["aws", "exec", "deploy", "--min-ttl", "1s"] as const;

/** Seconds. athm renews after two thirds, so a busy machine has three seconds for a call. */
const lifetime = 9;

for (const client of [cli, boto3, chain, container]) {
  if (client !== container) {
    clientTest(client, "keys in the environment", 3600, async (world) => {
      await writeAwsFiles(world);
      const [one = assert.fail(), ...more] = read(
        await lines(world, exec, client.line(world.aws.url, once)),
      );
      assert.match(one.arn, arn);
      assert.deepEqual(more, []);
    });
  }

  // Both at once, each in its own world: they mostly wait.
  clientTest(
    client,
    "across an expiry: a server past a hostile [default], athm serve",
    lifetime,
    (one) =>
      both([
        (async () => {
          await writeAwsFiles(one);
          const before = one.aws.calls.length;
          const out = await acrossExpiry(
            one,
            (stop) => lines(one, [...exec, "--server"], client.line(one.aws.url, stop)),
          );
          renewed(one, out, before);
        })(),
        (async () => {
          await using world = await deployWorld(lifetime);
          const served = world.start(["serve", "--port", "0", "deploy"]);
          const [, port = ""] = await served.sees(/127\.0\.0\.1:(\d+)\/NAME/);
          const before = world.aws.calls.length;
          const add = "athm serve token add app --profile deploy --read-only";
          const load = `${add} && eval "$(athm serve --port ${port} --print-env app)"`;
          const ran = await acrossExpiry(
            world,
            (stop) => world.home.run(`${load}; ${client.line(world.aws.url, stop)}`),
          );
          assert.equal(ran.exit, 0, ran.out + ran.err);
          renewed(world, ran.out, before);
          served.signal("SIGTERM");
          assert.equal(await served.ended, 0);
        })(),
      ]),
  );
}

/** Waits for all, even if one fails: a running one would leak into the next test. */
async function both(runs: readonly Promise<void>[]): Promise<void> {
  const ends = await Promise.allSettled(runs);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

/** A `[default]` whose keys would take precedence over a server, and another profile. */
async function writeAwsFiles(world: ExecWorld): Promise<string> {
  const other = world.aws.addUser({ name: "olaf" });
  const folder = `${world.home.folder}/.aws`;
  await Deno.mkdir(folder);
  await Deno.writeTextFile(
    `${folder}/credentials`,
    "[default]\naws_access_key_id = AKIADEFAULTXXXXXXXXX\naws_secret_access_key = wrong\n" +
      `[other]\naws_access_key_id = ${other.accessKeyId}\n` +
      `aws_secret_access_key = ${other.secretAccessKey}\n`,
  );
  await Deno.writeTextFile(
    `${folder}/config`,
    "[default]\nregion = eu-west-3\noutput = json\naws_access_key_id = AKIACONFIGXXXXXXXXXX\n" +
      "aws_secret_access_key = wrong\n[profile other]\nregion = sa-east-1\n",
  );
  return other.arn;
}

clientTest(
  boto3,
  "the person's other profile stays readable beside a server",
  3600,
  async (world) => {
    const other = await writeAwsFiles(world);
    const line = `${boto3.line(world.aws.url, once)} && ${boto3.line(world.aws.url, once)} other`;
    const [own, theirs] = read(await lines(world, [...exec, "--server"], line));
    assert.match(own?.arn ?? "", arn);
    assert.deepEqual([theirs?.arn, (theirs as { region?: string })?.region], [other, "sa-east-1"]);
  },
);

clientTest(cli, "the person's settings stay readable beside a server", 3600, async (world) => {
  const other = await writeAwsFiles(world);
  const call = `${quote(aws)} --endpoint-url ${world.aws.url}`;
  const out = await lines(
    world,
    [...exec, "--server"],
    `${call} configure get region; ${call} configure get region --profile other; ` +
      `${call} --profile other sts get-caller-identity --output text --query Arn; ` +
      `${call} sts get-caller-identity --query Arn`,
  );
  const [region, others, arnOfOther, own] = out.trimEnd().split("\n");
  assert.deepEqual([region, others, arnOfOther], ["eu-west-3", "sa-east-1", other]);
  assert.match(JSON.parse(own ?? ""), arn);
});

clientTest(cli, "a refusal shows the sentence of athm", 4, async (world) => {
  const call = `${
    quote(aws)
  } --region us-east-1 --endpoint-url ${world.aws.url} sts get-caller-identity`;
  const script = `echo up; until [ -e go ]; do sleep 0.2; done; ${call}; exit 42`;
  const athm = world.start([...exec, "--server", "--", "/bin/sh", "-c", script]);
  await athm.sees(/^up$/m);
  const fail = { status: 403, code: "AccessDenied", message: "no" };
  world.aws.behave({ kind: "fail", ...fail, action: "AssumeRole" }, Infinity);
  const { at } = world.aws.calls.findLast(({ action }) => action === "AssumeRole") ?? assert.fail();
  await pause(at + 4000 - Date.now());
  await Deno.writeTextFile(`${world.home.folder}/go`, "");
  assert.equal(await athm.ended, 42);
  assert.match(athm.said(), /AccessDenied|not allowed|refus/i);
  assert.doesNotMatch(athm.said(), /Traceback/);
});
