import assert from "node:assert/strict";
import { compactDecrypt, CompactEncrypt } from "jose";
import { openOrCreateStore, openStore } from "../../src/session/stores.ts";
import { type MemoryFiles, memoryFiles } from "../support/memory_files.ts";
import { testSystem } from "../support/test_system.ts";
import { canary, fails, home, keysProfile } from "../support/store_samples.ts";

const storeFile = `${home}/store.json`;
const raw = Uint8Array.from({ length: 32 }, (_, at) => 250 - at);
const key = raw.toBase64();
const env = (variables: Record<string, string>) => ({ HOME: "/home/ann", ...variables });

function read(files: MemoryFiles): Record<string, string> {
  return JSON.parse(files.text(storeFile) ?? "{}");
}

/** A store with a profile, created on a machine with these variables and answers. */
async function made(
  options: { env?: Record<string, string>; answers?: string[] },
): Promise<MemoryFiles> {
  const files = memoryFiles();
  const store = await openOrCreateStore(testSystem({ files, ...options }));
  await store.saveProfile(keysProfile("example"), { replace: false });
  return files;
}

async function opens(options: Parameters<typeof testSystem>[0]): Promise<void> {
  const store = await openStore(testSystem(options));
  assert.equal((await store?.profile("example"))?.name, "example");
}

Deno.test("without prompts and variables, the key is in the file, and one line says so", async () => {
  const system = testSystem();
  await openOrCreateStore(system);
  assert.deepEqual(Object.keys(read(system.files)), ["v", "custody", "keyId", "key"]);
  assert.equal(read(system.files).custody, "file");
  assert.equal(system.captured.said.length, 1);
  assert.match(system.captured.said[0] ?? "", /store\.json/);
  assert.doesNotMatch(system.captured.said[0] ?? "", new RegExp(read(system.files).key ?? "-"));
  await openOrCreateStore(system);
  assert.equal(system.captured.said.length, 1);
});

Deno.test("ATHM_KEY is the key: never stored, in any base64, required each time", async () => {
  const files = await made({ env: env({ ATHM_KEY: key }) });
  assert.deepEqual(Object.keys(read(files)), ["v", "custody", "keyId"]);
  assert.equal(read(files).custody, "env");
  const forms = [key, raw.toBase64({ omitPadding: true }), `${key}\n`];
  const alphabet = "base64url" as const;
  forms.push(raw.toBase64({ alphabet }), raw.toBase64({ alphabet, omitPadding: true }));
  for (const form of forms) await opens({ files, env: env({ ATHM_KEY: form }) });
  const failure = await fails("store-key", () => openStore(testSystem({ files })));
  assert.match(failure.message, /ATHM_KEY, which is not set/);
});

Deno.test("an invalid ATHM_KEY is rejected and not quoted", async () => {
  for (const bad of ["", canary, raw.slice(1).toBase64(), "!".repeat(44), key + key]) {
    const system = testSystem({ env: env({ ATHM_KEY: bad }) });
    const failure = await fails("store-key", () => openOrCreateStore(system));
    if (bad) assert.ok(!`${failure.message} ${failure.hint}`.includes(bad));
    assert.deepEqual(system.files.all("/"), [], "nothing is made");
  }
});

Deno.test("an ATHM_KEY that is not the store's is rejected, whatever holds the key", async () => {
  const wrong = raw.toReversed().toBase64();
  for (const variables of [{ ATHM_KEY: key }, {}]) {
    const files = await made({ env: env(variables) });
    const system = testSystem({ files, env: env({ ATHM_KEY: wrong }) });
    const failure = await fails("store-key", () => openStore(system));
    assert.ok(!failure.message.includes(wrong));
  }
  const files = await made({});
  await opens({ files, env: env({ ATHM_KEY: read(files).key ?? "" }) });
});

Deno.test("a passphrase from the environment makes and opens a store; jose opens the key", async () => {
  const files = await made({ env: env({ ATHM_PASSPHRASE: "correct horse" }) });
  assert.deepEqual(Object.keys(read(files)), ["v", "custody", "keyId", "wrapped"]);
  await opens({ files, env: env({ ATHM_PASSPHRASE: "correct horse" }) });

  const words = new TextEncoder().encode("correct horse");
  const opened = await compactDecrypt(read(files).wrapped ?? "", words, {
    keyManagementAlgorithms: ["PBES2-HS512+A256KW"],
    maxPBES2Count: 10_000_000,
  });
  assert.ok((opened.protectedHeader.p2c as number) >= 210_000);
  await opens({ files, env: env({ ATHM_KEY: opened.plaintext.toBase64() }) });

  const wrong = testSystem({ files, env: env({ ATHM_PASSPHRASE: canary }), answers: ["x"] });
  const failure = await fails("store-key", () => openStore(wrong));
  assert.match(failure.message, /ATHM_PASSPHRASE does not open/);
  assert.deepEqual(wrong.asked, []);
});

Deno.test("a passphrase from the environment: the cost of each start is said once, to a person", async () => {
  const variables = env({ ATHM_PASSPHRASE: "correct horse" });
  const said = async (files: ReturnType<typeof memoryFiles>, answers?: string[]) => {
    const system = testSystem({ files, env: variables, ...answers && { answers } });
    await openOrCreateStore(system);
    return system.captured.said.filter((line) => line.includes("athm store unlock"));
  };
  const files = memoryFiles();
  assert.equal((await said(files, ["x"])).length, 1);
  assert.deepEqual(await said(files, ["x"]), []);
  assert.deepEqual(await said(memoryFiles()), [], "a job cannot unlock its store");
});

