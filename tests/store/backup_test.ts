// `athm store backup` and `restore`.

import assert from "node:assert/strict";
import { compactDecrypt } from "jose";
import { Failure } from "../../src/model/failure.ts";
import { openOrCreateStore, openStore } from "../../src/session/stores.ts";
import { memoryFiles } from "../support/memory_files.ts";
import { canary, home, keysProfile, sampleSession, standingOn } from "../support/store_samples.ts";
import { athm, cheapPassphrases } from "../support/store_program.ts";
import { testSystem } from "../support/test_system.ts";

const words = "correct horse battery staple";
const given = { HOME: "/home/ann", ATHM_BACKUP_PASSPHRASE_FILE: "/run/backup" };
const file = "/backups/athm.backup";

async function made(names: readonly string[] = ["a", "b"]) {
  const files = memoryFiles();
  files.put("/run/backup", `${words}\n`);
  files.makeFolder("/backups", 0o755);
  const store = await openOrCreateStore(testSystem({ files }));
  for (const name of names) {
    await store.saveProfile(keysProfile(name), { replace: false });
    await store.saveSession(name, sampleSession(), "f");
  }
  return files;
}

/** Another machine with the backup of the first. */
async function elsewhere(
  files: ReturnType<typeof memoryFiles>,
  names: readonly string[] = [],
) {
  const other = await made(names);
  other.put(file, files.read(file) ?? "");
  return other;
}

async function namesIn(files: ReturnType<typeof memoryFiles>): Promise<string[]> {
  const listed = await (await openStore(testSystem({ files })))?.profiles() ?? [];
  return listed.map((each) => "profile" in each ? each.profile.name : "damaged");
}

Deno.test("a backup restores profiles and sessions on another machine, and jose opens it", async () => {
  using _cheap = cheapPassphrases();
  const files = await made();
  const said = await athm(`store backup ${file}`, files, { env: given });
  assert.equal(said.code, 0, said.err);
  assert.match(said.err, /2 profiles and 2 sessions written to \/backups\/athm\.backup/);
  assert.equal(files.facts(file)?.mode, 0o600);
  assert.ok(!(files.text(file) ?? "").includes(canary));
  const opened = await compactDecrypt(
    (files.text(file) ?? "").trim(),
    new TextEncoder().encode(words),
    {
      keyManagementAlgorithms: ["PBES2-HS512+A256KW"],
      maxPBES2Count: 10_000_000,
    },
  );
  assert.equal(opened.protectedHeader.p2c, 210_000);
  assert.ok(new TextDecoder().decode(opened.plaintext).includes(canary));

  const other = memoryFiles();
  other.put("/run/backup", words);
  other.put(file, files.read(file) ?? "");
  const restored = await athm(`store restore ${file}`, other, { env: given });
  assert.equal(restored.code, 0, restored.err);
  assert.deepEqual(await namesIn(other), ["a", "b"]);
  const store = await openStore(testSystem({ files: other }));
  assert.ok(await store?.session("a", "f"));
  assert.equal((await athm("store verify", other)).code, 0);
  // Restoring again changes nothing and is not an error.
  assert.equal((await athm(`store restore ${file}`, other, { env: given })).code, 0);
  assert.deepEqual(await namesIn(other), ["a", "b"]);
});

Deno.test("restore merges, and replaces other settings only with --force", async () => {
  using _cheap = cheapPassphrases();
  const files = await made();
  await athm(`store backup ${file}`, files, { env: given });
  const other = await elsewhere(files, ["c"]);
  const store = await openOrCreateStore(testSystem({ files: other }));
  await store.saveProfile(standingOn("b", "c"), { replace: false });
  const before = await namesIn(other);
  const refused = await athm(`store restore ${file}`, other, { env: given });
  assert.equal(refused.code, 1);
  assert.match(refused.err, /other settings for b\n.*--force/);
  assert.deepEqual(await namesIn(other), before);
  assert.equal((await athm(`store restore ${file} --force`, other, { env: given })).code, 0);
  assert.deepEqual(await namesIn(other), ["a", "b", "c"]);
  const restored = await openStore(testSystem({ files: other }));
  assert.equal((await restored?.profile("b"))?.source.kind, "keys");
});

Deno.test("restore --force repairs a store with a damaged profile", async () => {
  using _cheap = cheapPassphrases();
  const files = await made();
  await athm(`store backup ${file}`, files, { env: given });
  files.put(files.all(`${home}/profiles`)[0] ?? "", "x");
  assert.equal((await athm(`store restore ${file}`, files, { env: given })).code, 1);
  assert.equal((await athm(`store restore ${file} --force`, files, { env: given })).code, 0);
  assert.deepEqual(await namesIn(files), ["a", "b"]);
});

