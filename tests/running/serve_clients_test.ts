/** The clients of a running `athm serve`: fetched by real processes, revoked without a restart. */
import assert from "node:assert/strict";
import { type AthmProcess, execTest, type ExecWorld, pooled } from "../support/exec_world.ts";
import { parseAnswer, readAll, writeRaw } from "../support/raw_http.ts";

interface Answer {
  readonly status: number;
  readonly key: string;
  readonly message: string;
}

async function fetchAs(url: URL, token: string): Promise<Answer> {
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
