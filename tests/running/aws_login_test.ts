/** Real processes that share one sign-in to the console, whose keys last only minutes. */
import assert from "node:assert/strict";
import { type AthmHome, athmHome } from "../support/athm_home.ts";
import { consoleArn, signInToConsole } from "../support/console_home.ts";
import { type FakeAws, startFakeAws } from "../support/fake_aws.ts";

const many = 20;
const role = "arn:aws:iam::210987654321:role/deploy";

function start(home: AthmHome, args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(home.athm, {
    args: [...args],
    cwd: home.folder,
    clearEnv: true,
    env: Object.fromEntries(home.env),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

async function keysOf(home: AthmHome, names: readonly string[]): Promise<string[]> {
  const show = ["--", "/bin/sh", "-c", 'echo "$AWS_ACCESS_KEY_ID"'];
  const outcomes = await Promise.all(
    names.map((name) => start(home, ["aws", "exec", name, ...show]).output()),
  );
  const wrong = outcomes.filter(({ code }) => code !== 0).map(({ stderr }) => text(stderr));
  assert.deepEqual(wrong, []);
  return outcomes.map(({ stdout }) => text(stdout).trim());
}

const actions = (aws: FakeAws) => aws.calls.map(({ action, status }) => `${action} ${status}`);

Deno.test("aws-login: twenty processes of one profile make one refresh", async () => {
  await using aws = await startFakeAws();
  await using home = await athmHome();
  await signInToConsole(home, aws, ["dev"]);
  const keys = await keysOf(home, Array.from({ length: many }, () => "dev"));
  assert.equal(new Set(keys).size, 1);
  assert.equal(aws.identity(keys[0] ?? "")?.arn, consoleArn);
  assert.deepEqual(actions(aws), ["CreateOAuth2Token 200"]);
});

Deno.test("aws-login: twenty profiles of one sign-in make one refresh", async () => {
  await using aws = await startFakeAws();
  await using home = await athmHome();
  const names = Array.from({ length: many }, (_, index) => `p${index}`);
  await signInToConsole(home, aws, names);
  const keys = await keysOf(home, names);
  assert.equal(new Set(keys).size, 1);
  assert.deepEqual(actions(aws), ["CreateOAuth2Token 200"]);
});

/** A server's URL, from its output. */
async function placeIn(
  stream: ReadableStream<Uint8Array>,
): Promise<{ url: string; token: string }> {
  let seen = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    seen += part;
    const [, url, token] = /=(http:\S+)=(\S+)=/.exec(seen) ?? [];
    if (url !== undefined && token !== undefined) return { url, token };
  }
  throw new Error(`nothing was printed: ${seen}`);
}

/** Fetches twice a second for a few seconds; every response must be unexpired. Returns the keys. */
async function askFor(seconds: number, { url, token }: { url: string; token: string }) {
  const keys = new Set<string>();
  for (const until = Date.now() + seconds * 1000; Date.now() < until;) {
    const answer = await fetch(url, { headers: { authorization: token } });
    const body = await answer.json();
    assert.equal(answer.status, 200, body.message);
    assert.ok(Date.parse(body.Expiration) > Date.now(), `${body.Expiration} is past`);
    keys.add(body.AccessKeyId);
    await new Promise((done) => setTimeout(done, 500));
  }
  return keys;
}

const printed = 'echo "=$AWS_CONTAINER_CREDENTIALS_FULL_URI=$AWS_CONTAINER_AUTHORIZATION_TOKEN="';

for (const roles of [[], [role]]) {
  const what = roles.length ? "a role's keys" : "the console's keys";

  Deno.test(`aws-login: exec --server never returns ${what} expired, although they last seconds`, async () => {
    await using aws = await startFakeAws({ sessionLifetime: () => 6 });
    aws.addRole({ arn: role });
    await using home = await athmHome();
    await signInToConsole(home, aws, ["dev"], roles);
    const child = ["--", "/bin/sh", "-c", `${printed}; exec sleep 14`];
    const athm = start(home, ["aws", "exec", "dev", "--server", "--min-ttl", "1s", ...child]);
    const keys = await askFor(12, await placeIn(athm.stdout));
    assert.ok(keys.size >= 3, `${keys.size} keys`);
    const { code } = await athm.status;
    assert.equal(text(await new Response(athm.stderr).bytes()), "");
    assert.equal(code, 0);
    assert.ok(actions(aws).every((each) => each.endsWith(" 200")), `${actions(aws)}`);
  });
}

Deno.test("aws-login: serve never returns expired keys, and exec shares its refreshes", async () => {
  await using aws = await startFakeAws({ sessionLifetime: () => 6 });
  await using home = await athmHome();
  await signInToConsole(home, aws, ["dev"]);
  const athm = start(home, ["serve", "--port", "0", "dev"]);
  try {
    const reader = athm.stderr.pipeThrough(new TextDecoderStream()).getReader();
    let seen = "";
    while (!seen.includes("uses it\n")) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`it ended: ${seen}`);
      seen += value;
    }
    const [, advice = ""] = /eval "\$\((athm serve --print-env NAME.*)\)"/.exec(seen) ?? [];
    const { out } = await home.run(`eval "$(${advice.replace("NAME", "dev")})"; ${printed}`);
    const [, url = "", token = ""] = /=(http:\S+)=(\S+)=/.exec(out) ?? [];
    const keys = await askFor(10, { url, token });
    assert.ok(keys.size >= 3, `${keys.size} keys`);
    const ran = await home.run("athm aws exec dev --min-ttl 1s -- true");
    assert.equal(ran.exit, 0, ran.err);
    await reader.cancel();
  } finally {
    athm.kill("SIGTERM");
    await athm.status;
    await athm.stdout.cancel();
  }
  assert.ok(actions(aws).every((each) => each.endsWith(" 200")), `${actions(aws)}`);
});
