// Changing the store's key and its custody.

import assert from "node:assert/strict";
import { Failure } from "../../src/model/failure.ts";
import { folderKey } from "../../src/model/folder_profile.ts";
import { openOrCreateStore, openStore, type Store } from "../../src/session/stores.ts";
import { decodeSource } from "../../src/sources/all_sources.ts";
import { checkStore } from "../../src/store/check.ts";
import type { NewFile } from "../../src/system/files.ts";
import { memoryFiles } from "../support/memory_files.ts";
import { gate } from "../support/session_world.ts";
import {
  canary,
  fails,
  home,
  keysProfile,
  sampleSession,
  shown,
} from "../support/store_samples.ts";
import { athm, cheapPassphrases } from "../support/store_program.ts";
import { settle, testSystem, type TestSystemOptions } from "../support/test_system.ts";

const storeFile = `${home}/store.json`;

async function made(options: TestSystemOptions = {}) {
  const files = memoryFiles();
  const store = await openOrCreateStore(testSystem({ files, ...options }));
  for (const name of ["a", "b"]) {
    await store.saveProfile(keysProfile(name), { replace: false });
    await store.saveSession(name, sampleSession(), "f");
  }
  return files;
}

function facts(files: ReturnType<typeof memoryFiles>): Record<string, string> {
  return JSON.parse(files.text(storeFile) ?? "{}");
}

async function holds(options: TestSystemOptions): Promise<void> {
  const store = await openStore(testSystem(options));
  for (const name of ["a", "b"]) {
    assert.equal((await store?.profile(name))?.name, name);
    assert.ok(await store?.session(name, "f"));
  }
}

Deno.test("rekey: a new key keeps all records and leaves nothing of the old one", async () => {
  const files = await made();
  const seen = new Set([facts(files).keyId]);
  const first = facts(files);
  for (let time = 0; time < 3; time++) {
    const said = await athm("store rekey", files);
    assert.equal(said.code, 0, said.err);
    assert.match(said.err, /new key, [0-9a-f]{16}; it encrypts 2 profiles and 2 sessions/);
    const now = facts(files);
    assert.ok(!seen.has(now.keyId ?? ""));
    seen.add(now.keyId ?? "");
    assert.deepEqual(Object.keys(now), ["v", "custody", "keyId", "folder", "key"]);
    await holds({ files });
    assert.equal(files.all(home).filter((path) => /\/[0-9a-f]{32}$/.test(path)).length, 4);
    assert.equal(files.all(home).filter((path) => /-[0-9a-f]{8}$/.test(path)).length, 1);
    assert.equal(
      (await athm("store verify", files)).out,
      "2 profiles and 2 sessions can be opened, and no other user has access\n",
    );
  }
  // The old key no longer opens anything.
  files.put(storeFile, JSON.stringify(first));
  assert.deepEqual(await (await openStore(testSystem({ files })))?.profiles(), []);
});

Deno.test("rekey with a passphrase: it stays the same and is prompted for once", async () => {
  using _cheap = cheapPassphrases();
  const files = await made({ answers: ["correct horse", "correct horse"] });
  const before = facts(files).wrapped;
  const said = await athm("store rekey", files, { answers: ["correct horse"] });
  assert.equal(said.code, 0, said.err);
  assert.notEqual(facts(files).wrapped, before);
  await holds({ files, answers: ["correct horse"] });
  const wrong = await athm("store rekey", files, { answers: ["a", "b", "c"] });
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /none of 3 passphrases/);
  await holds({ files, answers: ["correct horse"] });
});

