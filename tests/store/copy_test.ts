// A copy of a store, and the keychain item that both use.

import assert from "node:assert/strict";
import { openOrCreateStore } from "../../src/session/stores.ts";
import { type MemoryFiles, memoryFiles } from "../support/memory_files.ts";
import { athm, desktop, helpers } from "../support/store_program.ts";
import { home, keysProfile } from "../support/store_samples.ts";
import { testSystem } from "../support/test_system.ts";

const copy = "/home/ann/copy";

/** `cp -a` or, with `keep` false, `mv`. */
function copied(files: MemoryFiles, { keep = true } = {}): void {
  for (const path of [home, ...files.all(home)]) {
    const to = copy + path.slice(home.length);
    if (files.facts(path)?.kind === "folder") files.makeFolder(to, 0o700);
    else files.put(to, files.read(path) ?? "");
  }
  if (!keep) [home, ...files.all(home)].reverse().forEach(files.remove);
}

async function machine() {
  const files = memoryFiles();
  const played = helpers();
  const system = { children: played.children };
  const store = await openOrCreateStore(testSystem({ files, env: { ...desktop }, system }));
  await store.saveProfile(keysProfile("example"), { replace: false });
  const run = async (line: string, where = home) => {
    const said = await athm(line, files, { env: { ...desktop, ATHM_HOME: where }, system });
    assert.equal(said.code, 0, `${line}: ${said.err}`);
    return said;
  };
  const keyId = (where = home) => JSON.parse(files.text(`${where}/store.json`) ?? "{}").keyId;
  return { files, played, run, keyId };
}

for (const line of ["store custody file", "store rekey"]) {
  Deno.test(`two stores with one key: ${line} in the copy leaves the first its key`, async () => {
    const { files, run, played, keyId } = await machine();
    const first = keyId();
    copied(files);
    const said = await run(line, copy);
    assert.match(said.err, /^athm: note: the key stays in the Secret Service for \/home.*\/athm,/m);
    assert.ok(said.err.includes(home));
    assert.doesNotMatch(said.err, /warning/);
    assert.match((await run("aws ls")).out, /^example\t/m);
    assert.match((await run("aws ls", copy)).out, /^example\t/m);
    // The original's own change removes the item: no other store needs it.
    await run(line);
    assert.ok(!played.items.has(first));
    assert.match((await run("aws ls")).out, /^example\t/m);
    assert.match((await run("aws ls", copy)).out, /^example\t/m);
  });
}

Deno.test("two stores with one key: returning to the keychain does not take over the other's item", async () => {
  const { files, run, played, keyId } = await machine();
  copied(files);
  await run("store custody file", copy);
  await run("store custody keychain", copy);
  await run("store custody file", copy);
  assert.match((await run("aws ls")).out, /^example\t/m);
  await run("store custody keychain", copy);
  await run("store custody file");
  assert.match((await run("aws ls", copy)).out, /^example\t/m);
  await run("store custody file", copy);
  assert.ok(!played.items.has(keyId()));
});

Deno.test("a moved store keeps its keychain item", async () => {
  const { files, run, played } = await machine();
  copied(files, { keep: false });
  const said = await run("store custody file", copy);
  assert.doesNotMatch(said.err, /note|warning/);
  assert.equal(played.items.size, 0);
});

Deno.test("a new store in the folder of a moved one has another key", async () => {
  const { files, run, played } = await machine();
  copied(files, { keep: false });
  await run("aws add other --ambient --no-login");
  assert.equal(played.items.size, 2);
  await run("store custody file", copy);
  assert.equal(played.items.size, 1);
  assert.match((await run("aws ls")).out, /^other\t/m);
});

Deno.test("an item with only the key opens the store and is removed with it", async () => {
  const { run, played, keyId } = await machine();
  const [key = ""] = (played.items.get(keyId()) ?? "").split(".");
  for (const text of [key, `${key}.`, `${key}.AAAA`, `${key}.e30`]) {
    played.items.set(keyId(), text);
    assert.match((await run("aws ls")).out, /^example\t/m);
  }
  await run("store custody file");
  assert.equal(played.items.size, 0);
});

Deno.test("an item that the keychain does not return is kept, with a message", async () => {
  const { files, played, keyId } = await machine();
  const [ATHM_KEY = ""] = (played.items.get(keyId()) ?? "").split(".");
  played.mood = "locked";
  const said = await athm("store custody file", files, {
    env: { ...desktop, ATHM_KEY },
    system: { children: played.children },
  });
  assert.equal(said.code, 0, said.err);
  assert.match(
    said.err,
    /warning: the Secret Service may still hold the key; remove the item "athm store/,
  );
  assert.equal(played.items.size, 1);
});
