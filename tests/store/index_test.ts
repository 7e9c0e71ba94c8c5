// The index of profiles: lists by it are those by the files, whatever happens to either.

import assert from "node:assert/strict";
import { outlineOf } from "../../src/session/outlines.ts";
import { openStore } from "../../src/session/stores.ts";
import { sources } from "../../src/sources/all_sources.ts";
import { decodeIndex, encodeIndex, indexVersion } from "../../src/store/sealing/index_record.ts";
import type { Files } from "../../src/system/files.ts";
import { failingFiles, faults } from "../support/faults.ts";
import {
  byFiles,
  byIndex,
  coarseFiles,
  counting,
  index,
  interrupted,
  many,
  manyProfiles,
  openedOn,
  profileOf,
  systemOn,
} from "../support/index_world.ts";
import { type MemoryFiles, memoryFiles } from "../support/memory_files.ts";
import { athm } from "../support/store_program.ts";
import { canary, home, keysProfile, sampleSession } from "../support/store_samples.ts";

/** What lists must show, by whether p05 is the first one or another. */
async function expectations(files: MemoryFiles) {
  const path = await profilePath(files, "p05");
  const [before, snapshot] = [files.text(path), files.snapshot()];
  const old = await byFiles(files);
  const store = await openStore(systemOn(files));
  await store?.saveProfile(profileOf("p05", 1), { replace: true });
  const changed = await byFiles(files);
  assert.notDeepEqual(old, changed);
  files.restore(snapshot);
  return () => files.text(path) === before ? old : changed;
}

const inProfiles = (path: string) => path.includes("/profiles/");

async function profilePath(files: MemoryFiles, name: string): Promise<string> {
  return await (await openedOn(files)).profiles.path(name);
}

Deno.test("index: a second list reads no profile", async () => {
  const files = memoryFiles();
  await manyProfiles(files);
  const first = counting(files);
  const listed = await byIndex(files, first.files);
  assert.equal(first.read.filter(inProfiles).length, many.length);
  const second = counting(files);
  assert.deepEqual(await byIndex(files, second.files), listed);
  assert.deepEqual(second.read.filter(inProfiles), []);
  assert.deepEqual(listed, await byFiles(files));
});

Deno.test("index: ls, completion and suggestions read no profile without a session", async () => {
  const files = memoryFiles();
  const store = await manyProfiles(files);
  await store.saveSession("p03", sampleSession(), "f");
  await athm("aws ls", files);
  for (const line of ["aws ls", "aws ls --json", "completions bash -- aws exec p"]) {
    const { files: on, read } = counting(files);
    const { code, out, err } = await athm(line, files, { on });
    assert.equal(code, 0, err);
    assert.ok(many.every((name) => out.includes(name)), line);
    const expected = line.startsWith("aws ls") ? [await profilePath(files, "p03")] : [];
    assert.deepEqual(read.filter(inProfiles), expected, line);
  }
  const { files: on, read } = counting(files);
  const { err } = await athm("aws exec p033 -- true", files, { on });
  assert.match(err, /did you mean "p03"/);
  assert.deepEqual(read.filter(inProfiles), []);
});

Deno.test("index: after one change a list reads one profile", async () => {
  const files = coarseFiles();
  const store = await manyProfiles(files);
  await byIndex(files);
  await store.saveProfile(profileOf("p05", 1), { replace: true });
  const { files: on, read } = counting(files);
  assert.deepEqual(await byIndex(files, on), await byFiles(files));
  assert.deepEqual(read.filter(inProfiles), [await profilePath(files, "p05")]);
});

Deno.test("index: a kept session is neither read from it nor written to it", async () => {
  const files = memoryFiles();
  const store = await manyProfiles(files);
  await byIndex(files);
  const before = files.read(index);
  await store.saveSession("p03", sampleSession(), "f");
  const { files: on, read } = counting(files);
  const opened = await openStore(systemOn(files, on));
  await opened?.profile("p03");
  assert.ok(await opened?.session("p03", "f"));
  assert.ok(!read.includes(index));
  assert.deepEqual(files.read(index), before);
  assert.ok((await byIndex(files)).some((each) => typeof each === "object" && each.hasKept));
});

