// A sign-in may learn settings that were open when a person allowed the profile, such as the SAML
// role chosen then. The yes holds for the profile with them, and for no other change.

import assert from "node:assert/strict";
import type { Profile, SamlSource } from "../../src/model/profile.ts";
import { confirmUse } from "../../src/session/confirming.ts";
import { profileNamed } from "../../src/session/keep.ts";
import { storedRenewal } from "../../src/session/renewal/renewal.ts";
import { resolved } from "../../src/session/sign_in/fingerprint.ts";
import { placeAt } from "../support/confirm_world.ts";
import { failsAs, type Machine, minute, sessionTest } from "../support/session_world.ts";
import { sampleSession } from "../support/store_samples.ts";

const roleNamed = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
const source: SamlSource = { kind: "saml", via: "browser", url: "https://idp.example.com/aws" };
const sam: Profile = { name: "sam", source, roleArns: [], role: {}, network: {}, confirm: 900 };
const above: Profile = { ...sam, name: "above", source: { kind: "profile", from: "sam" } };

/** Saves other settings and a session made with them, as another process does. */
async function becomes(
  { system, store }: Machine,
  other: Partial<Profile>,
  name = "sam",
): Promise<void> {
  await store.saveProfile({ ...sam, ...other }, { replace: true });
  const { full } = await resolved(system, store, await profileNamed(store, name));
  const [issued, expires] = [system.now(), system.now() + 60 * minute];
  await store.saveSession(name, { ...sampleSession(), issued, expires }, full);
}

const others: Readonly<Record<string, Partial<Profile>>> = {
  "another role": { source: { ...source, roleArn: roleNamed("other") } },
  "another provider": {
    source: { ...source, url: "https://other.example.com/aws", roleArn: roleNamed("chosen") },
  },
  "another duration": {
    source: { ...source, roleArn: roleNamed("chosen") },
    role: { duration: 901 },
  },
  "a role after it": {
    source: { ...source, roleArn: roleNamed("chosen") },
    roleArns: [roleNamed("next")],
  },
};

for (const name of ["sam", "above"]) {
  sessionTest(`a yes to ${name} holds when another process learns its role`, async (world) => {
    const place = await placeAt(world, "a", 1);
    const { system, store } = place.machine;
    for (const each of [sam, above]) await store.saveProfile(each, { replace: false });
    place.answer = "y";
    const agreed = await confirmUse(system, store, await profileNamed(store, name), {});
    const learned = { source: { ...source, roleArn: roleNamed("chosen"), user: "ann" } };
    for (const [what, other] of Object.entries(others)) {
      const renewal = storedRenewal(system, store, name, { agreed });
      await becomes(place.machine, learned, name);
      assert.ok(await renewal.look?.());
      assert.ok(await renewal.renew(system.now() - 1));
      await becomes(place.machine, other, name);
      const says = /asks before each use, and was not confirmed as it is now/;
      await failsAs("denied", renewal.renew(system.now() - 1), says);
      await failsAs("denied", renewal.look?.() ?? assert.fail(), says);
      await becomes(place.machine, learned, name);
      assert.ok(await renewal.renew(system.now() - 1), what);
    }
    assert.equal(place.questions, 1);
  });
}

sessionTest("a yes to a role does not hold once the role is open again", async (world) => {
  const place = await placeAt(world, "a", 1);
  const { system, store } = place.machine;
  await store.saveProfile({ ...sam, source: { ...source, roleArn: roleNamed("chosen") } }, {
    replace: false,
  });
  place.answer = "y";
  const agreed = await confirmUse(system, store, await profileNamed(store, "sam"), {});
  await becomes(place.machine, {});
  const renewal = storedRenewal(system, store, "sam", { agreed });
  await failsAs("denied", renewal.renew(system.now() - 1), /was not confirmed as it is now/);
});

sessionTest("a yes is for the time that the question named", async (world) => {
  const place = await placeAt(world, "a", 1);
  const { system, store } = place.machine;
  place.answer = "y";
  for (const [confirm, questions] of [[900, 1], [900, 1], [43_200, 2], [43_200, 2]] as const) {
    await store.saveProfile({ ...sam, confirm }, { replace: true });
    await confirmUse(system, store, await profileNamed(store, "sam"), {});
    assert.equal(place.questions, questions);
  }
});

sessionTest("the settings of other sources are never learned", async (world) => {
  const place = await placeAt(world, "a", 1);
  const { system, store } = place.machine;
  await store.saveProfile({ ...sam, source: { kind: "ambient" } }, { replace: false });
  place.answer = "y";
  const agreed = await confirmUse(system, store, await profileNamed(store, "sam"), {});
  await becomes(place.machine, { source: { kind: "ambient", awsProfile: "admin" } });
  const renewal = storedRenewal(system, store, "sam", { agreed });
  await failsAs("denied", renewal.renew(system.now() - 1), /was not confirmed as it is now/);
});