Deno.test("rekey rejects an external key, and a profile that does not open", async () => {
  const key = new Uint8Array(32).fill(7).toBase64();
  const env = { HOME: "/home/ann", ATHM_KEY: key };
  const outside = await made({ env });
  const said = await athm("store rekey", outside, { env });
  assert.equal(said.code, 1);
  assert.match(said.err, /ATHM_KEY, which athm cannot change\n.*store custody file/);

  const files = await made();
  const given = await athm("store rekey", files, {
    env: { HOME: "/home/ann", ATHM_KEY: facts(files).key ?? "" },
  });
  assert.match(given.err, /hint: unset ATHM_KEY/);
  const profile = files.all(`${home}/profiles`)[0] ?? "";
  files.put(profile, "x");
  const before = files.snapshot();
  const damaged = await athm("store rekey", files);
  assert.equal(damaged.code, 1);
  const after = files.snapshot();
  for (const path of [...before.keys(), ...after.keys()]) {
    if (!path.endsWith(".lock")) assert.deepEqual(after.get(path), before.get(path), path);
  }
  // The other files were still being opened when the first one failed.
  for (let turn = 0; turn < 50; turn++) await settle();
});

const operations: Readonly<Record<string, (store: Store) => Promise<unknown>>> = {
  profile: async (store) => assert.ok(await store.profile("a")),
  profiles: async (store) => assert.equal((await store.profiles()).length, 2),
  saveProfile: (store) => store.saveProfile(keysProfile("c"), { replace: false }),
  saveProfiles: (store) =>
    store.saveProfiles(["c", "d"].map((name) => ({ profile: keysProfile(name), replace: false }))),
  removeProfile: async (store) => assert.ok(await store.removeProfile("b")),
  removeAll: (store) => store.removeAll(),
  renameProfile: (store) => store.renameProfile("a", "c", []),
  session: async (store) => assert.ok(await store.session("a", "f")),
  saveSession: (store) => store.saveSession("a", sampleSession("new"), "f"),
  removeSession: async (store) => assert.ok(await store.removeSession("a")),
  change: (store) => store.change(() => store.saveProfile(keysProfile("c"), { replace: false })),
  "policies.find": async (store) => assert.ok(await store.policies.find("mine")),
  "policies.all": async (store) => assert.equal((await store.policies.all()).length, 1),
  "folders.find": async (store) => assert.ok(await store.folders.find(folderKey("/x/.athm"))),
  "shared.save": (store) => store.shared.sessions.save("s", record),
};
const record = { session: sampleSession(), fingerprint: "f" };

for (const [name, operation] of Object.entries(operations)) {
  Deno.test(`${name}: continues with the new key after a rekey by another process`, async () => {
    const [files, plain] = [await made(), await made()];
    for (const each of [files, plain]) {
      const store = await openStore(testSystem({ files: each })) ?? assert.fail();
      await store.policies.save("mine", { name: "mine", policy: "{}" });
      const folder = { path: "/x/.athm", digest: "0" };
      await store.folders.save(folderKey(folder.path), folder);
    }
    const old = await openStore(testSystem({ files }));
    assert.ok(old);
    assert.equal((await athm("store rekey", files)).code, 0);
    await operation(old);
    await operation(await openStore(testSystem({ files: plain })) ?? old);
    assert.deepEqual(await contents(files), await contents(plain));
    // Nothing was written under the old key.
    const rekeyed = `${home}/${facts(files).folder}/`;
    const sealed = files.all(home).filter((path) => /\/[0-9a-f]{32}$/.test(path));
    assert.ok(sealed.every((path) => path.startsWith(rekeyed)), sealed.join());
  });
}

/** A store's content, whatever its key. */
async function contents(files: ReturnType<typeof memoryFiles>): Promise<unknown> {
  const store = await openStore(testSystem({ files }));
  const listed = await store?.profiles() ?? [];
  const names = listed.map((each) => "profile" in each ? each.profile.name : "damaged");
  const sessions = await Promise.all(names.map((name) => store?.session(name, "f")));
  const all = await store?.shared.sessions.all() ?? [];
  return [names, shown(sessions), all.map((each) => JSON.stringify(shown(each))).sort()];
}

