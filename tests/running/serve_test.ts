/** `athm serve`: one server for many clients, until it is stopped. */
import assert from "node:assert/strict";
import { createTestAuthority } from "../support/certificates.ts";
import { type AthmProcess, execTest, type ExecWorld, pause, timed } from "../support/exec_world.ts";
import { parseAnswer, readAll, writeRaw } from "../support/raw_http.ts";

/** The two variables that `--print-env` prints, with the command that the server suggests. */
async function variablesOf(world: ExecWorld, athm: AthmProcess, name: string) {
  const [, advice = ""] = /^athm: eval "\$\((athm serve --print-env NAME.*)\)" uses it$/m
    .exec(athm.said()) ?? [];
  const show = 'echo "=$AWS_CONTAINER_CREDENTIALS_FULL_URI=$AWS_CONTAINER_AUTHORIZATION_TOKEN="';
  const ran = await world.home.run(`eval "$(${advice.replace("NAME", name)})"; ${show}`);
  const [, url = assert.fail(ran.err), token = ""] = /=(\S+)=(\S+)=/.exec(ran.out) ?? [];
  return { url: new URL(url), token };
}

interface Client {
  readonly url: URL;
  readonly token: string;
  readonly ca?: string;
  readonly host?: string;
}

async function fetchFrom({ url, token, ca, host = url.host }: Client) {
  const place = { hostname: url.hostname, port: Number(url.port) };
  using connection = url.protocol === "https:"
    ? await Deno.connectTls({ ...place, caCerts: ca ? [ca] : [] })
    : await Deno.connect(place);
  const head = `GET ${url.pathname} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: ${token}\r\n\r\n`;
  await writeRaw(connection, head);
  const { status, body } = parseAnswer(await readAll(connection));
  const fields = JSON.parse(body) as Record<string, string>;
  return { status, key: fields["AccessKeyId"] ?? "", message: fields["message"] ?? "" };
}

/** The first answer that fits, or the last one after a minute. */
async function fetchUntil(
  client: Client,
  fits: (answer: Awaited<ReturnType<typeof fetchFrom>>) => boolean,
) {
  const until = Date.now() + 60_000;
  for (;;) {
    const answer = await fetchFrom(client);
    if (fits(answer) || Date.now() > until) return answer;
    await pause(100);
  }
}

async function serve(world: ExecWorld, ...options: readonly string[]): Promise<AthmProcess> {
  const athm = world.start(["serve", "--port", "0", ...options]);
  await athm.sees(/uses it\n/);
  return athm;
}

async function endsWell(athm: AthmProcess): Promise<void> {
  athm.signal("SIGTERM");
  const { value, took } = await timed(athm.ended);
  assert.equal(value, 0, athm.said());
  assert.ok(took < 3000, `${took} ms`);
  assert.equal(athm.out(), "");
}

execTest("serve: accepts what --print-env prints, and SIGTERM ends it", async (world) => {
  const athm = await serve(world, "example");
  assert.match(athm.said(), /^athm: serving example at http:\/\/127\.0\.0\.1:\d+\/NAME$/m);
  const client = await variablesOf(world, athm, "example");
  assert.equal(client.url.pathname, "/example");
  const { status, key } = await fetchFrom(client);
  assert.equal(status, 200);
  assert.equal(world.aws.identity(key)?.kind, "session-token");
  assert.equal((await fetchFrom({ ...client, token: client.token.slice(1) })).status, 401);
  assert.equal((await fetchFrom({ ...client, host: `localhost:${client.url.port}` })).status, 403);
  const port = Number(client.url.port);
  using waiting = await Deno.connect({ hostname: "127.0.0.1", port });
  await endsWell(athm);
  assert.equal(await readAll(waiting), "");
  Deno.listen({ hostname: "127.0.0.1", port }).close();
  // The token outlives the server: a client that has it continues after a restart.
  const again = await serve(world, "example");
  assert.equal((await variablesOf(world, again, "example")).token, client.token);
  await endsWell(again);
});

for (const signal of ["SIGINT", "SIGHUP"] as const) {
  execTest(`serve: ${signal} ends it too`, async (world) => {
    const athm = await serve(world);
    athm.signal(signal);
    assert.equal(await athm.ended, 0);
  });
}

