// `athm store unlock`: the key outside the disk, for a while.

import assert from "node:assert/strict";
import { openOrCreateStore, openStore } from "../../src/session/stores.ts";
import { memoryFiles } from "../support/memory_files.ts";
import { fails, home, keysProfile } from "../support/store_samples.ts";
import {
  athm,
  cheapPassphrases,
  desktop,
  type Helpers,
  helpers,
  runtimeFolder,
} from "../support/store_program.ts";
import { testStart, testSystem } from "../support/test_system.ts";

const words = "correct horse battery";
const hour = 3_600_000;
const { DBUS_SESSION_BUS_ADDRESS: _, ...withoutBus } = desktop;

async function locked(env: Record<string, string> = withoutBus) {
  const files = memoryFiles();
  if (env.XDG_RUNTIME_DIR) files.makeFolder(runtimeFolder, 0o700);
  const store = await openOrCreateStore(
    testSystem({ files, env: { HOME: "/home/ann", ATHM_PASSPHRASE: words } }),
  );
  await store.saveProfile(keysProfile("example"), { replace: false });
  const played = helpers();
  const keyId: string = JSON.parse(files.text(`${home}/store.json`) ?? "").keyId;
  const at = (now: number, played: Helpers) => ({
    env,
    now,
    system: { children: played.children },
  });
  const opens = async (now: number) => {
    const system = testSystem({ files, ...at(now, played) });
    return (await (await openStore(system))?.profile("example"))?.name === "example";
  };
  return { files, played, keyId, opens, on: (now = testStart) => at(now, played) };
}

Deno.test("unlock: no passphrase until the time ends, then the key is gone; lock ends it at once", async () => {
  using _cheap = cheapPassphrases();
  const { files, keyId, opens, on } = await locked();
  await fails("needs-person", () => opens(testStart));
  const said = await athm("store unlock --for 2h", files, { ...on(), answers: [words] });
  assert.equal(said.code, 0, said.err);
  assert.match(said.err, /unlocked until 2026-01-01T02:00:00/);
  const path = `${runtimeFolder}/athm/${keyId}`;
  assert.equal(files.facts(path)?.mode, 0o600);
  assert.equal(files.facts(`${runtimeFolder}/athm`)?.mode, 0o700);
  assert.ok(await opens(testStart + 2 * hour - 1));
  assert.match((await athm("store status", files, on())).out, /unlocked +until 2026.*\(2h\)/);
  await fails("needs-person", () => opens(testStart + 2 * hour));
  assert.equal(files.facts(path), undefined, "an expired key is wiped");

  assert.equal((await athm("store unlock", files, { ...on(), answers: [words] })).code, 0);
  assert.ok(await opens(testStart + 8 * hour - 1));
  // A clock that was set back by a day gives no second day.
  await fails("needs-person", () => opens(testStart - 24 * hour));
  assert.equal((await athm("store unlock", files, { ...on(), answers: [words] })).code, 0);
  assert.match((await athm("store lock", files, on())).err, /locked/);
  assert.match((await athm("store lock", files, on())).err, /not unlocked/);
  await fails("needs-person", () => opens(testStart));
});

Deno.test("unlock prompts even if unlocked, and rejects a wrong passphrase or time", async () => {
  using _cheap = cheapPassphrases();
  const { files, on, opens } = await locked();
  for (const time of ["0", "25h", "x"]) {
    assert.equal((await athm(`store unlock --for ${time}`, files, on())).code, 2, time);
  }
  const wrong = await athm("store unlock", files, { ...on(), answers: ["a", "b", "c"] });
  assert.equal(wrong.code, 1);
  assert.equal((await athm("store unlock", files, { ...on(), answers: [words] })).code, 0);
  assert.equal((await athm("store unlock", files, on())).code, 1, "nobody can be asked");
  assert.ok(await opens(testStart));
});

