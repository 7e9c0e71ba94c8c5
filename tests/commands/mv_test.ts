// `athm aws mv` renames a profile and rewrites those that are based on it. Neither changes whose
// sessions they have, or which of them ask.

import assert from "node:assert/strict";
import fc from "fast-check";
import type { Profile } from "../../src/model/profile.ts";
import { resolved } from "../../src/session/sign_in/fingerprint.ts";
import { openOrCreateStore } from "../../src/session/stores.ts";
import { memoryFiles } from "../support/memory_files.ts";
import { athm } from "../support/store_program.ts";
import { keysProfile, runs } from "../support/store_samples.ts";
import { testStart, testSystem } from "../support/test_system.ts";

const arn = "arn:aws:iam::012345678901:role/next";
const from = (base: string) => ({ kind: "profile" as const, from: base });

/** Profiles p0, p1, …, each based on an earlier one or on a key. */
const forest = fc.array(
  fc.record({
    base: fc.option(fc.nat(), { nil: undefined }),
    confirm: fc.constantFrom(undefined, undefined, 0, 900),
    region: fc.constantFrom(undefined, "eu-west-1"),
    hasRole: fc.boolean(),
  }),
  { minLength: 1, maxLength: 7 },
).map((all) =>
  all.map(({ base, confirm, region, hasRole }, at): Profile => ({
    ...keysProfile(`p${at}`, { roleArns: hasRole ? [arn] : [] }),
    ...at > 0 && base !== undefined ? { source: from(`p${base % at}`), role: {} } : {},
    network: region === undefined ? {} : { region },
    ...confirm === undefined ? {} : { confirm },
  }))
);

Deno.test("mv: no profile gets other sessions, or asks less, whatever is renamed", async () => {
  let [deep, asking] = [0, 0];
  await fc.assert(
    fc.asyncProperty(forest, fc.nat(), async (profiles, pick) => {
      const files = memoryFiles(() => testStart);
      const system = testSystem({ files });
      const store = await openOrCreateStore(system);
      for (const each of profiles) await store.saveProfile(each, { replace: false });
      const { name: old } = profiles[pick % profiles.length]!;
      const stateOf = async (name: string) => {
        const { full, profile, base } = await resolved(system, store, (await store.profile(name))!);
        if (base?.base) deep++;
        return { full, confirm: profile.confirm };
      };
      const before = await Promise.all(profiles.map(({ name }) => stateOf(name)));
      const moved = await athm(`aws mv ${old} new`, files, { answers: ["y"] });
      assert.equal(moved.code, 0, moved.err);
      asking += moved.system.asked.length;
      const after = profiles.map(({ name }) => stateOf(name === old ? "new" : name));
      assert.deepEqual(await Promise.all(after), before);
      const rewritten = profiles.filter(({ name, source }) =>
        name === old || (source.kind === "profile" && source.from === old)
      );
      const confirmed = rewritten.filter(({ confirm }) => confirm !== undefined);
      assert.equal(moved.system.asked.length, confirmed.length ? 1 : 0);
      for (const { name } of confirmed) assert.match(moved.err, new RegExp(`change of .*${name}`));
    }),
    runs(100),
  );
  assert.ok(Math.min(deep, asking) > 10, `${deep} ${asking}`);
});

Deno.test("mv: what changes while a person is asked is no longer what they allowed", async () => {
  const above = keysProfile("above", { source: from("work"), roleArns: [arn], role: {} });
  const meanwhile: readonly Profile[] = [
    { ...keysProfile("work"), confirm: 60 },
    { ...above, confirm: 60 },
    { ...above, name: "more", confirm: 60 },
  ];
  for (const change of meanwhile) {
    const files = memoryFiles(() => testStart);
    const store = await openOrCreateStore(testSystem({ files }));
    for (const each of [{ ...keysProfile("work"), confirm: 900 }, above]) {
      await store.saveProfile(each, { replace: false });
    }
    const terminal = {
      ...testSystem({ answers: [] }).terminal,
      ask: async () => {
        await store.saveProfile(change, { replace: true });
        return "y";
      },
    };
    const { code, err } = await athm("aws mv work new", files, { system: { terminal } });
    assert.equal(code, 1);
    assert.match(err, /another athm process just changed work, or what is based on it/);
    assert.ok(await store.profile("work"));
  }
});
