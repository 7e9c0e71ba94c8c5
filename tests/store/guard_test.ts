import assert from "node:assert/strict";
import fc from "fast-check";
import { Failure } from "../../src/model/failure.ts";
import { storeHome } from "../../src/store/files/home.ts";
import { openOrCreateStore, openStore } from "../../src/session/stores.ts";
import { memoryFiles } from "../support/memory_files.ts";
import { athm } from "../support/store_program.ts";
import { testSystem } from "../support/test_system.ts";
import {
  fails,
  home,
  keysProfile,
  newStore,
  runs,
  sampleSession,
} from "../support/store_samples.ts";

Deno.test("finds the store's folder", async () => {
  const at = (platform: "linux" | "darwin" | "windows", env: Record<string, string>) =>
    storeHome(testSystem({ env: new Map(Object.entries(env)), system: { platform } }));
  assert.equal(at("linux", { HOME: "/h" }), "/h/.local/share/athm");
  assert.equal(at("linux", { HOME: "/h", XDG_DATA_HOME: "/d" }), "/d/athm");
  assert.equal(at("linux", { HOME: "/h", XDG_DATA_HOME: "d" }), "/h/.local/share/athm");
  assert.equal(at("darwin", { HOME: "/h" }), "/h/Library/Application Support/athm");
  assert.equal(at("windows", { LOCALAPPDATA: "C:\\u" }), "C:\\u/athm");
  assert.equal(at("linux", { HOME: "/h", ATHM_HOME: "/x" }), "/x");
  assert.equal(at("linux", { HOME: "/h", ATHM_HOME: "" }), "/h/.local/share/athm");
  assert.equal(at("windows", { ATHM_HOME: "\\\\server\\x" }), "\\\\server\\x");
  await fails("usage", () => at("linux", { HOME: "/h", ATHM_HOME: "x" }));
  await fails("usage", () => at("windows", { ATHM_HOME: "/x" }));
  await fails("files", () => at("linux", {}));
  await fails("files", () => at("windows", { HOME: "/h" }));
});

Deno.test("a store that others can read or write is rejected with the chmod to run", async () => {
  const ATHM_HOME = "/home/ann/my store's";
  const system = testSystem({ env: { ATHM_HOME } });
  const store = await openOrCreateStore(system);
  await store.saveProfile(keysProfile("example"), { replace: false });
  await store.saveSession("example", sampleSession(), "f");
  const look = async () => {
    const again = await openStore(system);
    await again?.profile("example");
    await again?.session("example", "f");
  };
  const { files } = system;
  const sealed = ["profiles", "sessions"].map((folder) => files.all(`${ATHM_HOME}/${folder}`)[0]);
  for (const path of [ATHM_HOME, `${ATHM_HOME}/store.json`, ...sealed]) {
    assert.ok(path);
    const mode = files.facts(path)?.mode ?? 0;
    for (const more of [0o040, 0o020, 0o004, 0o002, 0o077]) {
      files.chmod(path, mode | more);
      const failure = await fails("store-open", look);
      assert.ok(failure.message.includes(path));
      assert.equal(failure.hint, `chmod -R go-rwx '/home/ann/my store'\\''s'`);
    }
    files.chmod(path, mode);
    await look();
  }
});

for (const rekeyed of [false, true]) {
  Deno.test(`a folder in the store that others can enter, or a link, is refused${rekeyed ? ", after a rekey too" : ""}`, async () => {
    const { system, store } = await newStore();
    const { files } = system;
    await store.saveProfile(keysProfile("example"), { replace: false });
    await store.saveSession("example", sampleSession(), "f");
    (await store.signInLock("example")).tryLock()?.release();
    if (rekeyed) assert.equal((await athm("store rekey", files)).code, 0);
    const { folder = "" } = JSON.parse(files.text(`${home}/store.json`) ?? "");
    const root = rekeyed ? `${home}/${folder}` : home;
    const look = async (path: string) => {
      const again = await openStore(system);
      if (path.endsWith("profiles")) await again?.profile("example");
      if (path.endsWith("sessions") || path.endsWith("signins")) await again?.signInLock("example");
    };
    const folders = [`${root}/profiles`, `${root}/sessions`, `${home}/signins`];
    if (rekeyed) folders.push(root);
    for (const path of folders) {
      const before = files.snapshot();
      await look(path);
      files.chmod(path, 0o755);
      const { message, hint } = await fails("store-open", () => look(path));
      assert.match(message, /^other users have access to .* \(mode 0755\)$/);
      assert.equal(hint, `chmod -R go-rwx ${home}`);
      files.chmod(path, 0o700);
      files.chown(path, 0);
      await fails("store-open", () => look(path));
      files.restore(before);
      files.makeFolder("/elsewhere", 0o700);
      files.link(path, "/elsewhere");
      assert.match((await fails("store-open", () => look(path))).message, /a symbolic link/);
      files.restore(before);
    }
    for (const path of folders.slice(0, 2)) {
      const before = files.snapshot();
      files.chmod(path, 0o755);
      const write = () => store.saveSession("example", sampleSession(), "f");
      if (!rekeyed) await fails("store-open", write);
      const listed = await athm(path.endsWith("profiles") ? "aws ls" : "aws rm --all --yes", files);
      assert.equal(listed.code, 1);
      assert.match(listed.err, /other users have access/);
      files.restore(before);
    }
  });
}

