/** The clients of a running `athm serve`: fetched by real processes, revoked without a restart. */
import assert from "node:assert/strict";
import {
  type AthmProcess,
  execTest,
  type ExecWorld,
  pause,
  pooled,
} from "../support/exec_world.ts";
import { parseAnswer, readAll, writeRaw } from "../support/raw_http.ts";

interface Answer {
  readonly status: number;
  readonly key: string;
  readonly message: string;
}

/** Asks again as SDKs do while athm signs in, which takes longer than it waits on a busy machine. */
async function fetchAs(url: URL, token: string): Promise<Answer> {
  for (let times = 1;; times++) {
    const answer = await fetchOnce(url, token);
    if (answer.status !== 503 || !answer.message.includes("signing in") || times === 50) {
      return answer;
    }
    await pause(200);
  }
}

async function fetchOnce(url: URL, token: string): Promise<Answer> {
  using connection = await Deno.connect({ hostname: url.hostname, port: Number(url.port) });
  await writeRaw(
    connection,
    `GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nAuthorization: ${token}\r\n\r\n`,
  );
  const { status, body } = parseAnswer(await readAll(connection));
  const { AccessKeyId: key = "", message = "" } = JSON.parse(body) as Record<string, string>;
  return { status, key, message };
}

async function served(world: ExecWorld, ...options: readonly string[]) {
  const athm = world.start(["serve", "--port", "0", ...options]);
  const [, origin = ""] = await athm.sees(/ at (http:\S+)\/NAME\n.*uses it\n/);
  const port = new URL(origin).port;
  /** The environment that `--print-env` prints. */
  const environment = async (words: string) => {
    const { out, err } = await world.home.run(`athm serve --port ${port} --print-env ${words}`);
    const [, url = assert.fail(err), token = ""] = /URI='(\S+)'\n\S+ \S+TOKEN='?([\w-]+)'?\n/
      .exec(out) ?? [];
    return { url: new URL(url), token };
  };
  return { athm, port, environment };
}

async function well(world: ExecWorld, line: string): Promise<string> {
  const { exit, out, err } = await world.home.run(line);
  assert.equal(exit, 0, `${line}: ${err}`);
  return out;
}

async function ends(athm: AthmProcess): Promise<void> {
  athm.signal("SIGTERM");
  assert.equal(await athm.ended, 0, athm.said());
}

execTest("serve: a client gets its narrow session until it is removed", async (world) => {
  const { athm, port, environment } = await served(world, "--clients-only");
  assert.match(athm.said(), /^athm: serving every profile to added clients at http/m);
  assert.match(athm.said(), /--print-env LABEL --port \d+\)" uses it$/m);
  // Added while it runs.
  await well(world, "athm serve token add assistant --profile example --read-only --for 1h");
  await well(world, "athm serve token add ide --profile example");
  const can = `can ${world.aws.url} GetItem PutItem`;
  const as = (label: string) => `eval "$(athm serve --print-env ${label} --port ${port})"; ${can}`;
  assert.equal(await well(world, as("assistant")), "GetItem: yes\nPutItem: no\n");
  assert.equal(await well(world, as("ide")), "GetItem: yes\nPutItem: yes\n");

  const [assistant, ide] = [await environment("assistant"), await environment("ide")];
  const narrow = await fetchAs(assistant.url, assistant.token);
  assert.equal(narrow.status, 200);
  assert.equal((await fetchAs(new URL("/other", ide.url), ide.token)).status, 404);
  await well(world, "athm serve token rm assistant");
  const gone = await fetchAs(assistant.url, assistant.token);
  assert.deepEqual([gone.status, gone.key], [401, ""]);
  assert.equal((await fetchAs(ide.url, ide.token)).status, 200);

  // The same label again is another token.
  await well(world, "athm serve token add assistant --profile example --read-only");
  assert.equal((await fetchAs(assistant.url, assistant.token)).status, 401);
  const again = await environment("assistant");
  assert.equal((await fetchAs(again.url, again.token)).key, narrow.key, "kept for the next client");

  // The token of default is neither made nor accepted.
  await well(world, "athm serve --print-env example");
  const usual = (await Deno.readTextFile(`${await tokenFile(world)}`)).trim();
  assert.equal((await fetchAs(ide.url, usual)).status, 401);

  await ends(athm);
  const log = await well(world, "athm audit --json");
  const entries = log.trimEnd().split("\n").map((line) => JSON.parse(line))
    .filter(({ event }) => event.startsWith("serve"));
  assert.deepEqual(
    entries.map(({ event, client, profile, narrowed = "" }) => [event, client, profile, narrowed]),
    [
      ["serve", "assistant", "example", "read-only"],
      ["serve", "ide", "example", ""],
      ["serve", "assistant", "example", "read-only"],
      ["serve-refused", "ide", "other", ""],
      ["serve", "ide", "example", ""],
      ["serve", "assistant", "example", "read-only"],
    ],
  );
  const table = await well(world, "athm audit --client ide");
  assert.match(table, /\tCLIENT\t/);
  assert.doesNotMatch(table, /assistant/);
  await well(world, "athm audit verify");

  // Clients outlive the server.
  const next = await served(world, "--clients-only");
  const later = await next.environment("assistant");
  assert.equal(later.token, again.token);
  assert.equal((await fetchAs(later.url, later.token)).status, 200);
  await ends(next.athm);
});