Deno.test("index: it contains no secret, and no name that can be read", async () => {
  const files = memoryFiles();
  await manyProfiles(files);
  await byIndex(files);
  const text = files.text(index) ?? "";
  assert.ok(text.length > 1000 && !text.includes("p03"));
  const outline = JSON.stringify(outlineOf(keysProfile("example")));
  assert.ok(!outline.includes(canary) && outline.includes("example"));
});

Deno.test("index: one that cannot be used is replaced", async () => {
  const files = memoryFiles();
  await manyProfiles(files);
  await byIndex(files);
  const good = files.text(index) ?? "";
  const flipped = good.slice(0, 500) + (good[500] === "A" ? "B" : "A") + good.slice(501);
  const other = coarseFiles();
  await manyProfiles(other);
  await byIndex(other);
  const unusable = {
    "empty": "",
    "cut short": good.slice(0, -20),
    "changed in one bit": flipped,
    "of another store": other.text(index) ?? "",
    "without its first line": `\n${good}`,
  };
  const expected = await byFiles(files);
  const isUsed = async () => {
    const { files: on, read } = counting(files);
    assert.deepEqual(await byIndex(files, on), expected);
    return !read.some(inProfiles);
  };
  for (const [what, text] of Object.entries(unusable)) {
    files.put(index, text);
    assert.equal(await isUsed(), false, what);
    assert.equal(await isUsed(), true, what);
  }
  files.chmod(index, 0o644);
  assert.equal(await isUsed(), false);
  assert.equal(await isUsed(), true);
  assert.equal(files.facts(index)?.mode, 0o600);
  files.put("/elsewhere", good);
  files.link(index, "/elsewhere");
  assert.equal(await isUsed(), false);
  assert.equal(await isUsed(), true);
  assert.equal(files.text("/elsewhere"), good);
  // A folder stays in the way, and changes go on.
  files.remove(index);
  files.put(`${index}/file`, "");
  assert.equal(await isUsed(), false);
  assert.equal((await athm("aws rm p00", files)).code, 0);
  assert.equal((await athm("aws rm --all --yes", files)).code, 0);
});

Deno.test("index: what changed without a mark is read, as after an older athm", async () => {
  const files = memoryFiles();
  await manyProfiles(files);
  const opened = await openedOn(files);
  const put = async (name: string, digit: number, to = name) => {
    const { bytes } = await opened.profiles.sealed(to, profileOf(name, digit));
    files.put(await profilePath(files, to), bytes);
  };
  const changes: Record<string, () => Promise<unknown> | void> = {
    "a file of the same size": () => put("p02", 1),
    "a new file": () => put("new", 1),
    "a removed file": async () => files.remove(await profilePath(files, "p04")),
    "a damaged file": async () => files.put(await profilePath(files, "p05"), "damaged"),
    "an open file": async () => files.chmod(await profilePath(files, "p06"), 0o644),
    "a file of another user": async () => files.chown(await profilePath(files, "p07"), 7),
    "a link": async () => files.link(await profilePath(files, "p08"), "/elsewhere"),
    "the index of an earlier time": () => files.put(index, early),
  };
  await byIndex(files);
  const early = files.text(index) ?? "";
  for (const [what, change] of Object.entries(changes)) {
    await change();
    assert.deepEqual(await byIndex(files), await byFiles(files), what);
    assert.deepEqual(await byIndex(files), await byFiles(files), what);
  }
});

