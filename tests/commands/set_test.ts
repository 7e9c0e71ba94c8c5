/** Changing single settings of a profile. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { command } from "../../src/commands/aws/set.ts";
import { command as add } from "../../src/commands/aws/add.ts";
import {
  confirmOf,
  confirmOption,
  networkOptions,
  roleOptions,
} from "../../src/commands/profile/options.ts";
import { networkSettings, optionsOf, roleSettings } from "../../src/commands/profile/settings.ts";
import { valuesOf } from "../../src/line/values.ts";
import { defined } from "../../src/model/fields.ts";
import type { NetworkSettings, RoleSettings } from "../../src/model/profile.ts";
import { keepProfile } from "../../src/session/adding.ts";
import { openOrCreateStore } from "../../src/session/stores.ts";
import { sourceOf } from "../../src/sources/all_sources.ts";
import { keysProfile, runs } from "../support/store_samples.ts";
import { failsAs } from "../support/session_world.ts";
import { testSystem } from "../support/test_system.ts";

const changeable = [...roleOptions, ...networkOptions, confirmOption].map(({ name }) => name);
const known = new Set(add.options.map(({ name }) => name));

const word = fc.stringMatching(/^[A-Za-z0-9+.@-]{2,12}$/);
const arn = fc.stringMatching(/^[A-Za-z0-9]{1,9}$/).map((name) =>
  `arn:aws:iam::123456789012:role/${name}`
);
const tag = fc.record({ key: word, value: fc.stringMatching(/^[a-z =+@日-]{0,9}$/) });
const policy = fc.dictionary(fc.string({ unit: "grapheme-ascii" }), fc.integer())
  .map((value) => ` ${JSON.stringify(value, undefined, 1)}\n`)
  .filter((text) => text.length <= 2048);
const anyRole: fc.Arbitrary<RoleSettings> = fc.record({
  externalId: fc.option(word, { nil: undefined }),
  sessionName: fc.option(word, { nil: undefined }),
  duration: fc.option(fc.integer({ min: 900, max: 43_200 }), { nil: undefined }),
  mfaSerial: fc.constant("arn:aws:iam::123456789012:mfa/ann"),
  mfaCommand: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
  mfaDuration: fc.option(fc.integer({ min: 900, max: 129_600 }), { nil: undefined }),
  sourceIdentity: fc.option(word.filter((text) => !/^aws:/i.test(text)), { nil: undefined }),
  tags: fc.uniqueArray(tag, { maxLength: 3, selector: ({ key }) => key.toLowerCase() })
    .map((tags) => tags.length ? tags : undefined),
  policy: fc.option(policy, { nil: undefined }),
  policyArns: fc.constantFrom(undefined, ["arn:aws:iam::aws:policy/ReadOnlyAccess"]),
}).map((role) => defined({ ...role, transitiveTags: role.tags?.map(({ key }) => key) }));
const anyNetwork: fc.Arbitrary<NetworkSettings> = fc.record({
  region: fc.constantFrom(undefined, "eu-west-1"),
  endpointUrl: fc.constantFrom(undefined, "https://sts.eu-west-1.amazonaws.com"),
  fips: fc.constantFrom(undefined, true),
  dualstack: fc.constantFrom(undefined, true),
  caBundle: fc.constantFrom(undefined, "/home/ann/ca.pem"),
}).map((network) => defined(network));

Deno.test("set: the options of a profile give its settings again", () => {
  const system = testSystem();
  system.files.put("/home/ann/ca.pem", "");
  const settings = fc.record({
    roleArns: fc.array(arn, { minLength: 1, maxLength: 3 }),
    role: anyRole,
    network: anyNetwork,
    confirm: fc.option(fc.nat({ max: 43_200 }), { nil: undefined }),
  }).map((all) => defined(all));
  fc.assert(
    fc.property(settings, (each) => {
      const values = valuesOf(optionsOf(each), known);
      const kind = sourceOf(keysProfile("x").source);
      const again = {
        ...roleSettings(values, system, kind),
        network: networkSettings(values, system),
        ...confirmOf(values),
      };
      assert.deepEqual(JSON.parse(JSON.stringify(again)), JSON.parse(JSON.stringify(each)));
    }),
    runs(500),
  );
});

Deno.test("set: every role and network option can be set and unset", () => {
  const whole = optionsOf({
    roleArns: ["arn:aws:iam::123456789012:role/x"],
    role: {
      externalId: "xx",
      sessionName: "xx",
      duration: 900,
      mfaSerial: "xxxxxxxxx",
      mfaCommand: "x",
      mfaDuration: 900,
      sourceIdentity: "xx",
      tags: [{ key: "k", value: "v" }],
      transitiveTags: ["k"],
      policy: "{}",
      policyArns: ["x"],
    },
    network: { region: "x", endpointUrl: "x", fips: true, dualstack: true, caBundle: "x" },
    confirm: 900,
  });
  assert.deepEqual([...whole.keys()], changeable);
  const unset = command.options.find(({ name }) => name === "unset");
  assert.deepEqual(unset?.choices, changeable);
  const own = command.options.map(({ name }) => name);
  assert.deepEqual(changeable.filter((name) => !own.includes(name)), []);
});

Deno.test("set: a profile that another process changed meanwhile is not overwritten", async () => {
  const system = testSystem();
  const store = await openOrCreateStore(system);
  const before = keysProfile("example");
  const theirs = { ...before, network: { region: "us-west-2" } };
  await store.saveProfile(theirs, { replace: false });
  const mine = { ...before, network: { region: "eu-west-1" } };
  const adding = { store, openStore: () => Promise.resolve(store), replace: true, login: false };
  await failsAs(
    "exists",
    keepProfile(system, mine, { ...adding, replaced: before }),
    /another athm process just changed example/,
  );
  assert.deepEqual((await store.profile("example"))?.network, theirs.network);
  await keepProfile(system, mine, { ...adding, replaced: theirs });
  assert.deepEqual((await store.profile("example"))?.network, mine.network);
});
