// A store that an earlier version wrote opens, with all that it held.

import assert from "node:assert/strict";
import type { Profile } from "../../src/model/profile.ts";
import { sources } from "../../src/sources/all_sources.ts";
import { openStore } from "../../src/session/stores.ts";
import { denoSystem } from "../../src/system/deno/system.ts";
import type { System } from "../../src/system/system.ts";
import { type Expected, fixtures, lay, plain, samples } from "../support/store_fixture.ts";

const versions = Array.from(Deno.readDirSync(fixtures), ({ name }) => name).toSorted();

function expectedOf(version: string): Expected {
  return JSON.parse(Deno.readTextFileSync(new URL(`${version}/expected.json`, fixtures)));
}

/** Opens a copy of the fixture: what athm tidies up must not change it. */
async function withStore(version: string, work: (system: System) => Promise<void>): Promise<void> {
  const home = await Deno.makeTempDir({ prefix: "athm-fixture-" });
  try {
    await lay(new URL(`${version}/`, fixtures), `${home}/store`);
    const env = {
      get: (name: string) => name === "ATHM_HOME" ? `${home}/store` : undefined,
    };
    await work({ ...denoSystem(), env, say: (line) => assert.fail(line) });
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test("store: a fixture exists for each format ever written", () => {
  assert.deepEqual(versions, ["v1", "v2"]);
  for (const version of versions) {
    const { v } = JSON.parse(
      Deno.readTextFileSync(new URL(`${version}/store.json`, fixtures)),
    );
    assert.equal(`v${v}`, version);
  }
});

for (const version of versions) {
  Deno.test(`store: a store of format ${version} opens, with each profile and its session`, async () => {
    const { profiles, session, fingerprint } = expectedOf(version);
    await withStore(version, async (system) => {
      const store = await openStore(system);
      assert.ok(store);
      const found = (await store.profiles()).map((each) =>
        plain("profile" in each ? each.profile : each)
      );
      assert.deepEqual(found, profiles);
      const [{ name }] = samples as readonly [Profile];
      assert.deepEqual(plain(await store.session(name, fingerprint)), session);
      assert.equal(await store.session(name, "another"), undefined);
    });
  });

  Deno.test(`store: a store of format ${version} can be changed`, async () => {
    await withStore(version, async (system) => {
      const store = await openStore(system);
      const [sample] = samples as readonly [Profile];
      await store?.saveProfile({ ...sample, name: "later" }, { replace: false });
      assert.equal((await store?.profile("later"))?.name, "later");
      assert.equal(await store?.removeProfile(sample.name), true);
    });
  });

  Deno.test(`store: format ${version} has a profile of every source; deno task store-fixture adds one`, () => {
    const kinds = (expectedOf(version).profiles as readonly Profile[]).map((each) =>
      each.source.kind
    );
    assert.deepEqual(kinds.toSorted(), sources.map(({ kind }) => kind).toSorted());
  });
}