async function tokenFile({ home }: ExecWorld): Promise<string> {
  const { out } = await home.run("athm store status --json");
  return `${JSON.parse(out).home}/serve.token`;
}

execTest("serve: removing the token of default works without a restart", async (world) => {
  const { athm, environment } = await served(world);
  const usual = await environment("example");
  assert.equal((await fetchAs(usual.url, usual.token)).status, 200);
  await well(world, "athm serve token rm default");
  assert.equal((await fetchAs(usual.url, usual.token)).status, 401);
  const next = await environment("example");
  assert.notEqual(next.token, usual.token);
  assert.equal((await fetchAs(next.url, next.token)).status, 200);
  await ends(athm);
});

execTest("serve: fifty programs of each of ten clients at once", async (world) => {
  const labels = Array.from({ length: 10 }, (_, at) => `client-${at}`);
  const { athm, port } = await served(world, "--clients-only");
  const clients = await pooled(
    labels.map((label, at) => async () => {
      const narrowing = at % 2 ? "--read-only" : "";
      const line = `athm serve token add ${label} --profile example ${narrowing} --print`;
      return { label, token: (await well(world, line)).trim() };
    }),
    2,
  );
  const url = new URL(`http://127.0.0.1:${port}/example`);
  const all = clients.flatMap(({ label, token }) =>
    Array.from({ length: 50 }, async () => ({ label, ...await fetchAs(url, token) }))
  );
  const got = await Promise.all(all);
  assert.deepEqual(got.filter(({ status }) => status !== 200), []);
  const keys = (odd: number) =>
    new Set(got.filter(({ label }) => Number(label.at(-1)) % 2 === odd).map(({ key }) => key));
  const [full, narrow] = [keys(0), keys(1)];
  assert.deepEqual([full.size, narrow.size], [1, 1], "one session each");
  assert.notDeepEqual(full, narrow);
  const made = world.aws.calls.map(({ action }) => action);
  assert.equal(made.filter((action) => action === "GetFederationToken").length, 1);
  await ends(athm);
  const log = await well(world, "athm audit --json");
  for (const { label } of clients) {
    const lines = log.match(new RegExp(`"event":"serve"[^\\n]*"client":"${label}"`, "g"));
    assert.equal(lines?.length, 50, label);
  }
  await well(world, "athm audit verify");
});

const role = "arn:aws:iam::123456789012:role/admin";
const passphrase = "correct horse battery staple";

/**
 * A program of the same user that has only the environment of the client `assistant`. `can` fetches
 * the credentials like an SDK.
 */
const hostile = (aws: string, origin: string, home: string) => `
may() { echo "$1:" $(can ${aws} GetItem PutItem 2>&1 | grep -E '^(GetItem|PutItem): (yes|no)$'); }
may own
AWS_CONTAINER_CREDENTIALS_FULL_URI=${origin}/other may 'another profile'
AWS_CONTAINER_CREDENTIALS_FULL_URI=${origin}/ADMIN may 'its profile in capitals'
for file in ${home}/*.token; do
  AWS_CONTAINER_AUTHORIZATION_TOKEN=$(cat "$file") may "$(basename "$file")"
done
for file in ${home}/clients/*; do
  AWS_CONTAINER_AUTHORIZATION_TOKEN=$(basename "$file") may 'the name of a file'
done
eval "$(athm serve --print-env ide --port 1)"; may '--print-env of another client'
gets() {
  AWS_CONTAINER_CREDENTIALS_FULL_URI= "$@" 2>&1 |
    grep -cE 'PutItem: yes|SecretAccessKey|SECRET_ACCESS_KEY|AUTHORIZATION_TOKEN|added'
}
gets athm serve token add evil --profile admin
gets athm serve --print-env admin
gets athm aws exec admin -- can ${aws} PutItem
gets athm aws exec --ambient --endpoint-url ${aws} --role-arn ${role} -- can ${aws} PutItem
gets athm aws export admin
gets athm aws process admin
grep -c SecretAccessKey ${home}/sessions/* ${home}/narrowed/* | grep -v ':0$'
`;

