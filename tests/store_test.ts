import assert from "node:assert/strict";
import { openOrCreateStore, openStore } from "../src/session/stores.ts";
import { testSystem } from "./support/test_system.ts";
import {
  canary,
  fails,
  home,
  keysProfile,
  newStore,
  sampleSession,
  shown,
  standingOn,
} from "./support/store_samples.ts";

Deno.test("looking makes no store", async () => {
  const system = testSystem();
  assert.equal(await openStore(system), undefined);
  assert.deepEqual(system.files.all("/"), []);
});

Deno.test("a profile is found again, in any case, by another process", async () => {
  const { system, store } = await newStore();
  await store.saveProfile(keysProfile("Example"), { replace: false });
  const again = await openStore(testSystem({ files: system.files }));
  assert.deepEqual(shown(await again?.profile("eXAMPLE")), shown(keysProfile("Example")));
  assert.equal(await again?.profile("other"), undefined);
});

Deno.test("neither names nor secrets are to be read in the folder; modes are 0700 and 0600", async () => {
  const { system, store } = await newStore();
  await store.saveProfile(keysProfile("example"), { replace: false });
  await store.saveSession("example", sampleSession(), "f");
  (await store.signInLock("example")).tryLock()?.release();
  const paths = system.files.all(home);
  assert.equal(paths.filter((path) => /\/(profiles|sessions)\/[0-9a-f]{32}$/.test(path)).length, 2);
  for (const path of paths) {
    assert.doesNotMatch(path, /example|\.tmp-/);
    const facts = system.files.facts(path);
    assert.equal(facts?.mode, facts?.kind === "folder" ? 0o700 : 0o600, path);
    if (facts?.kind === "file") {
      assert.doesNotMatch(system.files.text(path) ?? "", new RegExp(`${canary}|example|AKIA`));
    }
  }
});

Deno.test("a name that is taken, in any case, is replaced only on demand", async () => {
  const { store } = await newStore();
  await store.saveProfile(keysProfile("example"), { replace: false });
  const failure = await fails(
    "exists",
    () => store.saveProfile(keysProfile("EXAMPLE"), { replace: false }),
  );
  assert.match(failure.hint ?? "", /athm aws add EXAMPLE --force/);
  assert.equal((await store.profile("example"))?.name, "example");
  await store.saveProfile(keysProfile("EXAMPLE"), { replace: true });
  assert.equal((await store.profile("example"))?.name, "EXAMPLE");
});

Deno.test("the list is sorted by name; a damaged profile stands last and hurts no other", async () => {
  const { system, store } = await newStore();
  for (const name of ["b", "C", "a"]) {
    await store.saveProfile(keysProfile(name), { replace: false });
  }
  const file = system.files.all(`${home}/profiles`)[1];
  assert.ok(file);
  system.files.put(`${home}/profiles/.DS_Store`, "not ours");
  assert.deepEqual((await store.profiles()).map((one) => "profile" in one && one.profile.name), [
    "a",
    "b",
    "C",
  ]);
  system.files.put(file, "junk");
  const listed = await store.profiles();
  assert.deepEqual(listed.map((one) => "damaged" in one), [false, false, true]);
  const last = listed[2];
  assert.ok(last && "damaged" in last);
  assert.equal(last.damaged.code, "store-damaged");
  assert.equal(last.file, file);
  await store.removeAll();
  assert.deepEqual(await store.profiles(), []);
});

Deno.test("a session is given only for the settings that it was made with", async () => {
  const { store } = await newStore();
  await store.saveProfile(keysProfile("example"), { replace: false });
  await store.saveSession("example", sampleSession(), "one");
  assert.deepEqual(shown(await store.session("EXAMPLE", "one")), shown(sampleSession()));
  assert.equal(await store.session("example", "two"), undefined);
  assert.equal(await store.session("other", "one"), undefined);
  assert.equal(await store.removeSession("example"), true);
  assert.equal(await store.removeSession("example"), false);
});

Deno.test("a profile goes with its session; a damaged one goes too", async () => {
  const { system, store } = await newStore();
  await store.saveProfile(keysProfile("example"), { replace: false });
  await store.saveSession("example", sampleSession(), "f");
  for (const path of [...system.files.all(`${home}/profiles`)]) system.files.put(path, "junk");
  const failure = await fails("store-damaged", () => store.profile("example"));
  assert.match(failure.message, /"example"/);
  assert.match(failure.hint ?? "", /athm aws rm example --force/);
  await fails("exists", () => store.saveProfile(keysProfile("example"), { replace: false }));
  assert.equal(await store.removeProfile("example"), true);
  assert.equal(await store.removeProfile("example"), false);
  assert.deepEqual([await store.profiles(), await store.session("example", "f")], [[], undefined]);
});

