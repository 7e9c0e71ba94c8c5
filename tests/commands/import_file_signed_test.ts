// `athm import file`: signatures, serial numbers, downloads and large files.

import assert from "node:assert/strict";
import { openOrCreateStore } from "../../src/session/stores.ts";
import { connect } from "../../src/system/http.ts";
import type { MemoryFiles } from "../support/memory_files.ts";
import { athm, cheapPassphrases } from "../support/store_program.ts";
import { disk, file, imports, portal, stored, team } from "../support/team_home.ts";
import { newSigner } from "../support/team_signer.ts";
import { testSystem } from "../support/test_system.ts";

// Signatures and serial numbers.

async function signedDisk(text: string, signer?: Awaited<ReturnType<typeof newSigner>>) {
  const by = signer ?? await newSigner();
  const files = disk(text);
  files.put(`${file}.sig`, await by.sign(text));
  files.put("/home/ann/team.pub", by.publicKey);
  return { files, signer: by };
}

const signedBy = " --signed-by /home/ann/team.pub --yes";

Deno.test("import file: a signed file is imported, an unsigned, changed or foreign one is not", async () => {
  const { files, signer } = await signedDisk(team({ dev: portal() }));
  const good = await imports(files, signedBy);
  assert.equal(good.code, 0, good.err);
  assert.match(
    good.err,
    /^athm: .*has the serial number 1, signed by SHA256:\S+ ann@example\.com$/m,
  );
  const before = (await stored(files)).get("dev");
  const evil = team({ dev: portal("Admin") }, 2);
  const cases: readonly (readonly [sig: string | undefined, says: RegExp])[] = [
    [await signer.sign(team({ dev: portal() }, 2)), /team\.yaml\.sig does not match the file/],
    [await (await newSigner()).sign(evil), /key that is not in the file of --signed-by/],
    [await signer.sign(evil, { namespace: "git" }), /was made for "git", not for "athm"/],
    ["nonsense", /is not a signature made by ssh-keygen -Y sign/],
    [undefined, /file \/home\/ann\/team\.yaml\.sig not found/],
  ];
  files.put(file, evil);
  for (const [sig, says] of cases) {
    files.remove(`${file}.sig`);
    if (sig !== undefined) files.put(`${file}.sig`, sig);
    const { code, err } = await imports(files, signedBy);
    assert.equal(code, 1, err);
    assert.match(err, says);
    assert.deepEqual((await stored(files)).get("dev"), before);
  }
});

Deno.test("import file: an older serial number of the same signer is refused, an equal one is not", async () => {
  const { files, signer } = await signedDisk(team({ dev: portal() }, 12));
  const put = async (text: string, by = signer) => {
    files.put(file, text);
    files.put(`${file}.sig`, await by.sign(text));
  };
  assert.equal((await imports(files, signedBy)).code, 0);
  assert.equal((await imports(files, signedBy)).code, 0);
  await put(team({ dev: portal("Admin") }, 11));
  const older = await imports(files, signedBy);
  assert.equal(older.code, 1);
  assert.match(
    older.err,
    /is older than the file imported before: its serial number is 11, but 12 was imported/,
  );
  // Neither under another path, nor by another key that the person trusts as well.
  files.put("/tmp/copy.yaml", team({ dev: portal() }, 11));
  files.put("/tmp/copy.yaml.sig", await signer.sign(team({ dev: portal() }, 11)));
  assert.equal((await athm(`import file /tmp/copy.yaml${signedBy}`, files)).code, 1);
  const second = await newSigner();
  files.put("/home/ann/team.pub", `${signer.publicKey}\n${second.publicKey}\n`);
  await put(team({ dev: portal() }, 11), second);
  assert.match((await imports(files, signedBy)).err, /but 12 was imported/);
  // A higher one by the second key is taken, and then binds both.
  await put(team({ dev: portal("Admin") }, 13), second);
  assert.match(
    (await imports(files, signedBy)).err,
    /^changed {4}dev: sso-role ReadOnly → Admin$/m,
  );
  await put(team({ dev: portal() }, 12));
  assert.match((await imports(files, signedBy)).err, /but 13 was imported/);
  // Another file of the same signer has its own numbers.
  await put(team({ ops: portal() }, 1, "name: ops\n"));
  assert.equal((await imports(files, signedBy)).code, 0);
});

