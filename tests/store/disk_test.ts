// The store on a real disk, with the real file functions.

import assert from "node:assert/strict";
import { openOrCreateStore, openStore } from "../../src/session/stores.ts";
import { denoSystem } from "../../src/system/deno/system.ts";
import type { System } from "../../src/system/system.ts";
import { testSystem } from "../support/test_system.ts";
import { fails, keysProfile, sampleSession } from "../support/store_samples.ts";

async function onDisk(work: (system: System, home: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const ATHM_HOME = `${folder}/a b/athm`;
    const { files, random, userId, platform } = denoSystem();
    const system = { ...testSystem({ env: { ATHM_HOME } }), files, random, userId, platform };
    await work(system, ATHM_HOME);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const modes = { ignore: Deno.build.os === "windows" };

Deno.test("file facts have a mode, except on Windows", () =>
  onDisk(async ({ files }, home) => {
    await Deno.mkdir(home, { recursive: true, mode: 0o700 });
    const mode = files.facts(home)?.mode;
    assert.equal(mode, Deno.build.os === "windows" ? undefined : 0o700);
  }));

Deno.test("profiles on the disk are saved, listed, renamed and removed", () =>
  onDisk(async (system) => {
    const store = await openOrCreateStore(system);
    await store.saveProfile(keysProfile("old"), { replace: false });
    await store.saveSession("old", sampleSession(), "f");
    await store.renameProfile("old", "new", []);
    const again = await openStore(system);
    assert.equal((await again?.profile("NEW"))?.name, "new");
    assert.ok(await again?.session("new", "f"));
    assert.equal((await again?.profiles())?.length, 1);
    assert.equal(await again?.removeProfile("new"), true);
    assert.deepEqual(await again?.profiles(), []);
  }));

Deno.test(
  "folders are 0700 and files 0600 on the disk",
  modes,
  () =>
    onDisk(async (system, home) => {
      const store = await openOrCreateStore(system);
      await store.saveProfile(keysProfile("example"), { replace: false });
      await store.saveSession("example", sampleSession(), "f");
      await store.change(() => Promise.resolve());
      (await store.signInLock("idp")).tryLock()?.release();
      let files = 0;
      const look = (path: string) => {
        const { isDirectory, mode } = Deno.lstatSync(path);
        assert.equal((mode ?? 0) & 0o777, isDirectory ? 0o700 : 0o600, path);
        if (!isDirectory) return files++;
        for (const { name } of Deno.readDirSync(path)) look(`${path}/${name}`);
      };
      look(home);
      assert.equal(files, 6);
    }),
);

Deno.test(
  "links and open modes are rejected on the disk, and the hint fixes the mode",
  modes,
  () =>
    onDisk(async (system, home) => {
      await openOrCreateStore(system);
      Deno.chmodSync(`${home}/store.json`, 0o644);
      const failure = await fails("store-open", () => openStore(system));
      const mended = await new Deno.Command("sh", { args: ["-c", failure.hint ?? ""] }).output();
      assert.equal(mended.code, 0);
      assert.ok(await openStore(system));
      Deno.renameSync(`${home}/store.json`, `${home}/elsewhere`);
      Deno.symlinkSync(`${home}/elsewhere`, `${home}/store.json`);
      await fails("store-damaged", () => openStore(system));
    }),
);

Deno.test("stores opened at once on the disk wait for each other", () =>
  onDisk(async (system) => {
    const stores = await Promise.all([1, 2, 3, 4].map(() => openOrCreateStore(system)));
    let inside = 0;
    await Promise.all(stores.map((store, at) =>
      store.change(async () => {
        assert.equal(++inside, 1);
        await store.saveProfile(keysProfile(`p${at}`), { replace: false });
        inside--;
      })
    ));
    assert.equal((await stores[0]?.profiles())?.filter((one) => "profile" in one).length, 4);
  }));

Deno.test(
  "a store on the disk belongs to its owner: any other user ID is rejected",
  modes,
  () =>
    onDisk(async (system) => {
      await openOrCreateStore(system);
      const other = { ...system, userId: () => (system.userId() ?? 0) + 1 };
      const { message } = await fails("store-open", () => openStore(other));
      assert.match(message, new RegExp(`uid ${Deno.uid()}\\)`));
    }),
);
