/** Network settings that a profile inherits from its base profiles. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Inherited, NetworkSettings } from "../../src/model/profile.ts";
import { resolved } from "../../src/session/sign_in/fingerprint.ts";
import { endpointOf } from "../../src/session/sign_in/network.ts";
import { fails, keysProfile, newStore, standingOn } from "../support/store_samples.ts";

const urls = ["https://sts-fips.us-east-1.amazonaws.com", "https://sts.example.com"];

const anyNetwork: fc.Arbitrary<NetworkSettings> = fc.record({
  region: fc.constantFrom("eu-west-1", "us-east-2"),
  endpointUrl: fc.constantFrom(...urls),
  fips: fc.constant(true),
  dualstack: fc.constant(true),
  caBundle: fc.constantFrom("/a.pem", "/b.pem"),
}, { requiredKeys: [] }).map(({ endpointUrl, ...rest }): NetworkSettings => {
  const { fips: _, dualstack: __, ...alone } = rest;
  return endpointUrl === undefined ? rest : { ...alone, endpointUrl };
});

/**
 * The nearest profile that sets it decides, and an endpoint setting of one kind replaces the other.
 */
function expected(chain: readonly NetworkSettings[]): NetworkSettings & { from: Inherited } {
  let settings: Record<string, unknown> = {};
  let from: Record<string, string> = {};
  for (const [depth, own] of [...chain.entries()].toReversed()) {
    const replaced = own.endpointUrl !== undefined
      ? ["fips", "dualstack"]
      : own.fips || own.dualstack
      ? ["endpointUrl"]
      : [];
    const inherited = Object.entries(settings)
      .filter(([name]) => !(name in own) && !replaced.includes(name));
    settings = { ...Object.fromEntries(inherited), ...own };
    from = Object.fromEntries(inherited.map(([name]) => [name, from[name] ?? `p${depth + 1}`]));
  }
  return { ...settings, from };
}

Deno.test("inherit: the nearest base profile that has a setting gives it, at any depth", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyNetwork, { minLength: 1, maxLength: 4 }), async (chain) => {
      const { system, store } = await newStore();
      const profiles = chain.map((network, depth) =>
        depth === chain.length - 1
          ? keysProfile(`p${depth}`, { network })
          : { ...standingOn(`p${depth}`, `p${depth + 1}`), network }
      );
      for (const each of profiles) await store.saveProfile(each, { replace: false });
      const top = profiles[0] ?? assert.fail();
      const { profile, mark } = await resolved(system, store, top);
      const { from, ...network } = expected(chain);
      assert.deepEqual({ ...profile.network }, network);
      assert.deepEqual(profile.inherited ?? {}, from);
      // The stored settings do not change, and a URL is never combined with FIPS or dual-stack.
      assert.deepEqual((await store.profile("p0"))?.network, top.network);
      const { endpointUrl, fips, dualstack } = profile.network;
      assert.ok(endpointUrl === undefined || !fips && !dualstack);
      // A different inherited setting means a different session.
      const last = profiles.at(-1) ?? assert.fail();
      if (last === top) return;
      const caBundle = "/other.pem";
      await store.saveProfile({ ...last, network: { ...last.network, caBundle } }, {
        replace: true,
      });
      assert.notEqual((await resolved(system, store, top)).mark, mark);
    }),
    { numRuns: 60 },
  );
});

const gov = "arn:aws-us-gov:iam::123456789012:role/deploy";

const conflicts: readonly (readonly [NetworkSettings, RegExp, RegExp])[] = [
  [
    { endpointUrl: "https://sts-fips.us-east-1.amazonaws.com" },
    /^the role is in partition aws-us-gov, but --endpoint-url of base is in aws$/,
    /--endpoint-url https:\/\/sts\.us-gov-west-1\.amazonaws\.com/,
  ],
  [
    { fips: true, region: "us-east-1" },
    /^the role is in partition aws-us-gov, but --region of base us-east-1 is in aws$/,
    /--region us-gov-west-1/,
  ],
];

for (const [network, message, hint] of conflicts) {
  Deno.test(`inherit: refuses a role in another partition than ${JSON.stringify(network)}`, async () => {
    const { system, store } = await newStore();
    await store.saveProfile(keysProfile("base", { network }), { replace: false });
    const child = { ...standingOn("child", "base"), roleArns: [gov] };
    const { profile } = await resolved(system, store, child);
    const error = await fails("usage", () => endpointOf(system, profile));
    assert.match(error.message, message);
    assert.match(error.hint ?? "", hint);
    // The hint's command works.
    const own = network.endpointUrl === undefined
      ? { region: "us-gov-west-1" }
      : { endpointUrl: "https://sts.us-gov-west-1.amazonaws.com" };
    const fixed = await resolved(system, store, { ...child, network: own });
    assert.equal(endpointOf(system, fixed.profile).signingRegion, "us-gov-west-1");
  });
}