execTest("serve: a hostile program of a client gets nothing wider", async (world) => {
  const { home, aws } = world;
  aws.addRole({ arn: role });
  // Another store than the one that opens by itself.
  const folder = `${home.folder}/sealed`;
  home.env.set("ATHM_HOME", folder);
  home.env.set("ATHM_PASSPHRASE", passphrase);
  await world.add("admin", `--role-arn ${role}`);
  await well(world, "athm serve token add ide --profile admin --print");
  await well(world, "athm serve token add assistant --profile admin --read-only");
  const environment = await well(world, "athm serve --print-env assistant --port 4321");
  // What an earlier server without --clients-only left.
  await Deno.writeTextFile(`${folder}/serve.token`, "x".repeat(43), { mode: 0o600 });
  const { athm, port } = await served(world, "--clients-only");
  const origin = `http://127.0.0.1:${port}`;
  home.env.delete("ATHM_PASSPHRASE");
  const script = `${environment.replaceAll("4321", port)}${hostile(aws.url, origin, folder)}`;
  await Deno.writeTextFile(`${home.folder}/hostile`, script);
  const { out } = await home.run("sh hostile");
  assert.deepEqual(out.trimEnd().split("\n"), [
    "own: GetItem: yes PutItem: no",
    "another profile:",
    "its profile in capitals: GetItem: yes PutItem: no",
    "serve-assistant.token: GetItem: yes PutItem: no",
    "serve.token:",
    "the name of a file:",
    "the name of a file:",
    "--print-env of another client: GetItem: yes PutItem: no",
    ...Array.from({ length: 6 }, () => "0"),
  ]);

  // The record of a wider client in place of its own does not open.
  const [first = "", second = ""] = Array.from(
    Deno.readDirSync(`${folder}/clients`),
    (each) => `${folder}/clients/${each.name}`,
  );
  const [one, two] = [await Deno.readFile(first), await Deno.readFile(second)];
  await Deno.writeFile(first, two);
  await Deno.writeFile(second, one);
  const token = (await Deno.readTextFile(`${folder}/serve-assistant.token`)).trim();
  const swapped = await fetchAs(new URL(`${origin}/admin`), token);
  assert.deepEqual([swapped.status, swapped.key], [403, ""]);
  assert.match(swapped.message, /damaged or was modified/);
  await Deno.writeFile(first, one);
  await Deno.writeFile(second, two);

  // The limit: programs of the same user read the token of a wider client from its file.
  home.env.set("ATHM_PASSPHRASE", passphrase);
  await well(world, "athm serve token add wide --profile admin");
  home.env.delete("ATHM_PASSPHRASE");
  const line = `AWS_CONTAINER_AUTHORIZATION_TOKEN=$(cat ${folder}/serve-wide.token) ` +
    `AWS_CONTAINER_CREDENTIALS_FULL_URI=${origin}/admin can ${aws.url} PutItem`;
  assert.equal(await well(world, line), "PutItem: yes\n");
  await ends(athm);
});

execTest("serve: a client of a confirmed profile gets what a person allowed", async (world) => {
  const { home, aws } = world;
  await well(world, "athm serve token add wide --profile example");
  const { athm, environment } = await served(world, "--clients-only");
  const wide = await environment("wide");
  assert.equal((await fetchAs(wide.url, wide.token)).status, 200);
  await well(world, "athm aws set example --confirm --no-login");
  // The server looks at the profile again after a second.
  let refused = await fetchAs(wide.url, wide.token);
  for (let turn = 0; refused.status === 200 && turn < 20; turn++) {
    await pause(100);
    refused = await fetchAs(wide.url, wide.token);
  }
  assert.deepEqual([refused.status, refused.key], [403, ""]);
  assert.match(refused.message, /example asks before each use, and was not confirmed as it is now/);
  // Reading needs no person, and adding a client that may do more does.
  await well(world, "athm serve token add reader --profile example --read-only");
  const reader = await environment("reader");
  assert.equal((await fetchAs(reader.url, reader.token)).status, 200);
  for (const more of ["", "--policy-arn arn:aws:iam::aws:policy/AdministratorAccess", "--force"]) {
    const { exit, err } = await home.run(`athm serve token add more --profile example ${more}`);
    assert.equal(exit, 1, err);
    assert.match(err, /the use of example must be confirmed/);
  }
  const federated = aws.calls.filter(({ action }) => action === "GetFederationToken");
  assert.equal(federated.length, 1);
  await ends(athm);
});