/** Two signers who take turns; the person trusts one, both, then the other. */
async function takingTurns() {
  const [ann, bob] = [await newSigner(), await newSigner()];
  const files = disk();
  return {
    files,
    trust: (which: "ann" | "both" | "bob") =>
      files.put(
        "/home/ann/team.pub",
        [ann, bob].filter((_, at) => which === "both" || at === (which === "ann" ? 0 : 1))
          .map(({ publicKey }) => publicKey).join("\n"),
      ),
    /** What the web server answers. */
    signed: async (by: "ann" | "bob", serial: number, role?: string) => {
      const text = team({ dev: portal(role) }, serial);
      const sig = await (by === "ann" ? ann : bob).sign(text);
      files.put(file, text);
      files.put(`${file}.sig`, sig);
      return web({ [url]: () => new Response(text), [`${url}.sig`]: () => new Response(sig) });
    },
  };
}

Deno.test("import file: an older file is refused after a signing key was retired", async () => {
  const { files, trust, signed } = await takingTurns();
  trust("both");
  await signed("ann", 10);
  assert.equal((await imports(files, signedBy)).code, 0);
  trust("bob");
  await signed("bob", 9, "Admin");
  const older = await imports(files, signedBy);
  assert.equal(older.code, 1);
  assert.match(older.err, /its serial number is 9, but 10 was imported/);
  await signed("bob", 10, "Admin");
  assert.doesNotMatch((await imports(files, signedBy)).err, /is older/);
});

Deno.test("import file: an older file from the same URL is refused, even by another key", async () => {
  const { files, trust, signed } = await takingTurns();
  const download = async (by: "ann" | "bob", serial: number) =>
    await athm(`import file ${url}${signedBy}`, files, await signed(by, serial));
  trust("ann");
  assert.equal((await download("ann", 10)).code, 0);
  trust("bob");
  const older = await download("bob", 9);
  assert.equal(older.code, 1);
  assert.match(older.err, /its serial number is 9, but 10 was imported/);
  assert.equal((await download("bob", 10)).code, 0);
});

Deno.test("import file: profiles go from one signing key to the next without a question", async () => {
  const { files, trust, signed } = await takingTurns();
  trust("ann");
  await signed("ann", 1);
  assert.equal((await imports(files, signedBy)).code, 0);
  assert.equal((await athm("aws set dev --confirm=5m", files)).code, 0);
  trust("both");
  await signed("bob", 2);
  const turn = await imports(files, " --signed-by /home/ann/team.pub");
  assert.equal(turn.code, 0, turn.err);
  assert.match(turn.err, /0 imported, 0 changed, 1 unchanged, 0 skipped/);
  trust("bob");
  await signed("bob", 3, "Admin");
  const changed = await imports(files, signedBy, { answers: ["yes"] });
  assert.match(changed.err, /^changed {4}dev: sso-role ReadOnly → Admin$/m);
  assert.equal((await stored(files)).get("dev")?.confirm, 300);
});

Deno.test("import file: an answer of no and a dry run leave the serial number as it was", async () => {
  const { files, signer } = await signedDisk(team({ dev: portal() }, 5));
  await imports(files, " --signed-by /home/ann/team.pub --dry-run");
  await imports(files, " --signed-by /home/ann/team.pub", { answers: ["n"] });
  files.put(file, team({ dev: portal() }, 4));
  files.put(`${file}.sig`, await signer.sign(team({ dev: portal() }, 4)));
  assert.equal((await imports(files, signedBy)).code, 0);
});