Deno.test("a truncated, foreign or newer backup or a wrong passphrase restores nothing", async () => {
  using _cheap = cheapPassphrases();
  const files = await made();
  await athm(`store backup ${file}`, files, { env: given });
  const whole = (files.text(file) ?? "").trim();
  const [header = "", ...rest] = whole.split(".");
  const claims = JSON.parse(
    new TextDecoder().decode(Uint8Array.fromBase64(header, { alphabet: "base64url" })),
  );
  const claiming = (change: object) =>
    [
      new TextEncoder().encode(JSON.stringify({ ...claims, ...change }))
        .toBase64({ alphabet: "base64url", omitPadding: true }),
      ...rest,
    ].join(".");
  const cases: readonly (readonly [string, RegExp])[] = [
    [whole.slice(0, -1), /is truncated or modified/],
    [whole.slice(0, whole.length / 2), /is truncated or modified/],
    [`${whole}AA`, /is truncated or modified/],
    [whole.slice(0, 20), /is not an athm backup/],
    ["", /is not an athm backup/],
    ["{}", /is not an athm backup/],
    [files.text(`${home}/store.json`) ?? "", /is not an athm backup/],
    [claiming({ typ: "athm-key" }), /is not an athm backup/],
    [claiming({ p2c: 1000 }), /is not an athm backup/],
    [claiming({ p2c: 10_000_001 }), /is not an athm backup/],
    [claiming({ v: 2 }), /newer version of athm/],
    [claiming({ p2c: 210_001 }), /does not open .*or the file was modified/],
    // The last but one character: base64url may leave bits of the last one unused.
    [whole.replace(/.(?=.\.[^.]*$)/, (one) => one === "A" ? "B" : "A"), /changed|modified/],
  ];
  for (const [content, says] of cases) {
    const other = await elsewhere(files);
    other.put(file, content);
    const before = other.all(home);
    const said = await athm(`store restore ${file}`, other, { env: given });
    assert.equal(said.code, 1, content.slice(0, 30));
    assert.match(said.err, says);
    assert.deepEqual(other.all(home), before);
    assert.ok(!said.err.includes(canary));
  }
  const none = memoryFiles();
  const missing = await athm("store restore /nowhere", none, { env: { HOME: "/home/ann" } });
  assert.match(missing.err, /file \/nowhere not found/);
  none.makeFolder("/folder", 0o755);
  const folder = await athm("store restore /folder", none, { env: { HOME: "/home/ann" } });
  assert.match(folder.err, /error: \/folder is a folder\n.*file/);
  none.put(file, whole);
  const wrong = await athm(`store restore ${file}`, none, { answers: ["x", "y", "z"] });
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /none of 3 passphrases/);
  const nobody = await athm(`store restore ${file}`, none);
  assert.match(nobody.err, /prompts are disabled\n.*ATHM_BACKUP_PASSPHRASE_FILE/);
  assert.equal(none.facts(home), undefined, "no store is made for it");
  const typed = await athm(`store restore ${file}`, none, { answers: ["x", words, ""] });
  assert.equal(typed.code, 0, typed.err);
});

Deno.test("backup touches only its own file and removes what a killed one left", async () => {
  using _cheap = cheapPassphrases();
  const files = await made();
  const left = `${file}.athm-${"0".repeat(24)}.part`;
  const others = [`${file}.part`, `${file}.athm-1.part`, `${file}x.athm-${"0".repeat(24)}.part`];
  for (const path of [left, ...others]) files.put(path, "mine");
  const said = await athm(`store backup ${file}`, files, { env: given });
  assert.equal(said.code, 0, said.err);
  assert.deepEqual(files.all("/backups"), [file, ...others].sort());
  for (const path of others) assert.equal(files.text(path), "mine");
  const list = (path: string) => {
    if (path === "/backups") throw new Failure("files", "permission denied");
    return files.list(path);
  };
  const on = { ...files, list };
  const again = await athm(`store backup ${file} --force`, files, { env: given, on });
  assert.equal(again.code, 0, again.err);
});

Deno.test("backup prompts twice, and requires an unused name and a passphrase", async () => {
  using _cheap = cheapPassphrases();
  const files = await made();
  const typed = await athm(`store backup ${file}`, files, { answers: [words, words] });
  assert.equal(typed.code, 0, typed.err);
  assert.ok(typed.system.asked.every(({ secret }) => secret));
  const before = files.text(file);
  const taken = await athm(`store backup ${file}`, files, { answers: [words, words] });
  assert.equal(taken.code, 1);
  assert.deepEqual(taken.system.asked, [], "found before anything is asked");
  assert.equal(files.text(file), before);
  assert.equal((await athm(`store backup ${file} --force`, files, { env: given })).code, 0);
  assert.notEqual(files.text(file), before);
  assert.equal((await athm("store backup /backups --force", files, { env: given })).code, 1);
  const empty = await athm("store backup /backups/b", files, { answers: [""] });
  assert.match(empty.err, /must not be empty/);
  const nobody = await athm("store backup /backups/b", files);
  assert.match(nobody.err, /prompts are disabled\n.*ATHM_BACKUP_PASSPHRASE_FILE/);
  assert.match((await athm("store backup /x", memoryFiles())).err, /no store in/);
  // Relative paths are relative to athm's working folder.
  files.makeFolder("/started-in", 0o755);
  assert.equal((await athm("store backup b", files, { env: given })).code, 0);
  assert.ok(files.facts("/started-in/b"));
  assert.deepEqual(files.all("/").filter((path) => path.endsWith(".part")), []);
});
