/** Real clients get credentials from athm, and keep getting fresh ones. */
import assert from "node:assert/strict";
import { findAwsClients } from "../support/aws_clients.ts";
import { type ExecWorld, execWorld } from "../support/exec_world.ts";
import { unless } from "../support/programs.ts";
import { denoDir } from "../support/story_shim.ts";

const role = "arn:aws:iam::123456789012:role/deploy";
const arn = /^arn:aws:sts::123456789012:assumed-role\/deploy\/athm-/;

interface Client {
  readonly name: string;
  /** Why it cannot be tested here. */
  readonly skipped: string | undefined;
  /**
   * A command line that calls GetCallerIdentity for this many seconds, one JSON document per call.
   */
  readonly line: (endpoint: string, seconds: number) => string;
}

interface Seen {
  readonly arn: string;
  /** Not every client reports it. */
  readonly key?: string;
}

const here = (name: string) => decodeURIComponent(new URL(name, import.meta.url).pathname);
const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

const found = await findAwsClients();
const skipped = typeof found === "string" ? found : undefined;
const { python, aws } = typeof found === "string" ? { python: "", aws: "" } : found;

const config = here("../../deno.json");
const sdk = (provider: string): Client => ({
  name: `the JavaScript SDK (${provider})`,
  skipped: undefined,
  line: (endpoint, seconds) =>
    `DENO_DIR=${quote(cache)} ${quote(Deno.execPath())} run -q -A --frozen --no-prompt ` +
    `--config ${quote(config)} ${quote(here("sdk_client.ts"))} ${endpoint} ${provider} ${seconds}`,
});
const cache = await denoDir();

const chain = sdk("chain");
const container = sdk("container");
const boto3: Client = {
  name: "boto3",
  skipped,
  line: (endpoint, seconds) =>
    `${quote(python)} ${quote(here("sdk_client.py"))} ${endpoint} ${seconds}`,
};
const cli: Client = {
  name: "the AWS CLI",
  skipped,
  line: (endpoint, seconds) => {
    const call = `${quote(aws)} --region us-east-1 --endpoint-url ${endpoint} ` +
      "sts get-caller-identity --output text --query Arn";
    return `end=$(($(date +%s) + ${seconds})); while :; do arn=$(${call}) || exit 9; ` +
      `echo "{\\"arn\\":\\"$arn\\"}"; [ $(date +%s) -lt $end ] || break; sleep 1; done`;
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

/** Asserts that all calls returned the role, with more than one session, each accepted by AWS. */
function renewed(world: ExecWorld, out: string, before: number): void {
  const seen = read(out);
  assert.ok(seen.length >= 2, `${seen.length} calls`);
  for (const each of seen) assert.match(each.arn, arn);
  const asked = world.aws.calls.slice(before)
    .filter(({ action }) => action === "GetCallerIdentity");
  assert.equal(asked.length, seen.length);
  assert.deepEqual(asked.filter(({ status }) => status !== 200), []);
  const keys = new Set(asked.map(({ accessKeyId }) => accessKeyId));
  assert.ok(keys.size >= 2, `${keys.size} sessions`);
}

const exec = ["aws", "exec", "deploy", "--min-ttl", "1s"] as const;

for (const client of [cli, boto3, chain, container]) {
  if (client !== container) {
    clientTest(client, "keys in the environment", 3600, async (world) => {
      await writeAwsFiles(world);
      const [one = assert.fail(), ...more] = read(
        await lines(world, exec, client.line(world.aws.url, 0)),
      );
      assert.match(one.arn, arn);
      assert.deepEqual(more, []);
    });
  }

  // Both at once, each in its own world: they mostly wait.
  clientTest(
    client,
    "across an expiry: a server past a hostile [default], athm serve",
    6,
    (one) =>
      both([
        (async () => {
          await writeAwsFiles(one);
          const before = one.aws.calls.length;
          const out = await lines(one, [...exec, "--server"], client.line(one.aws.url, 12));
          renewed(one, out, before);
        })(),
        (async () => {
          await using world = await deployWorld(6);
          const served = world.start(["serve", "--port", "0", "deploy"]);
          const [, port = ""] = await served.sees(/127\.0\.0\.1:(\d+)\/NAME/);
          const before = world.aws.calls.length;
          const add = "athm serve token add app --profile deploy --read-only";
          const load = `${add} && eval "$(athm serve --port ${port} --print-env app)"`;
          const ran = await world.home.run(`${load}; ${client.line(world.aws.url, 12)}`);
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
    const line = `${boto3.line(world.aws.url, 0)} && ${boto3.line(world.aws.url, 0)} other`;
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

clientTest(cli, "a refusal shows the sentence of athm", 6, async (world) => {
  const call = `${
    quote(aws)
  } --region us-east-1 --endpoint-url ${world.aws.url} sts get-caller-identity`;
  const athm = world.start([...exec, "--server", "--", "/bin/sh", "-c", `sleep 7; ${call}`]);
  const fail = { status: 403, code: "AccessDenied", message: "no" };
  world.aws.behave({ kind: "fail", ...fail, action: "AssumeRole" }, Infinity);
  assert.notEqual(await athm.ended, 0);
  assert.match(athm.said(), /AccessDenied|not allowed|refus/i);
  assert.doesNotMatch(athm.said(), /Traceback/);
});