Deno.test("index: a change at any moment of a list is in the next one", async () => {
  const files = coarseFiles();
  const store = await manyProfiles(files);
  const opened = await openedOn(files);
  const { folder, path, bytes } = await opened.profiles.sealed("p05", profileOf("p05", 1));
  const id = path.slice(folder.length + 1);
  const lock = `${home}/write.lock`;
  await store.saveProfile(profileOf("p09", 1), { replace: true });
  await byIndex(files);
  const current = files.snapshot();
  await store.saveProfile(profileOf("p09", 1), { replace: true });
  const marked = files.snapshot();
  files.remove(index);
  const without = files.snapshot();
  const expected = await expectations(files);
  let held: ReturnType<Files["tryLock"]>;
  const begin = () => {
    held = files.tryLock(lock);
    if (held && files.facts(index)) files.append(index, new TextEncoder().encode(`\n${id}`));
  };
  const end = () => {
    if (held) files.put(path, bytes);
    held?.release();
  };
  for (const state of [current, marked, without]) {
    for (let n = 1;; n++) {
      let count = 0;
      // At once, and with the list's operations between the mark and the change.
      for (const until of [n, n + 1, n + 25]) {
        files.restore(state);
        held = undefined;
        const works = until === n
          ? { [n]: () => void opened.tryChange((writer) => writer.replace(folder, path, bytes)) }
          : { [n]: begin, [until]: end };
        const world = interrupted(files, works);
        await byIndex(files, world.files);
        count = world.count();
        if (count < until) end();
        assert.deepEqual(await byIndex(files), expected(), `${n} to ${until}`);
      }
      if (count < n) break;
    }
  }
});

Deno.test("index: every disk operation of a list and of a change fails in turn", async () => {
  for (const fault of faults) {
    const files = coarseFiles();
    const store = await manyProfiles(files);
    const without = files.snapshot();
    const expected = await expectations(files);
    for (let n = 1;; n++) {
      files.restore(without);
      const failing = failingFiles(files, n, fault);
      const said = await athm("aws ls", files, { on: failing });
      if (fault === "full") assert.deepEqual([said.code, said.err], [0, ""]);
      if (said.code === 0) assert.ok(many.every((name) => said.out.includes(name)));
      assert.deepEqual(await byIndex(files), expected(), `${n} ${fault}`);
      await store.saveProfile(profileOf("p05", 1), { replace: true });
      assert.deepEqual(await byIndex(files), expected(), `${n} ${fault}`);
      if (failing.count < n) break;
    }
    files.restore(without);
    await byIndex(files);
    const current = files.snapshot();
    for (let n = 1;; n++) {
      files.restore(current);
      const failing = failingFiles(files, n, fault);
      const store = await openStore(systemOn(files, failing)).catch(() => undefined);
      await store?.saveProfile(profileOf("p05", 1), { replace: true }).catch(() => {});
      assert.deepEqual(await byIndex(files), expected(), `change ${n} ${fault}`);
      if (failing.count < n) break;
    }
  }
});

Deno.test("index: removing all profiles removes it, and a rekey the one with the old key", async () => {
  const files = memoryFiles();
  await manyProfiles(files);
  await byIndex(files);
  assert.equal((await athm("store verify", files)).code, 0);
  const old = files.text(index);
  assert.equal((await athm("store rekey", files)).code, 0);
  assert.equal(files.facts(index), undefined);
  assert.deepEqual(await byIndex(files), await byFiles(files));
  assert.notEqual(files.text(index), old);
  files.put(index, old ?? "");
  assert.deepEqual(await byIndex(files), await byFiles(files));
  assert.equal((await athm("aws rm --all --yes", files)).code, 0);
  assert.equal(files.facts(index), undefined);
});

Deno.test("index: a few profiles have none", async () => {
  const files = memoryFiles();
  const store = await manyProfiles(files);
  for (const name of many.slice(3)) await store.removeProfile(name);
  assert.equal((await byIndex(files)).length, 3);
  assert.equal(files.facts(index), undefined);
});

/** The outlines of all sources in one hash, for the version: see `outlineOf`. */
const shapes: Readonly<Record<number, string>> = {
  3: "2ce986575277f2af",
};

Deno.test("index: what it keeps of a profile has a new version if it changes", async () => {
  const network = { region: "eu-west-1", fips: true, caBundle: "/ca.pem" };
  const outlines = sources.map(({ kind, sample }) =>
    outlineOf({
      name: kind,
      source: sample(),
      roleArns: ["arn:aws:iam::1:role/x"],
      role: {},
      network,
    })
  );
  const entries = outlines.map((outline) => ({ id: "i", kept: [], stamp: [], outline }));
  const bytes = encodeIndex(entries);
  assert.deepEqual(decodeIndex(bytes), JSON.parse(JSON.stringify(entries)));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex().slice(0, 16);
  assert.equal(hash, shapes[indexVersion]);
});