execTest("serve: reports a port in use with a hint", async (world) => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const athm = world.start(["serve", "--port", `${taken.addr.port}`]);
  assert.equal(await athm.ended, 1);
  assert.match(athm.said(), /^athm: error: cannot listen on 127\.0\.0\.1:\d+: another program/);
  assert.match(athm.said(), /^athm: hint: use --port 0/m);
});

for (
  const [what, options, says] of [
    ["an address that others reach, in the clear", "--host 0.0.0.0", /--host 0\.0\.0\.0/],
    ["another such address", "--host ::", /could read the credentials/],
    ["a certificate without its key", "--tls-cert cert.pem", /--tls-key/],
    ["a certificate that is not there", "--tls-cert no.pem --tls-key no.pem", /no\.pem/],
    ["a port that is none", "--port 65536", /65536/],
    ["a port in words", "--port http", /http/],
    ["a name that is none", "'bad name'", /bad name/],
  ] as const
) {
  execTest(`serve: ${what} is a usage error`, async (world) => {
    const ran = await world.home.run(`athm serve ${options}`);
    assert.deepEqual([ran.exit, ran.out], [2, ""], ran.err);
    assert.match(ran.err, /^athm: error: /);
    assert.match(ran.err, says);
  });
}

execTest("serve: reports an invalid certificate in one sentence", async (world) => {
  for (const name of ["cert.pem", "key.pem"]) {
    await Deno.writeTextFile(`${world.home.folder}/${name}`, "junk\n");
  }
  const ran = await world.home.run("athm serve --port 0 --tls-cert cert.pem --tls-key key.pem");
  assert.ok(ran.exit === 1 || ran.exit === 2, `${ran.exit}`);
  assert.match(ran.err, /^athm: error: .*(certificate|key|tls)/i);
  assert.doesNotMatch(ran.err, /internal error/);
});

execTest("serve: reports an unknown profile at once", async (world) => {
  for (const line of ["athm serve --port 0 exmaple", "athm serve --print-env exmaple"]) {
    const ran = await world.home.run(line);
    assert.deepEqual([ran.exit, ran.out], [1, ""]);
    assert.match(ran.err, /^athm: error: profile "exmaple" not found.*example/);
  }
});

for (const host of ["127.0.0.1", "0.0.0.0"]) {
  execTest(`serve: serves TLS at ${host}`, async (world) => {
    const authority = await createTestAuthority();
    const { cert, key } = await authority.issue(["127.0.0.1"]);
    const { folder } = world.home;
    await Deno.writeTextFile(`${folder}/cert.pem`, cert);
    await Deno.writeTextFile(`${folder}/key.pem`, key);
    const tls = ["--tls-cert", "cert.pem", "--tls-key", "key.pem"];
    const athm = await serve(world, "--host", host, ...tls);
    const client = await variablesOf(world, athm, "example");
    assert.equal(client.url.protocol, "https:");
    // Clients on other machines use a name of the certificate.
    const url = new URL(client.url.href.replace("0.0.0.0", "127.0.0.1"));
    assert.equal((await fetchFrom({ ...client, url, ca: authority.cert })).status, 200);
    await endsWell(athm);
  });
}

execTest(
  "serve: creates a private token file and rejects one that others can read",
  async (world) => {
    const file = `${world.home.folder}/token`;
    const athm = await serve(world, "--token-file", "token", "example");
    assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600);
    const client = await variablesOf(world, athm, "example");
    assert.equal(client.token, (await Deno.readTextFile(file)).trim());
    assert.equal(client.token.length, 43);
    assert.equal((await fetchFrom(client)).status, 200);
    await endsWell(athm);
    for (const mode of [0o640, 0o604, 0o620, 0o602]) {
      await Deno.chmod(file, mode);
      const ran = await world.home.run("athm serve --port 0 --token-file token");
      assert.deepEqual([ran.exit, ran.out], [1, ""], mode.toString(8));
      assert.match(ran.err, /^athm: error: .*token.*\nathm: hint: chmod 600 .*token\n$/);
    }
    await Deno.chmod(file, 0o600);
    for (
      const junk of [
        "",
        "short\n",
        "a b".repeat(20),
        "x".repeat(31),
        "é".repeat(40),
        "x\ny".repeat(20),
      ]
    ) {
      await Deno.writeTextFile(file, junk);
      const ran = await world.home.run("athm serve --print-env example --token-file token");
      assert.deepEqual([ran.exit, ran.out], [1, ""], JSON.stringify(junk));
      assert.match(ran.err, /^athm: error: .*does not contain a token/);
    }
    await Deno.remove(file);
    await Deno.mkdir(file, { mode: 0o700 });
    const folder = await world.home.run("athm serve --port 0 --token-file token");
    assert.equal(folder.exit, 1);
    assert.match(folder.err, /^athm: error: cannot read/);
  },
);