Deno.test("work inside of change is not repeated", async () => {
  const files = await made();
  const old = await openStore(testSystem({ files }));
  assert.ok(old);
  let count = 0;
  await fails("store-moved", () =>
    old.change(() => {
      count++;
      return Promise.reject(new Failure("store-moved", "moved"));
    }));
  assert.equal(count, 1);
});

for (
  const line of [
    "aws add c --ambient --no-login",
    "aws mv a c",
    "store rekey",
    "store custody passphrase",
  ]
) {
  Deno.test(`${line}: waits for a rekey and continues with the new key`, async () => {
    using _cheap = cheapPassphrases();
    const files = await made();
    const before = facts(files).keyId;
    const door = gate();
    let held = false;
    // The rekey is paused after encrypting everything and before switching.
    const on = {
      ...files,
      createAll: async (made: readonly NewFile[], mode: number) => {
        await files.createAll(made, mode);
        if (!held) await door.pass();
        held = true;
      },
    };
    // Two processes would wait for the audit log forever on a stopped clock.
    const env = { HOME: "/home/ann", ATHM_AUDIT: "off" };
    const rekeying = athm("store rekey", files, { on, env });
    await door.reached;
    const changing = athm(line, files, {
      env,
      answers: ["correct horse battery", "correct horse battery"],
    });
    await new Promise((done) => setTimeout(done, 20));
    door.open();
    const [rekeyed, changed] = await Promise.all([rekeying, changing]);
    assert.deepEqual([rekeyed.code, changed.code], [0, 0], changed.err);
    assert.notEqual(facts(files).keyId, before);
    if (line === "store rekey") {
      assert.match(changed.err, /new key, /);
      assert.ok(changed.err.includes(facts(files).keyId ?? "none"), changed.err);
    }
    const answers = ["correct horse battery"];
    const found = await openStore(testSystem({ files, answers }));
    const names = (await found?.profiles() ?? []).map((each) =>
      "profile" in each && each.profile.name
    );
    assert.deepEqual(
      names,
      {
        "aws add c --ambient --no-login": ["a", "b", "c"],
        "aws mv a c": ["b", "c"],
      }[line] ?? ["a", "b"],
    );
    assert.ok(await found?.session("b", "f"));
  });
}

Deno.test("store verify during a rekey finds no problem", async () => {
  const files = await made();
  const door = gate();
  const on = {
    ...files,
    createAll: async (made: readonly NewFile[], mode: number) => {
      await files.createAll(made, mode);
      await door.pass();
    },
  };
  const rekeying = athm("store rekey", files, { on });
  await door.reached;
  const verifying = athm("store verify", files);
  const doctor = await checkStore(testSystem({ files }), home, decodeSource, { waits: false });
  assert.deepEqual(doctor.problems, []);
  await new Promise((done) => setTimeout(done, 20));
  door.open();
  const [rekeyed, verified] = await Promise.all([rekeying, verifying]);
  assert.deepEqual([rekeyed.code, verified.code], [0, 0], verified.out);
  assert.match(verified.out, /2 profiles and 2 sessions can be opened/);
});

Deno.test("rekey includes what another process saves meanwhile", async () => {
  const files = await made();
  const [session = ""] = files.all(`${home}/sessions`);
  let created = 0;
  const on = {
    ...files,
    create: (path: string, bytes: Uint8Array<ArrayBuffer>, mode: number) => {
      files.create(path, bytes, mode);
      // While the store is being sealed, once: another process changes a session's file.
      if (created++ === 0) files.put(session, "x");
    },
  };
  const said = await athm("store rekey", files, { on });
  assert.equal(said.code, 0, said.err);
  // The change was detected and the work repeated; an unreadable file is skipped.
  assert.match(said.err, /2 profiles and 1 session$/);
  assert.equal(files.all(home).filter((path) => /-[0-9a-f]{8}$/.test(path)).length, 1);
});