Deno.test("a kept session checks three files and two folders", async () => {
  const { system, store } = await newStore();
  await store.saveProfile(keysProfile("example"), { replace: false });
  await store.saveSession("example", sampleSession(), "f");
  const looked: string[] = [];
  const facts = (path: string) => {
    looked.push(path.slice(home.length).replace(/[0-9a-f]{32}$/, "ID"));
    return system.files.facts(path);
  };
  const again = await openStore({ ...system, files: { ...system.files, facts } });
  assert.ok(await again?.profile("example") && await again?.session("example", "f"));
  assert.deepEqual(looked, ["", "/store.json", "/profiles", "/profiles/ID", "/sessions/ID"]);
});

Deno.test("another user's store is rejected, even by root, and left unchanged", async () => {
  const { system, store } = await newStore();
  const { files } = system;
  await store.saveProfile(keysProfile("example"), { replace: false });
  const [profile = ""] = files.all(`${home}/profiles`);
  const before = files.snapshot();
  const root = { ...system, userId: () => 0 };
  const failure = await fails("store-open", () => openStore(root));
  assert.match(failure.message, /athm belongs to another user \(uid 1000\); athm runs as uid 0$/);
  assert.match(failure.hint ?? "", /sudo chown -R 0 \/home\/ann\/\.local\/share\/athm$/);
  await fails("store-open", () => openOrCreateStore(root));
  assert.deepEqual(files.snapshot(), before);
  for (const path of [profile, `${home}/store.json`]) {
    files.chown(path, 0);
    const { message } = await fails("store-open", async () => {
      await (await openStore(system))?.profile("example");
    });
    assert.ok(message.startsWith(`${path} belongs to another user`), message);
    const verified = await athm("store verify", files);
    assert.match(verified.out + verified.err, /belongs to another user: sudo chown 1000 /);
    files.restore(before);
  }
  // Without user IDs there is nothing to compare.
  await openStore({ ...system, userId: () => undefined });
});

Deno.test("a folder that others can enter is rejected for a new store", async () => {
  const system = testSystem();
  system.files.makeFolder(home, 0o755);
  await fails("store-open", () => openOrCreateStore(system));
  assert.deepEqual(system.files.all(home), []);
});

Deno.test("systems without modes are accepted", async () => {
  const files = memoryFiles();
  const bare = {
    ...files,
    facts: (path: string) => {
      const facts = files.facts(path);
      return facts && { ...facts, mode: undefined };
    },
  };
  files.makeFolder(home, 0o777);
  await (await openOrCreateStore({ ...testSystem(), files: bare }))
    .saveProfile(keysProfile("example"), { replace: false });
  assert.ok(await (await openStore({ ...testSystem(), files: bare }))?.profile("example"));
});