Deno.test("import file: the serial number survives rm --all, a rekey, a backup and its restore", async () => {
  using _ = cheapPassphrases();
  const { files } = await signedDisk(team({ dev: portal() }, 12));
  assert.equal((await imports(files, signedBy)).code, 0);
  const serials = async (on: MemoryFiles) =>
    (await (await openOrCreateStore(testSystem({ files: on }))).taken.all()).map(({ serial }) =>
      serial
    );
  assert.equal((await athm("aws rm --all --yes", files)).code, 0);
  assert.deepEqual(await serials(files), [12]);
  assert.equal((await athm("store rekey", files)).code, 0);
  assert.deepEqual(await serials(files), [12]);
  assert.match((await athm("store verify", files)).out, /^/);
  const env = { ATHM_BACKUP_PASSPHRASE_FILE: "/home/ann/words" };
  files.put("/home/ann/words", "correct horse battery staple\n");
  const backup = await athm("store backup /home/ann/backup", files, { env });
  assert.equal(backup.code, 0, backup.err);
  const other = disk();
  other.put("/home/ann/words", "correct horse battery staple\n");
  other.put("/home/ann/backup", files.read("/home/ann/backup")!);
  const restore = await athm("store restore /home/ann/backup", other, { env });
  assert.equal(restore.code, 0, restore.err);
  assert.deepEqual(await serials(other), [12]);
});

Deno.test("import file: the file that the documentation shows is imported", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/team-file.md", import.meta.url));
  const [, example = ""] = /^```yaml\n([\s\S]+?)^```$/m.exec(page) ?? [];
  const { code, err } = await imports(disk(example));
  assert.equal(code, 0, err);
  assert.match(err, /athm: 4 imported, 0 changed, 0 unchanged, 0 skipped$/);
});

Deno.test("import file: a file may add --confirm, but not end one that a person set", async () => {
  const files = disk(team({ dev: portal(), prod: `${portal("Admin")}, confirm: 15m` }));
  assert.equal((await imports(files)).code, 0);
  assert.equal((await stored(files)).get("prod")?.confirm, 900);
  assert.equal((await athm("aws set dev --confirm=5m", files)).code, 0);
  assert.match((await imports(files)).err, /^unchanged {2}2 profiles$/m);
  files.put(file, team({ dev: `${portal()}, region: us-east-1`, prod: portal() }, 2));
  const unattended = await imports(files);
  assert.equal(unattended.code, 1);
  assert.match(unattended.err, /^changed {4}dev: region \(none\) → us-east-1$/m);
  assert.match(unattended.err, /^athm: error: .*dev/m);
  assert.equal((await stored(files)).get("dev")?.network.region, undefined);
  const asked = await imports(files, " --yes", { answers: ["yes", "yes"] });
  assert.equal(asked.code, 0, asked.err);
  const now = await stored(files);
  assert.equal(now.get("dev")?.network.region, "us-east-1");
  assert.deepEqual([now.get("dev")?.confirm, now.get("prod")?.confirm], [300, 900]);
});

// Downloads.

const url = "https://files.example/athm.yaml";

/** A web server: what it answers, by URL, and which URLs it was asked for. */
function web(answers: Readonly<Record<string, () => Response>>) {
  const asked: string[] = [];
  const http = () =>
    Promise.resolve(connect((address) => {
      asked.push(address);
      return Promise.resolve(answers[address]?.() ?? new Response("", { status: 404 }));
    }, () => {}));
  return { asked, system: { http } };
}

const redirect = (location: string) => () =>
  new Response(null, { status: 302, headers: { location } });

Deno.test("import file: a URL requires https and --signed-by, and shows no secret", async () => {
  const files = disk();
  files.put("/home/ann/team.pub", (await newSigner()).publicKey);
  const { asked, system } = web({});
  const lines: readonly (readonly [operand: string, says: RegExp])[] = [
    ["https://files.example/a --yes", /a URL requires --signed-by/],
    [`http://files.example/a${signedBy}`, /must be an https URL/],
    [`ftp://files.example/a${signedBy}`, /must be an https URL/],
    [`https://ann:secret@files.example/a${signedBy}`, /must not contain a user name, password/],
    [
      `https://files.example/a?token=secret${signedBy}`,
      /must not contain a user name, password, query/,
    ],
  ];
  for (const [operand, says] of lines) {
    const { code, err } = await athm(`import file ${operand}`, files, { system });
    assert.equal(code, 2, operand);
    assert.match(err, says);
    assert.doesNotMatch(err, /secret/);
  }
  assert.deepEqual(asked, []);
});

