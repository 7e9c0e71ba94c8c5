// A program that reads the store's key needs no athm, so athm asks before the key of a store with
// confirmed profiles leaves the keychain, for whatever command.

import assert from "node:assert/strict";
import { openOrCreateStore } from "../../src/session/stores.ts";
import { memoryFiles } from "../support/memory_files.ts";
import { athm, desktop, helpers, runtimeFolder } from "../support/store_program.ts";
import { home, keysProfile } from "../support/store_samples.ts";
import { testStart, testSystem } from "../support/test_system.ts";

async function inKeychain(confirm: number | undefined) {
  const files = memoryFiles(() => testStart);
  files.makeFolder(runtimeFolder, 0o700);
  const system = { children: helpers().children };
  const on = { env: desktop, system };
  const store = await openOrCreateStore(testSystem({ files, ...on }));
  const asks = confirm === undefined ? {} : { confirm };
  await store.saveProfile({ ...keysProfile("work"), ...asks }, { replace: false });
  assert.match(files.text(`${home}/store.json`) ?? "", /"keychain"/);
  return { files, on };
}

for (const line of ["store custody file", "store unlock"]) {
  Deno.test(`guard: ${line} asks before the key leaves the keychain`, async () => {
    const { files, on } = await inKeychain(900);
    const before = files.snapshot();
    const says = /confirm a copy of the keychain's key, which opens work/;
    const alone = await athm(line, files, on);
    assert.equal(alone.code, 1, alone.err);
    assert.match(alone.err, says);
    const no = await athm(line, files, { ...on, answers: ["n"] });
    assert.match(no.err, /you did not allow a copy of the keychain's key/);
    const there = [...files.snapshot()].filter(([path]) => !/\.lock$|\/audit/.test(path));
    assert.deepEqual(
      new Map(there),
      new Map([...before].filter(([path]) => !/\.lock$/.test(path))),
    );
    const yes = await athm(line, files, { ...on, answers: ["y"] });
    assert.equal(yes.code, 0, yes.err);
    assert.match(yes.err, says);
  });

  Deno.test(`guard: ${line} asks nothing for profiles that do not ask`, async () => {
    const { files, on } = await inKeychain(undefined);
    const { code, err, system } = await athm(line, files, { ...on, answers: [] });
    assert.equal(code, 0, err);
    assert.deepEqual(system.asked, []);
  });
}
