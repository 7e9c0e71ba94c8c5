// `sso import` of many profiles: few waits for the disk, and whole profiles whenever it is killed.

import assert from "node:assert/strict";
import { openOrCreateStore, openStore, profilesIn } from "../../src/session/stores.ts";
import type { Files } from "../../src/system/files.ts";
import { type FakeAws, startFakeAws } from "../support/fake_aws.ts";
import { failingFiles } from "../support/faults.ts";
import { httpTo } from "../support/http_to_fake.ts";
import { type MemoryFiles, memoryFiles } from "../support/memory_files.ts";
import { keepPortalSignIn } from "../support/portal_home.ts";
import { athm } from "../support/store_program.ts";
import { testStart, testSystem } from "../support/test_system.ts";

/** A signed-in store and a portal with `accounts` of two roles each. */
async function signedIn(aws: FakeAws, files: MemoryFiles, accounts: number) {
  const options = { system: { http: httpTo(aws) } };
  const store = await openOrCreateStore(testSystem({ files, ...options }));
  await keepPortalSignIn(store, aws, [], { life: 8 * 3_600_000, now: testStart });
  aws.sso.accounts = Array.from({ length: accounts }, (_, at) => ({
    id: String(100_000_000_000 + at),
    name: `Team ${at}`,
    roles: ["Admin", "Reader"],
  }));
  return { options, line: `aws sso import ${aws.sso.startUrl}` };
}

Deno.test("sso import: the writes and syncs one by one do not grow with the profiles", async () => {
  await using aws = await startFakeAws({ clock: () => testStart });
  const counts: string[][] = [];
  for (const accounts of [2, 60]) {
    const files = memoryFiles(() => testStart);
    const { options, line } = await signedIn(aws, files, accounts);
    const done: string[] = [];
    const noting = <K extends keyof Files>(name: K) => ({
      [name]: (...given: Parameters<Files[K]>) => {
        done.push(name);
        return (files[name] as (...given: unknown[]) => unknown).apply(files, given);
      },
    });
    const on = {
      ...files,
      ...noting("create"),
      ...noting("append"),
      ...noting("rename"),
      ...noting("createAll"),
      ...noting("renameAll"),
    };
    const busy: string[] = [];
    const system = {
      ...options.system,
      busy: <T>(what: string, work: () => Promise<T>) => {
        busy.push(what);
        return work();
      },
    };
    const { code, err } = await athm(line, files, { system, on });
    assert.equal(code, 0, err);
    assert.ok(err.endsWith(`athm: ${accounts * 2} imported, 0 skipped`), err);
    assert.ok(busy.includes(`saving ${accounts * 2} profiles`));
    assert.equal(done.filter((each) => each === "createAll").length, 1);
    counts.push(done);
  }
  assert.deepEqual(counts[0], counts[1]);
});

Deno.test("sso import: killed at any operation, it leaves whole profiles", async () => {
  await using aws = await startFakeAws({ clock: () => testStart });
  const files = memoryFiles(() => testStart);
  const { options, line } = await signedIn(aws, files, 3);
  const names = [0, 1, 2].flatMap((at) => [`Team-${at}-Admin`, `Team-${at}-Reader`]);
  const snapshot = files.snapshot();
  const seen = new Set<number>();
  for (let n = 1;; n++) {
    files.restore(snapshot);
    const failing = failingFiles(files, n, "killed");
    await athm(line, files, { ...options, on: failing });
    const store = await openStore(testSystem({ files }));
    const listed = await store?.profiles() ?? [];
    const found = profilesIn(listed).map((each) => each.name);
    assert.equal(found.length, listed.length, `operation ${n}`);
    assert.deepEqual(found, names.slice(0, found.length), `operation ${n}`);
    seen.add(found.length);
    const again = await athm(line, files, options);
    assert.equal(again.code, 0, again.err);
    assert.match(again.err, new RegExp(`: ${6 - found.length} imported`));
    assert.equal((await athm("aws add next --ambient --no-login", files, options)).code, 0);
    const { code, out } = await athm("store verify", files, options);
    assert.equal(code, 0, out);
    if (failing.count < n) break;
  }
  assert.equal(seen.size, 7, "it was not killed between all profiles");
});