Deno.test("import file: downloads the file and the signature beside it, across https redirects", async () => {
  const signer = await newSigner();
  const text = team({ dev: portal() });
  const sig = await signer.sign(text);
  const files = disk();
  files.put("/home/ann/team.pub", signer.publicKey);
  const moved = "https://cdn.example/x?token=secret";
  const { asked, system } = web({
    [url]: redirect(moved),
    [moved]: () => new Response(text),
    [`${url}.sig`]: () => new Response(sig),
  });
  const { code, err } = await athm(`import file ${url}${signedBy}`, files, { system });
  assert.equal(code, 0, err);
  assert.deepEqual(asked, [url, moved, `${url}.sig`]);
  assert.doesNotMatch(err, /secret/);
  assert.equal((await stored(files)).size, 1);
});

Deno.test("import file: redirects to http, loops and missing files are errors", async () => {
  const signer = await newSigner();
  const files = disk();
  files.put("/home/ann/team.pub", signer.publicKey);
  const text = () => new Response(team({ dev: portal() }));
  const cases: readonly (readonly [Parameters<typeof web>[0], RegExp])[] = [
    [
      { [url]: redirect("http://files.example/x?token=secret") },
      /redirects https:\/\/files\.example\/athm\.yaml to http:\/\/files\.example, but athm follows redirects to https only/,
    ],
    [{ [url]: redirect("file:///etc/passwd") }, /but athm follows redirects to https only/],
    [
      { [url]: redirect("https://a:secret@files.example/") },
      /but athm follows redirects to https only/,
    ],
    [{ [url]: redirect(url) }, /redirects more than 5 times/],
    [{}, /athm\.yaml is not available \(status 404\)/],
    [{ [url]: text }, /athm\.yaml\.sig is not available \(status 404\)/],
    [
      { [url]: text, [`${url}.sig`]: redirect("http://files.example/sig") },
      /follows redirects to https only/,
    ],
    [{ [url]: text, [`${url}.sig`]: () => new Response("<html>") }, /is not a signature made by/],
  ];
  for (const [answers, says] of cases) {
    const { system } = web(answers);
    const { code, err } = await athm(`import file ${url}${signedBy}`, files, { system });
    assert.equal(code, 1);
    assert.match(err, says);
    assert.doesNotMatch(err, /secret/);
  }
  assert.equal((await stored(files)).size, 0);
});

Deno.test("import file: a body of 100 MB is cut off after 4 MiB, whatever its stated length", async () => {
  const files = disk();
  files.put("/home/ann/team.pub", (await newSigner()).publicKey);
  let sent = 0;
  let isCancelled = false;
  const body = () =>
    new ReadableStream({
      pull(stream) {
        sent += 65_536;
        if (sent > 100e6) return stream.close();
        stream.enqueue(new Uint8Array(65_536).fill(35));
      },
      cancel() {
        isCancelled = true;
      },
    });
  const { system } = web({
    [url]: () => new Response(body(), { headers: { "content-length": "10" } }),
  });
  const { code, err } = await athm(`import file ${url}${signedBy}`, files, { system });
  assert.equal(code, 1);
  assert.match(err, /files\.example returned more than 4 MiB/);
  assert.ok(sent < 5 * 2 ** 20, `${sent} bytes were read`);
  assert.ok(isCancelled);
});

Deno.test("import file: a device, a folder and a large file are not read", async () => {
  const files = disk();
  files.makeFolder(file, 0o700);
  assert.match((await imports(files)).err, /team\.yaml is not a regular file/);
  const large = disk("#".repeat(4 * 2 ** 20 + 1));
  assert.match((await imports(large)).err, /team\.yaml is larger than 4 MiB/);
});

Deno.test("import file: thousands of profiles are imported in one batch", async () => {
  const count = Deno.env.has("ATHM_SLOW") ? 10_000 : 2_000;
  const many = Object.fromEntries(Array.from({ length: count }, (_, at) => [`p${at}`, portal()]));
  const files = disk(team(many));
  const { code, err } = await imports(files);
  assert.equal(code, 0);
  assert.match(
    err,
    new RegExp(`^athm: ${count} imported, 0 changed, 0 unchanged, 0 skipped$`, "m"),
  );
  assert.match(
    err,
    new RegExp(
      `^address {4}https://example\\.awsapps\\.com: sso-start-url of ${count} profiles$`,
      "m",
    ),
  );
  assert.equal((await stored(files)).size, count);
});