Deno.test("a session is not kept for a profile that is gone; a shared sign-in needs none", async () => {
  const { system, store } = await newStore();
  await store.saveProfile(keysProfile("example"), { replace: false });
  await store.removeProfile("example");
  await store.saveSession("example", sampleSession(), "f");
  assert.deepEqual(system.files.all(`${home}/sessions`), []);
  const session = sampleSession();
  await store.shared.sessions.save("a key with a device", { session, fingerprint: "f" });
  assert.ok(await store.session("a key with a device", "f"));
});

Deno.test("a damaged session says that --rotate makes a new one, and saving does", async () => {
  const { system, store } = await newStore();
  await store.saveProfile(keysProfile("example"), { replace: false });
  await store.saveSession("example", sampleSession(), "f");
  for (const path of [...system.files.all(`${home}/sessions`)]) system.files.put(path, "junk");
  const failure = await fails("store-damaged", () => store.session("example", "f"));
  assert.match(failure.hint ?? "", /athm aws exec example --rotate/);
  await store.saveSession("example", sampleSession(), "f");
  assert.ok(await store.session("example", "f"));
});

Deno.test("a new name takes the session and those who stand on it along", async () => {
  const { store } = await newStore();
  await store.saveProfile(keysProfile("old"), { replace: false });
  await store.saveProfile(standingOn("child", "old"), { replace: false });
  await store.saveSession("old", sampleSession(), "f");
  await store.renameProfile("old", "new", [standingOn("child", "new")]);
  assert.equal(await store.profile("old"), undefined);
  assert.equal(await store.session("old", "f"), undefined);
  assert.deepEqual(shown(await store.profile("new")), shown(keysProfile("new")));
  assert.ok(await store.session("new", "f"));
  assert.deepEqual(await store.profile("child"), standingOn("child", "new"));
});

Deno.test("a new name that differs in case alone; one that is taken; one that is not there", async () => {
  const { store } = await newStore();
  await store.saveProfile(keysProfile("old"), { replace: false });
  await store.saveSession("old", sampleSession(), "f");
  await store.renameProfile("old", "OLD", []);
  assert.equal((await store.profile("old"))?.name, "OLD");
  assert.ok(await store.session("old", "f"));
  await store.saveProfile(standingOn("other", "old"), { replace: false });
  await fails("exists", () => store.renameProfile("old", "Other", []));
  await fails("not-found", () => store.renameProfile("absent", "new", []));
});

Deno.test("one process at a time changes profiles; the lock goes when the work fails", async () => {
  const { system, store } = await newStore();
  const second = await openOrCreateStore(testSystem({ files: system.files }));
  const steps: string[] = [];
  const work = (mark: string) => async () => {
    steps.push(`${mark} begins`);
    await store.saveProfile(keysProfile(mark), { replace: false });
    steps.push(`${mark} ends`);
  };
  await Promise.all([store.change(work("a")), second.change(work("b"))]);
  assert.deepEqual(steps, ["a begins", "a ends", "b begins", "b ends"]);
  await assert.rejects(store.change(() => Promise.reject(new Error("no"))), /no/);
  assert.equal(await second.change(() => Promise.resolve(7)), 7);
});

Deno.test("a sign-in's lock is one for all processes and tells who has it", async () => {
  const { system, store } = await newStore();
  const second = await openOrCreateStore(testSystem({ files: system.files, pid: 99 }));
  const mine = await store.signInLock("idp");
  const theirs = await second.signInLock("idp");
  assert.equal(mine.holder(), undefined);
  const held = mine.tryLock();
  assert.ok(held);
  assert.equal(theirs.tryLock(), undefined);
  assert.equal(theirs.holder(), 4321);
  const other = (await second.signInLock("other")).tryLock();
  assert.ok(other);
  const waited = theirs.lock(new Promise(() => {}));
  held.release();
  const got = await waited ?? assert.fail("it was given up");
  assert.equal(mine.holder(), 99);
  got.release();
  other.release();
});