execTest("serve: each named profile has its path, and no other", async (world) => {
  await world.add("second");
  await world.add("third");
  const athm = await serve(world, "example", "SECOND");
  const client = await variablesOf(world, athm, "example");
  const at = (path: string) => fetchFrom({ ...client, url: new URL(path, client.url) });
  const [one, two] = [await at("/example"), await at("/second")];
  assert.deepEqual([one.status, two.status], [200, 200]);
  assert.notEqual(one.key, two.key);
  assert.equal((await at("/Example")).key, one.key);
  for (const path of ["/third", "/", "/nobody", "/example/", "/%65xample"]) {
    assert.equal((await at(path)).status, 404, path);
  }
  await endsWell(athm);

  const every = await serve(world);
  const all = await variablesOf(world, every, "third");
  assert.equal((await fetchFrom(all)).status, 200);
  // A profile added while it runs is served, a removed one is not.
  await world.add("fourth");
  const fourth = { ...all, url: new URL("/fourth", all.url) };
  assert.equal((await fetchFrom(fourth)).status, 200);
  await world.home.run("athm aws rm fourth");
  const gone = await fetchUntil(fourth, ({ status }) => status !== 200);
  assert.deepEqual([gone.status, gone.message], [404, "not found"]);
  await endsWell(every);
});

execTest("serve: a changed profile gets a new session", async (world) => {
  const role = "arn:aws:iam::123456789012:role/deploy";
  world.aws.addRole({ arn: role });
  const athm = await serve(world, "example");
  const client = await variablesOf(world, athm, "example");
  const { key } = await fetchFrom(client);
  await world.add("example", `--force --role-arn ${role}`);
  const next = await fetchUntil(client, (answer) => answer.key !== key);
  assert.notEqual(next.key, key);
  assert.equal(world.aws.identity(next.key)?.kind, "assumed-role");
  await endsWell(athm);
});

for (
  const [what, status, code, says] of [
    ["refuses", 403, "AccessDenied", /refused GetSessionToken: x/],
    ["fails", 503, "x", /503/],
  ] as const
) {
  execTest(`serve: AWS ${what} at the start, and it serves once AWS recovers`, async (world) => {
    await world.add("later", "--no-login");
    world.aws.behave({ kind: "fail", status, code, message: "x" }, Infinity);
    const athm = await serve(world, "later");
    const client = await variablesOf(world, athm, "later");
    // On a busy machine, it may still be signing in.
    const failed = await fetchUntil(client, ({ message }) => !/signing in/.test(message));
    assert.equal(failed.status, status);
    assert.match(failed.message, says);
    world.aws.clearBehaviors();
    // The longer AWS failed, the longer it waits before it tries again.
    const last = await fetchUntil(client, (answer) => answer.status === 200);
    assert.equal(last.status, 200, last.message);
    await endsWell(athm);
  });
}

execTest("serve: a required MFA code is reported with the command to run", async (world) => {
  const serial = "arn:aws:iam::123456789012:mfa/bob";
  const bob = world.aws.addUser({ name: "bob", mfa: { serial, code: () => "123456" } });
  const add =
    `athm aws add bob --no-login --from-env --endpoint-url ${world.aws.url} --mfa-serial ${serial}`;
  const made = await world.home.run(add, {
    AWS_ACCESS_KEY_ID: bob.accessKeyId,
    AWS_SECRET_ACCESS_KEY: bob.secretAccessKey,
  });
  assert.equal(made.exit, 0, made.err);
  const athm = await serve(world, "bob", "example");
  const client = await variablesOf(world, athm, "bob");
  const { status, message } = await fetchFrom(client);
  assert.equal(status, 403, message);
  assert.match(message, /athm aws |--mfa-command/);
  const other = await fetchFrom({ ...client, url: new URL("/example", client.url) });
  assert.equal(other.status, 200);
  await endsWell(athm);
});