Deno.test("custody: changing what holds the key leaves the files unchanged", async () => {
  using _cheap = cheapPassphrases();
  const files = await made();
  const sealed = () =>
    files.all(home).filter((path) => /\/[0-9a-f]{32}$/.test(path)).map(files.text);
  const before = sealed();
  const { keyId, key } = facts(files);
  const typed = await athm("store custody passphrase", files, { answers: ["short", "short"] });
  assert.equal(typed.code, 0, typed.err);
  assert.match(typed.err, /note: that passphrase is weak/);
  assert.deepEqual(Object.keys(facts(files)), ["v", "custody", "keyId", "wrapped"]);
  await holds({ files, answers: ["short"] });

  const another = await athm("store custody passphrase", files, {
    answers: ["short", "correct horse battery", "correct horse battery"],
  });
  assert.equal(another.code, 0, another.err);
  assert.doesNotMatch(another.err, /guessed/);
  await fails("store-key", () => openStore(testSystem({ files, answers: ["short", "x", "y"] })));

  const back = await athm("store custody file", files, { answers: ["correct horse battery"] });
  assert.equal(back.code, 0, back.err);
  assert.equal(facts(files).keyId, keyId);
  assert.equal(facts(files).key, key);
  assert.deepEqual(sealed(), before);
  assert.match((await athm("store custody file", files)).err, /is already file/);
  assert.equal((await athm("store custody fiel", files)).code, 2);
});

Deno.test("custody: changes from ATHM_KEY to a passphrase of the environment without a prompt", async () => {
  using _cheap = cheapPassphrases();
  const env = { HOME: "/home/ann", ATHM_KEY: new Uint8Array(32).fill(7).toBase64() };
  const files = await made({ env });
  const words = { ATHM_PASSPHRASE: "correct horse battery" };
  assert.equal(
    (await athm("store custody passphrase", files, { env: { ...env, ...words } })).code,
    0,
  );
  await holds({ files, env: { HOME: "/home/ann", ...words } });
  const nobody = await athm("store custody passphrase", files, {
    env: { HOME: "/home/ann", ...words },
  });
  assert.equal(nobody.code, 1);
  assert.match(nobody.err, /prompts are disabled/);
  const empty = await athm("store custody passphrase", files, {
    answers: ["correct horse battery", ""],
  });
  assert.equal(empty.code, 1);
  assert.match(empty.err, /must not be empty/);
});

Deno.test("status shows the place and custody without the key; verify prints a line per problem", async () => {
  const files = await made();
  const status = await athm("store status", files);
  assert.match(status.out, /^store +\/home\/ann\/.*\ncustody +file: .*\nkey +[0-9a-f]{16}\n/);
  assert.match(status.out, /profiles +2\nsessions +2\nunlocked +always\n$/);
  const json = JSON.parse((await athm("store status --json", files)).out);
  assert.deepEqual([json.custody, json.version, json.profiles], ["file", 1, 2]);
  const none = await athm("store status --json", memoryFiles());
  assert.equal(none.out, "null\n");
  assert.match((await athm("store status", memoryFiles())).err, /no store in/);
  assert.equal((await athm("store verify", memoryFiles())).code, 1);

  const [first = "", second = ""] = files.all(`${home}/profiles`);
  const [session = ""] = files.all(`${home}/sessions`);
  files.chmod(first, 0o644);
  files.put(session, "x");
  files.put(`${home}/.tmp-00ff`, "x");
  files.link(`${home}/profiles/link`, second);
  const said = await athm("store verify", files);
  assert.equal(said.code, 1);
  const lines = said.out.trim().split("\n");
  assert.equal(lines.length, 4, said.out);
  assert.match(said.out, /chmod go-rwx .*\/profiles\/[0-9a-f]{32}$/m);
  assert.match(said.err, /4 problems in the store/);
  assert.ok(!`${said.out}${said.err}`.includes(canary));
  // A file in another file's place cannot be opened as either.
  files.chmod(first, 0o600);
  files.put(first, files.text(second) ?? "");
  assert.match((await athm("store verify", files)).out, /cannot open/);
});
