import assert from "node:assert/strict";
import { openOrCreateStore, openStore } from "../../src/session/stores.ts";
import { testSystem } from "../support/test_system.ts";
import {
  canary,
  fails,
  home,
  keysProfile,
  newStore,
  sampleSession,
  shown,
  standingOn,
} from "../support/store_samples.ts";

Deno.test("reading creates no store", async () => {
  const system = testSystem();
  assert.equal(await openStore(system), undefined);
  assert.deepEqual(system.files.all("/"), []);
});

Deno.test("another process finds a profile by its name in any case", async () => {
  const { system, store } = await newStore();
  await store.saveProfile(keysProfile("Example"), { replace: false });
  const again = await openStore(testSystem({ files: system.files }));
  assert.deepEqual(shown(await again?.profile("eXAMPLE")), shown(keysProfile("Example")));
  assert.equal(await again?.profile("other"), undefined);
});

Deno.test("the folder reveals neither names nor secrets; modes are 0700 and 0600", async () => {
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

Deno.test("an existing name, in any case, is replaced only on request", async () => {
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

Deno.test("the list is sorted by name; a damaged profile comes last and affects no other", async () => {
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

Deno.test("a session is returned only for the settings that it was made with", async () => {
  const { store } = await newStore();
  await store.saveProfile(keysProfile("example"), { replace: false });
  await store.saveSession("example", sampleSession(), "one");
  assert.deepEqual(shown(await store.session("EXAMPLE", "one")), shown(sampleSession()));
  assert.equal(await store.session("example", "two"), undefined);
  assert.equal(await store.session("other", "one"), undefined);
  assert.equal(await store.removeSession("example"), true);
  assert.equal(await store.removeSession("example"), false);
});

Deno.test("removing a profile removes its session, even a damaged one", async () => {
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

Deno.test("a removed profile's session is not kept; a shared sign-in needs no profile", async () => {
  const { system, store } = await newStore();
  await store.saveProfile(keysProfile("example"), { replace: false });
  await store.removeProfile("example");
  await store.saveSession("example", sampleSession(), "f");
  assert.deepEqual(system.files.all(`${home}/sessions`), []);
  const session = sampleSession();
  await store.shared.sessions.save("a key with a device", { session, fingerprint: "f" });
  assert.ok(await store.session("a key with a device", "f"));
});

Deno.test("a damaged session suggests --rotate, and saving replaces it", async () => {
  const { system, store } = await newStore();
  await store.saveProfile(keysProfile("example"), { replace: false });
  await store.saveSession("example", sampleSession(), "f");
  for (const path of [...system.files.all(`${home}/sessions`)]) system.files.put(path, "junk");
  const failure = await fails("store-damaged", () => store.session("example", "f"));
  assert.match(failure.hint ?? "", /athm aws exec example --rotate/);
  await store.saveSession("example", sampleSession(), "f");
  assert.ok(await store.session("example", "f"));
});

Deno.test("renaming moves the session and dependent profiles", async () => {
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

Deno.test("renaming: to another case, to an existing name, from a missing one", async () => {
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

Deno.test("one process at a time changes profiles; a failure releases the lock", async () => {
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

Deno.test("all processes share a sign-in's lock, which names its holder", async () => {
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
  const got = await waited ?? assert.fail("it gave up");
  assert.equal(mine.holder(), 99);
  got.release();
  other.release();
});