Deno.test("a symbolic link in place of the folder or a file is rejected", async () => {
  const { system, store } = await newStore();
  await store.saveProfile(keysProfile("example"), { replace: false });
  const { files } = system;
  const [profile = ""] = files.all(`${home}/profiles`);
  for (const path of [profile, `${home}/store.json`]) {
    files.put("/elsewhere", files.read(path) ?? "");
    const before = files.snapshot();
    files.link(path, "/elsewhere");
    const look = async () => await (await openStore(system))?.profile("example");
    assert.match((await fails("store-damaged", look)).message, /symbolic link/);
    files.restore(before);
  }
  files.link(profile, "/elsewhere");
  await store.saveProfile(keysProfile("example"), { replace: true });
  assert.equal(files.facts(profile)?.kind, "file");
  assert.notDeepEqual(files.read(profile), files.read("/elsewhere"));

  files.makeFolder("/folder", 0o700);
  const other = testSystem({ files, env: { ATHM_HOME: "/link" } });
  files.link("/link", "/folder");
  assert.match((await fails("store-open", () => openStore(other))).message, /symbolic link/);
});

Deno.test("a folder in place of a profile's file is rejected", async () => {
  const { system, store } = await newStore();
  await store.saveProfile(keysProfile("example"), { replace: false });
  const [path = ""] = system.files.all(`${home}/profiles`);
  system.files.remove(path);
  system.files.makeFolder(path, 0o700);
  await fails("store-damaged", () => store.profile("example"));
});

Deno.test("a lost store.json is not replaced while profiles exist", async () => {
  const { system, store } = await newStore();
  await store.saveProfile(keysProfile("example"), { replace: false });
  system.files.remove(`${home}/store.json`);
  await fails("store-damaged", () => openStore(system));
  await fails("store-damaged", () => openOrCreateStore(system));
  assert.equal(system.files.facts(`${home}/store.json`), undefined);
});

Deno.test("a newer athm's store.json is reported as such", async () => {
  const { system } = await newStore();
  const path = `${home}/store.json`;
  const whole = JSON.parse(system.files.text(path) ?? "");
  for (const change of [{ v: 3 }, { v: 9, keyId: 3 }, { custody: "tpm" }]) {
    system.files.put(path, JSON.stringify({ ...whole, ...change }));
    await fails("store-newer", () => openStore(system));
  }
  const wrong = [{ v: 0 }, { v: 2 }, { v: "1" }, { keyId: "x" }, { custody: 1 }, { key: 1 }, {
    key: "AAAA",
  }];
  const other = new Uint8Array(32).toBase64();
  for (const change of [...wrong, { key: other }, { more: "" }, { keyId: "0".repeat(16) }]) {
    system.files.put(path, JSON.stringify({ ...whole, ...change }));
    await fails("store-damaged", () => openStore(system));
  }
});

Deno.test("junk in store.json is a Failure that does not quote it", async () => {
  const { system } = await newStore();
  const path = `${home}/store.json`;
  const whole = JSON.parse(system.files.text(path) ?? "");
  const value = fc.jsonValue();
  const junk = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Uint8Array.from(bytes)),
    value.map((one) => JSON.stringify(one)),
    fc.tuple(fc.constantFrom("v", "custody", "keyId", "key", "__proto__"), value).map(
      ([field, one]) => JSON.stringify({ ...whole, [field]: one }),
    ),
    fc.nat(200).map((length) => JSON.stringify(whole).slice(0, length)),
  );
  await fc.assert(
    fc.asyncProperty(junk, async (content) => {
      system.files.put(path, content);
      try {
        await openStore(system);
      } catch (error) {
        assert.ok(error instanceof Failure, `${error}`);
        assert.match(error.code, /^store-(damaged|newer)$/);
        assert.ok(!error.message.includes(whole.key));
      }
    }),
    runs(3000),
  );
});

Deno.test("junk in a sealed file is a Failure, even above the size limit", async () => {
  const { system, store } = await newStore();
  await store.saveProfile(keysProfile("example"), { replace: false });
  const [path = ""] = system.files.all(`${home}/profiles`);
  const whole = system.files.read(path)!;
  const junk = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Uint8Array.from(bytes)),
    fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, change]) =>
      whole.with(at, whole[at]! ^ change)
    ),
    fc.nat(whole.length - 1).map((length) => whole.slice(0, length)),
  );
  await fc.assert(
    fc.asyncProperty(junk, async (content) => {
      system.files.put(path, content);
      const error = await store.profile("example").then(() => undefined, (thrown) => thrown);
      assert.ok(error instanceof Failure, `${error}`);
      assert.match(error.code, /^store-(damaged|newer)$/);
    }),
    runs(3000),
  );
  system.files.put(path, new Uint8Array(256 * 1024 + 1));
  await fails("store-damaged", () => store.profile("example"));
});