Deno.test("an unlocked key that others can read or own, a link or a damaged one is not used", async () => {
  using _cheap = cheapPassphrases();
  const { files, keyId, on, opens } = await locked();
  assert.equal((await athm("store unlock", files, { ...on(), answers: [words] })).code, 0);
  const path = `${runtimeFolder}/athm/${keyId}`;
  const whole = files.text(path) ?? "";
  files.chmod(path, 0o644);
  await fails("needs-person", () => opens(testStart));
  const other = { ...JSON.parse(whole), key: new Uint8Array(32).toBase64() };
  for (const text of ["", "{}", "null", "[1]", whole.slice(1), JSON.stringify(other)]) {
    files.put(path, text);
    await fails("needs-person", () => opens(testStart));
  }
  files.put("/elsewhere", whole);
  files.link(path, "/elsewhere");
  await fails("needs-person", () => opens(testStart));
  files.remove(path);
  files.put(path, whole);
  assert.ok(await opens(testStart));
  files.chmod(runtimeFolder, 0o755);
  await fails("needs-person", () => opens(testStart));
});

Deno.test("without a runtime folder in memory, the keychain holds the key; without one, an error", async () => {
  using _cheap = cheapPassphrases();
  const bare = await locked();
  bare.played.fileSystem = "ext2/ext3";
  const said = await athm("store unlock", bare.files, { ...bare.on(), answers: [words] });
  assert.equal(said.code, 1);
  assert.match(said.err, /cannot keep the key in memory.*and there is no keychain/);
  assert.deepEqual(bare.files.list(runtimeFolder), []);

  const { XDG_RUNTIME_DIR: _, ...env } = desktop;
  const { files, played, keyId, opens, on } = await locked(env);
  assert.equal((await athm("store unlock --for 1h", files, { ...on(), answers: [words] })).code, 0);
  assert.deepEqual([...played.items.keys()], [`${keyId}-unlocked`]);
  assert.ok(!(files.text(`${home}/unlocked.json`) ?? "").includes('key"'));
  assert.ok(await opens(testStart + hour - 1));
  const before = played.specs.length;
  await fails("needs-person", () => opens(testStart + hour));
  assert.equal(played.items.size, 0, "an expired key is wiped");
  assert.equal(files.facts(`${home}/unlocked.json`), undefined);
  await fails("needs-person", () => opens(testStart));
  assert.equal(played.specs.length, before + 1, "no helper is started for nothing");
});

Deno.test("unlocking a store without a lock is an error; a rekey or custody change locks it", async () => {
  using _cheap = cheapPassphrases();
  const { files, on, keyId } = await locked();
  const path = `${runtimeFolder}/athm/${keyId}`;
  await athm("store unlock", files, { ...on(), answers: [words] });
  assert.ok(files.facts(path));
  assert.equal((await athm("store rekey", files, { ...on(), answers: [words] })).code, 0);
  assert.equal(files.facts(path), undefined);
  await athm("store unlock", files, { ...on(), answers: [words] });
  assert.equal(
    files.list(`${runtimeFolder}/athm`).filter((name) => !name.endsWith(".lock")).length,
    1,
  );
  assert.equal((await athm("store custody file", files, { ...on(), answers: [words] })).code, 0);
  assert.deepEqual(files.list(`${runtimeFolder}/athm`), ["write.lock"]);
  assert.match(
    (await athm("store unlock", files, on())).err,
    /needs no unlocking: its custody is file/,
  );
});

Deno.test("unlock: without a place for the key, the hint names what the custody accepts", async () => {
  using _cheap = cheapPassphrases();
  const { XDG_RUNTIME_DIR: _, ...noMemory } = desktop;
  const { files, on } = await locked({ HOME: "/home/ann" });
  const said = await athm("store unlock", files, { ...on(), answers: [words] });
  assert.match(said.err, /cannot keep the key.*\n.*ATHM_PASSPHRASE_FILE/);
  const inKeychain = { ...on(), env: noMemory, answers: [words] };
  assert.equal((await athm("store custody keychain", files, inKeychain)).code, 0);
  const kept = await athm("store unlock", files, { ...on(), env: noMemory });
  assert.equal(kept.code, 1);
  assert.match(kept.err, /cannot keep the key.*\n.*session manager/);
  assert.doesNotMatch(kept.err, /ATHM_PASSPHRASE_FILE/);
});
