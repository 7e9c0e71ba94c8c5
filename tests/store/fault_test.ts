// For every disk operation of a change of the store: it fails, or the process is killed there.
// Afterward the store must contain the old state or the new one, and the next write must remove any
// remains.

import assert from "node:assert/strict";
import { Failure } from "../../src/model/failure.ts";
import { openOrCreateStore, openStore, type Store } from "../../src/session/stores.ts";
import { failingFiles, faults } from "../support/faults.ts";
import { type MemoryFiles, memoryFiles } from "../support/memory_files.ts";
import { testSystem } from "../support/test_system.ts";
import {
  home,
  keysProfile,
  newStore,
  sampleSession,
  standingOn,
} from "../support/store_samples.ts";

interface Change {
  readonly prepare?: (store: Store) => Promise<unknown>;
  readonly work: (store: Store) => Promise<unknown>;
  /** Throws if the store contains neither the old state nor the new one. */
  readonly check: (store: Store) => Promise<void>;
}

const oldProfile = keysProfile("example");
const newProfile = keysProfile("example", { roleArns: [] });

async function roles(store: Store, name: string): Promise<number | undefined> {
  return (await store.profile(name))?.roleArns.length;
}

const changes: Record<string, Change> = {
  "a new profile": {
    work: (store) => store.saveProfile(newProfile, { replace: false }),
    check: async (store) => assert.ok([undefined, 0].includes(await roles(store, "example"))),
  },
  "a profile replaced": {
    prepare: (store) => store.saveProfile(oldProfile, { replace: false }),
    work: (store) => store.saveProfile(newProfile, { replace: true }),
    check: async (store) => assert.ok([1, 0].includes(await roles(store, "example") ?? 9)),
  },
  "a session replaced": {
    prepare: async (store) => {
      await store.saveProfile(keysProfile("example"), { replace: false });
      await store.saveSession("example", sampleSession("old"), "f");
    },
    work: (store) => store.saveSession("example", sampleSession("new"), "f"),
    check: async (store) => {
      const token = (await store.session("example", "f"))?.sessionToken.reveal() ?? "";
      assert.ok(["old-token", "new-token"].includes(token));
    },
  },
  "many profiles at once": {
    prepare: (store) => store.saveProfile(oldProfile, { replace: false }),
    work: (store) =>
      store.change(() =>
        store.saveProfiles(
          [newProfile, ...["a", "b", "c"].map((name) => keysProfile(name))]
            .map((profile) => ({ profile, replace: true })),
        )
      ),
    check: async (store) => {
      assert.ok([1, 0].includes(await roles(store, "example") ?? 9));
      const listed = await store.profiles();
      const names = listed.map((each) => "profile" in each ? each.profile.name : "damaged");
      const inOrder = ["a", "b", "c"].filter((name) => names.includes(name)).join("");
      assert.ok("abc".startsWith(inOrder) && !names.includes("damaged"), names.join());
    },
  },
  "a profile removed": {
    prepare: async (store) => {
      await store.saveProfile(oldProfile, { replace: false });
      await store.saveSession("example", sampleSession(), "f");
    },
    work: (store) => store.removeProfile("example"),
    check: async (store) => {
      const [profile, session] = [
        await store.profile("example"),
        await store.session("example", "f"),
      ];
      assert.ok(profile || !session, "a session without its profile");
    },
  },
  "a profile renamed": {
    prepare: async (store) => {
      await store.saveProfile(oldProfile, { replace: false });
      await store.saveSession("example", sampleSession(), "f");
      await store.saveProfile(standingOn("a", "example"), { replace: false });
      await store.saveProfile(standingOn("b", "example"), { replace: false });
    },
    work: (store) =>
      store.renameProfile("example", "other", [standingOn("a", "other"), standingOn("b", "other")]),
    check: async (store) => {
      const names = [await roles(store, "example"), await roles(store, "other")];
      assert.ok(names.includes(1), "neither the old name nor the new");
      for (const name of ["a", "b"]) {
        const source = (await store.profile(name))?.source;
        assert.ok(source?.kind === "profile", `${name} is lost`);
        assert.ok(await store.profile(source.from), `${name} has no base`);
      }
    },
  },
};

function leftOver(files: MemoryFiles): string[] {
  return files.all(home).filter((path) => /\.(tmp|batch)-/.test(path));
}

for (const [title, { prepare, work, check }] of Object.entries(changes)) {
  for (const fault of faults) {
    Deno.test(`${title}; the n-th operation is ${fault}, for every n`, async () => {
      let broken = 0;
      for (let n = 1;; n++) {
        const { system, store } = await newStore();
        await prepare?.(store);
        const failing = failingFiles(system.files, n, fault);
        const error = await openStore({ ...testSystem(), files: failing })
          .then((opened) => opened && work(opened))
          .then(() => undefined, (thrown) => thrown);

        const after = await openStore(testSystem({ files: system.files }));
        assert.ok(after);
        await check(after);
        if (fault !== "killed") {
          // A temporary file may remain only if its removal failed.
          const left = leftOver(system.files).filter((path) => !/\.batch-\w+\//.test(path));
          assert.ok(left.length <= 1, left.join());
        }
        await after.change(() => after.saveProfile(keysProfile("next"), { replace: false }));
        assert.deepEqual(leftOver(system.files), []);
        // A failed change can be repeated, unless it was completed.
        await work(after).catch((again) => {
          assert.ok(
            again instanceof Failure && /^(exists|not-found)$/.test(again.code),
            `${again}`,
          );
        });
        await check(after);

        if (error) {
          assert.ok(error instanceof Failure, `n = ${n}: ${error}`);
          broken = n;
        }
        if (failing.count < n) break;
      }
      assert.ok(fault === "full" || broken >= 5, `only ${broken} operations were seen`);
    });
  }
}

for (const fault of faults) {
  Deno.test(`a store being made; the n-th operation is ${fault}, for every n`, async () => {
    for (let n = 1;; n++) {
      const files = memoryFiles();
      const failing = failingFiles(files, n, fault);
      await openOrCreateStore({ ...testSystem(), files: failing }).catch((error) =>
        assert.ok(error instanceof Failure, `${error}`)
      );
      const store = await openOrCreateStore(testSystem({ files }));
      await store.saveProfile(oldProfile, { replace: false });
      assert.deepEqual(leftOver(files), []);
      assert.ok(await (await openStore(testSystem({ files })))?.profile("example"));
      if (failing.count < n) break;
    }
  });
}

Deno.test("a failed write leaves no temporary file and the old file unchanged", async () => {
  const { system, store } = await newStore();
  await store.saveProfile(oldProfile, { replace: false });
  const before = system.files.snapshot();
  for (let n = 1;; n++) {
    const failing = failingFiles(system.files, n, "refused");
    const opened = await openStore({ ...testSystem(), files: failing }).catch(() => undefined);
    const saving = opened?.saveProfile(newProfile, { replace: true });
    if (await saving?.then(() => true, () => false)) break;
    assert.deepEqual(system.files.snapshot(), before, `n = ${n}`);
  }
  assert.equal(await roles(store, "example"), 0);
});