Deno.test("ATHM_PASSPHRASE_FILE: drops the final newline and overrides ATHM_PASSPHRASE", async () => {
  const files = memoryFiles();
  const path = "/run/secrets/it's here";
  const variables = env({ ATHM_PASSPHRASE_FILE: path, ATHM_PASSPHRASE: "another" });
  files.put(path, "correct horse\n");
  const store = await openOrCreateStore(testSystem({ files, env: variables }));
  await store.saveProfile(keysProfile("example"), { replace: false });
  await opens({ files, env: env({ ATHM_PASSPHRASE: "correct horse" }) });
  files.put(path, "correct horse\r\n");
  await opens({ files, env: variables });
  files.put(path, "correct horse\n\n");
  await fails("store-key", () => openStore(testSystem({ files, env: variables })));

  files.put(path, "correct horse\n", 0o620);
  const open = await fails("store-open", () => openStore(testSystem({ files, env: variables })));
  assert.equal(open.hint, `chmod go-w '/run/secrets/it'\\''s here'`);
  // As orchestrators provide them: a link to a file that everyone in the container can read.
  files.put("/run/secrets/other", "correct horse", 0o444);
  files.link(path, "/run/secrets/other");
  await opens({ files, env: variables });
  files.remove(path);
  await fails("store-key", () => openStore(testSystem({ files, env: variables })));
});

Deno.test("an empty passphrase in the environment is ignored", async () => {
  const files = memoryFiles();
  files.put("/empty", "\n");
  for (const variables of [{ ATHM_PASSPHRASE: "" }, { ATHM_PASSPHRASE_FILE: "/empty" }]) {
    const system = testSystem({ files, env: env(variables) });
    await fails("store-key", () => openOrCreateStore(system));
    assert.equal(files.facts(home), undefined);
  }
});

Deno.test("prompts twice for a new passphrase, and up to three times for an existing one", async () => {
  const files = await made({ answers: ["one", "two", "correct horse", "correct horse"] });
  assert.equal(read(files).custody, "passphrase");
  const system = testSystem({ files, answers: ["no", "nor this", "correct horse"] });
  assert.ok(await openStore(system));
  assert.equal(system.asked.filter(({ secret }) => secret).length, 3);
  const wrong = testSystem({ files, answers: ["a", "b", "c", "correct horse"] });
  await fails("store-key", () => openStore(wrong));
  assert.equal(wrong.asked.length, 3);
  await fails("cancelled", () => openStore(testSystem({ files, answers: ["a"] })));
  const alone = await fails("needs-person", () => openStore(testSystem({ files })));
  assert.match(alone.hint ?? "", /ATHM_PASSPHRASE_FILE.*ATHM_PASSPHRASE/);
});

Deno.test("no passphrase means a key file; a passphrase that is never repeated, no store", async () => {
  const none = testSystem({ answers: [""] });
  await openOrCreateStore(none);
  assert.equal(read(none.files).custody, "file");
  assert.equal(none.captured.said.length, 1);
  const never = testSystem({ answers: ["a", "b", "c", "d", "e", "f"] });
  await fails("store-key", () => openOrCreateStore(never));
  assert.deepEqual(never.files.all("/"), []);
});

Deno.test("a wrapped key with too few or too many rounds is rejected untried", async () => {
  const files = await made({ env: env({ ATHM_PASSPHRASE: "correct horse" }) });
  const words = new TextEncoder().encode("correct horse");
  const wrapped = (p2c: number, typ = "athm-key") =>
    new CompactEncrypt(raw)
      .setProtectedHeader({ alg: "PBES2-HS512+A256KW", enc: "A256GCM", typ, v: 1 })
      .setKeyManagementParameters({ p2c })
      .encrypt(words);
  const cheap = await wrapped(1000);
  const [head = "", ...rest] = cheap.split(".");
  const claims = JSON.parse(new TextDecoder().decode(Uint8Array.fromBase64(head, {
    alphabet: "base64url",
  })));
  const dear = new TextEncoder().encode(JSON.stringify({ ...claims, p2c: 10_000_001 }))
    .toBase64({ alphabet: "base64url", omitPadding: true });
  const foreign = await wrapped(210_000, "athm-session");
  for (const bad of [cheap, [dear, ...rest].join("."), foreign, "", "a.b.c.d.e"]) {
    files.put(storeFile, JSON.stringify({ ...read(files), wrapped: bad }));
    const system = testSystem({ files, answers: ["correct horse"] });
    await fails("store-damaged", () => openStore(system));
    assert.deepEqual(system.asked, []);
  }
});

Deno.test("two processes that make the store at once end with one key", async () => {
  for (const variables of [{}, { ATHM_PASSPHRASE: "correct horse" }, { ATHM_KEY: key }]) {
    const files = memoryFiles();
    const systems = [1, 2, 3].map(() => testSystem({ files, env: env(variables) }));
    const stores = await Promise.all(systems.map(openOrCreateStore));
    for (const [at, store] of stores.entries()) {
      await store.saveProfile(keysProfile(`p${at}`), { replace: false });
    }
    for (const store of stores) {
      const listed = await store.profiles();
      assert.deepEqual(listed.map((one) => "profile" in one && one.profile.name), [
        "p0",
        "p1",
        "p2",
      ]);
    }
    assert.ok(systems.flatMap((system) => system.captured.said).length <= 1);
  }
});
