/**
 * Real clients against a third-party STS, through `aws configure` and `aws export`: each gets the role.
 * moto checks signatures, keys, session tokens and policies.
 */
import assert from "node:assert/strict";
import { withProcess } from "../../src/migration/config_edit.ts";
import { processCommand } from "../../src/migration/process_command.ts";
import { type AthmHome, athmHome } from "../support/athm_home.ts";
import { findAwsClients } from "../support/aws_clients.ts";
import { findMoto, type Moto, startMoto } from "../support/moto.ts";
import { secondCli, unless } from "../support/programs.ts";
import { denoDir } from "../support/story_shim.ts";

const arn = /^arn:aws:sts::123456789012:assumed-role\/deploy\/athm-/;
const here = (name: string) => decodeURIComponent(new URL(name, import.meta.url).pathname);
const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

const server = findMoto();
const found = await findAwsClients();
const { python, aws } = typeof found === "string" ? { python: "", aws: "" } : found;
const cache = await denoDir();

interface Client {
  readonly name: string;
  readonly skipped: string | undefined;
  /** A command line that prints the identity of an AWS profile or of the environment. */
  readonly line: (url: string, profile?: string) => string;
}

function cli(name: string, path: string, skipped: string | undefined): Client {
  return {
    name,
    skipped,
    line: (url, profile) =>
      `${quote(path)} --endpoint-url ${url} --region us-east-1 ` +
      `${profile ? `--profile ${profile} ` : ""}sts get-caller-identity --output text --query Arn`,
  };
}

const noClients = typeof found === "string" ? found : undefined;
const second = await secondCli(aws);
const clients: readonly Client[] = [
  cli("the AWS CLI v1", aws, aws === second ? "the AWS CLI here is v2" : noClients),
  cli(
    "the AWS CLI v2",
    second ?? "",
    second ? undefined : "AWS CLI v2 is not installed",
  ),
  {
    name: "boto3",
    skipped: noClients,
    line: (url, profile = "") =>
      `${quote(python)} ${quote(here("../running/sdk_client.py"))} ${url} . ${profile}`,
  },
  {
    name: "the JavaScript SDK",
    skipped: undefined,
    line: (url, profile) =>
      `${profile ? `AWS_PROFILE=${profile} ` : ""}${quote(Deno.execPath())} run -q -A --frozen ` +
      `--no-prompt --config ${quote(here("../../deno.json"))} ` +
      `${quote(here("../running/sdk_client.ts"))} ${url} chain .`,
  },
];

interface World {
  readonly home: AthmHome;
  readonly moto: Moto;
}

/** One server for all tests: starting it takes a second, and the tests do not change it. */
let moto: Moto | undefined;
Deno.test.beforeAll(async () => {
  if (typeof server !== "string") moto = await startMoto(server.path);
});
Deno.test.afterAll(async () => await moto?.[Symbol.asyncDispose]());

function interop(client: Client, what: string, run: (world: World) => Promise<void>): void {
  const skipped = typeof server === "string" ? server : client.skipped;
  Deno.test({
    ...unless(skipped, `interop: ${client.name}: ${what}`),
    fn: async () => {
      assert.ok(moto);
      // Run from source, athm finds its modules there.
      await using home = await athmHome({ DENO_DIR: cache });
      const keys = {
        AWS_ACCESS_KEY_ID: moto.accessKeyId,
        AWS_SECRET_ACCESS_KEY: moto.secretAccessKey,
      };
      const line =
        `athm aws add deploy --from-env --endpoint-url ${moto.url} --role-arn ${moto.roleArn}`;
      const added = await home.run(line, keys);
      assert.equal(added.exit, 0, added.err);
      await run({ home, moto });
    },
  });
}

/** Asserts that the client printed the role, as text or in a line of JSON. */
async function isRole({ home }: World, line: string): Promise<void> {
  const ran = await home.run(line);
  assert.equal(ran.exit, 0, ran.out + ran.err);
  const text = ran.out.trim().split("\n").at(-1) ?? "";
  assert.match(text.startsWith("{") ? JSON.parse(text).arn : text, arn);
}

for (const client of clients) {
  interop(client, "a profile that configure wrote is the role", async (world) => {
    const { home, moto } = world;
    const made = await home.run("athm aws configure deploy");
    assert.equal(made.exit, 0, made.err);
    await isRole(world, client.line(moto.url, "deploy"));
    const gone = await home.run("athm aws configure deploy --remove");
    assert.equal(gone.exit, 0, gone.err);
    assert.equal(await Deno.readTextFile(`${home.folder}/.aws/config`), "");
  });

  interop(client, "athm in a folder with spaces and quotes is found", async (world) => {
    const { home, moto } = world;
    const folder = `${home.folder}/it's my "tools" & $HOME`;
    await Deno.mkdir(folder);
    await Deno.mkdir(`${home.folder}/.aws`);
    await Deno.symlink(home.athm, `${folder}/athm`);
    const command = processCommand([`${folder}/athm`, "aws", "process", "deploy"], "linux");
    const { bytes } = withProcess(new Uint8Array(), "config", { profile: "odd", command });
    await Deno.writeFile(`${home.folder}/.aws/config`, bytes);
    await isRole(world, client.line(moto.url, "odd"));
  });

  interop(client, "variables that export printed are the role", async (world) => {
    await isRole(world, `eval "$(athm aws export deploy)"; ${client.line(world.moto.url)}`);
  });

  interop(client, "a section that export printed is the role", async (world) => {
    const write = "mkdir -p .aws; athm aws export deploy --format ini > .aws/credentials";
    await isRole(world, `${write}; ${client.line(world.moto.url, "deploy")}`);
  });
}

interop(clients[2]!, "a key in the AWS files wins over athm, as configure warns", async (world) => {
  const { home, moto } = world;
  await Deno.mkdir(`${home.folder}/.aws`);
  await Deno.writeTextFile(
    `${home.folder}/.aws/credentials`,
    "[deploy]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wrong\n",
  );
  const made = await home.run("athm aws configure deploy");
  assert.match(made.err, /warning: the AWS credentials file has keys for deploy/);
  const ran = await home.run(clients[2]!.line(moto.url, "deploy"));
  assert.notEqual(ran.exit, 0);
  assert.match(ran.err, /InvalidClientTokenId|SignatureDoesNotMatch/);
});
