// The `.athm` file comes from the repository's author: whatever it contains, athm reads a name or
// rejects the file, and uses the name only while the person's consent fits path and content.

import assert from "node:assert/strict";
import fc from "fast-check";
import { Failure } from "../../src/model/failure.ts";
import { folderFileLimit, folderKey, parseFolderFile } from "../../src/model/folder_profile.ts";
import { isName } from "../../src/model/names.ts";
import { allow, allowedState, deny, folderFile } from "../../src/session/folder.ts";
import { openOrCreateStore } from "../../src/session/stores.ts";
import { anyCharacter } from "../support/any_character.ts";
import { type MemoryFiles, memoryFiles, startedIn } from "../support/memory_files.ts";
import { runs } from "../support/store_samples.ts";
import { testSystem } from "../support/test_system.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const path = `${startedIn}/.athm`;
const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/);

Deno.test("folder file: any bytes give a profile name or a problem, never an error", () => {
  const some = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.string({ unit: anyCharacter }).map(bytes),
  );
  fc.assert(
    fc.property(some, (content) => {
      const parsed = parseFolderFile(content);
      if ("problem" in parsed) return assert.match(parsed.problem, /^(is|contains|does) /);
      assert.ok(isName(parsed.name));
      const text = new TextDecoder().decode(content);
      assert.ok(text.startsWith(parsed.name));
      assert.match(text.slice(parsed.name.length), /^(?:\r?\n|$)/);
    }),
    runs(2000),
  );
});

Deno.test("folder file: a name in the first line is the profile, whatever text follows", () => {
  const rest = fc.constantFrom("", "\n", "\r\n", "\n# remark\n", "\nother\n\n", "\r\n\tü ✓\r\n");
  fc.assert(fc.property(name, rest, (name, rest) => {
    assert.deepEqual(parseFolderFile(bytes(name + rest)), { name });
    // PowerShell may write a byte order mark.
    assert.deepEqual(parseFolderFile(bytes(`\ufeff${name}${rest}`)), { name });
  }));
});

Deno.test("folder file: anything beside a name is rejected", () => {
  const table: readonly (readonly [content: string | Uint8Array, problem: RegExp])[] = [
    ["", /^does not have the name/],
    ["\nexample\n", /^does not have the name/],
    ["example other\n", /^does not have the name/],
    [" example\n", /^does not have the name/],
    ["example \n", /^does not have the name/],
    ["example # remark", /^does not have the name/],
    ["../example", /^does not have the name/],
    ["--help", /^does not have the name/],
    ["$(touch evil)", /^does not have the name/],
    ["x".repeat(65), /^does not have the name/],
    ["example\0", /^contains control characters$/],
    ["example\n\x1b]0;x\x07", /^contains control characters$/],
    ["example\n\u009b31m", /^contains control characters$/],
    [Uint8Array.of(0xff, 0xfe, 0x61, 0), /^is not UTF-8 text$/],
    [`example\n${"x".repeat(folderFileLimit - 7)}`, /^is larger than 4096 bytes$/],
  ];
  for (const [content, problem] of table) {
    const parsed = parseFolderFile(typeof content === "string" ? bytes(content) : content);
    assert.match("problem" in parsed ? parsed.problem : parsed.name, problem);
  }
  assert.deepEqual(parseFolderFile(bytes("a\n" + "x".repeat(folderFileLimit - 2))), { name: "a" });
});

/** A system in the folder `/started-in`, with a store. */
async function machine(files: MemoryFiles = memoryFiles()) {
  files.makeFolder(startedIn, 0o755);
  const system = testSystem({ files });
  return { files, system, store: await openOrCreateStore(system) };
}

Deno.test("folder file: a file of another user, a link or a fifo is rejected", async () => {
  const { files, system } = await machine();
  assert.equal(folderFile(system), undefined);
  files.put("/.athm", "top\n");
  assert.equal(folderFile(system)?.path, "/.athm");
  files.put(path, "example\n");
  assert.equal(folderFile(system)?.name, "example");
  files.chown(path, 1234);
  assert.throws(
    () => folderFile(system),
    (error) =>
      error instanceof Failure && /belongs to another user \(uid 1234\)/.test(error.message),
  );
  files.remove(path);
  files.link(path, "/.athm");
  assert.throws(() => folderFile(system), /is a symbolic link/);
});

Deno.test("folder file: the name of a folder cannot change how a message is shown", async () => {
  const { files, system } = await machine();
  const folder = "/repo\x1b]0;x\x07\u202eevil\u200b";
  files.makeFolder(folder, 0o755);
  files.put(`${folder}/.athm`, "two words\n");
  const there = { ...system, files: { ...system.files, real: () => folder } };
  assert.throws(() => folderFile(there), /the file \/repo\?\]0;x\?\?evil\?\/\.athm does not have/);
});

Deno.test("folder file: it counts only with the path and content that were allowed", async () => {
  const { files, system, store } = await machine();
  const state = async () => await allowedState(store, folderFile(system) ?? assert.fail());
  files.put(path, "example\n");
  assert.equal(await state(), "unknown");
  await allow(store, folderFile(system)!);
  assert.equal(await state(), "allowed");
  await fc.assert(
    fc.asyncProperty(fc.stringMatching(/^[a-z\n #]{0,30}$/), async (rest) => {
      files.put(path, `example\n${rest}`);
      assert.equal(await state(), rest === "" ? "allowed" : "changed");
    }),
    runs(50),
  );
  // The record of another path, even under this one's key, allows nothing.
  const record = await store.folders.find(folderKey(path)) ?? assert.fail();
  await store.folders.save(folderKey(path), { ...record, path: "/other/.athm" });
  files.put(path, "example\n");
  assert.equal(await state(), "unknown");
});

Deno.test("folder file: allowing a path does not allow one that differs in case", async () => {
  const { files, system, store } = await machine();
  files.put(path, "example\n");
  const file = folderFile(system)!;
  await allow(store, { ...file, path: path.toUpperCase() });
  assert.equal(await allowedState(store, file), "unknown");
  await allow(store, file);
  assert.equal(await allowedState(store, { ...file, path: path.toUpperCase() }), "allowed");
});

Deno.test("folder file: deny works without the file, and rm --all takes everything back", async () => {
  const { files, system, store } = await machine();
  files.put(path, "example\n");
  await allow(store, folderFile(system)!);
  files.remove(path);
  assert.deepEqual(await deny(system, store), { path, was: true });
  assert.equal(await deny(system, store), undefined);
  files.put(path, "example\n");
  assert.deepEqual(await deny(system, store), { path, was: false });
  await allow(store, folderFile(system)!);
  await store.removeAll();
  assert.equal(await allowedState(store, folderFile(system)!), "unknown");
});

Deno.test("folder file: nothing in the store's files shows the path or the name", async () => {
  const { files, system, store } = await machine();
  files.put(path, "example\n");
  await allow(store, folderFile(system)!);
  const sealed = files.all("/home/ann").filter((each) => each.includes("/folders/"));
  assert.equal(sealed.length, 1);
  assert.match(sealed[0]!, /\/[0-9a-f]{32}$/);
  assert.doesNotMatch(files.text(sealed[0]!) ?? "", /example|started/);
});
