// Sessions that are not stored, and live as long as the process that uses them.

import assert from "node:assert/strict";
import { Secret } from "../../src/model/secret.ts";
import { obtainOnce } from "../../src/session/once.ts";
import { onceRenewal } from "../../src/session/renewal/renewal.ts";
import { pendingProofs } from "../../src/session/sign_in/proofs.ts";
import { startFakeAws } from "../support/fake_aws.ts";
import { httpTo } from "../support/http_to_fake.ts";
import { hour, minute, role } from "../support/session_world.ts";
import { testStart, testSystem } from "../support/test_system.ts";

Deno.test("once: does not prompt again while the MFA session is valid", async () => {
  const system = testSystem({ answers: ["123456"] });
  const serial = "arn:aws:iam::123456789012:mfa/ann";
  await using aws = await startFakeAws({ clock: () => system.now() });
  const key = aws.addUser({ name: "ann", mfa: { serial, code: () => "123456" } });
  aws.addRole({ arn: role, requireMfa: true });
  system.http = httpTo(aws);
  const profile = {
    name: "keys",
    source: {
      kind: "keys",
      accessKeyId: key.accessKeyId,
      secretAccessKey: new Secret(key.secretAccessKey),
    },
    role: { mfaSerial: serial },
    network: {},
  } as const;
  const calls = () => aws.calls.map(({ action, status }) => `${action} ${status}`);
  const none = () => Promise.resolve(undefined);
  const shared = pendingProofs();
  const { session: first } = await obtainOnce(system, { ...profile, roleArns: [role] }, none, {
    proofs: shared,
  });
  await system.advance(50 * minute);
  const renewal = onceRenewal(system, { ...profile, roleArns: [role] }, none, { proofs: shared });
  const second = await renewal.renew(first.issued);
  assert.ok(second.expires > first.expires && second.issued === testStart + 50 * minute);
  assert.deepEqual(calls(), ["GetSessionToken 200", "AssumeRole 200", "AssumeRole 200"]);

  // The user's own session cannot renew itself: that requires a person, and prompts are disabled.
  const { session: own } = await obtainOnce(system, { ...profile, roleArns: [] }, none, {
    proofs: shared,
  });
  assert.equal(own.expires, testStart + 12 * hour);
  const alone = onceRenewal(system, { ...profile, roleArns: [] }, none, { proofs: shared });
  await assert.rejects(alone.renew(own.issued), /prompts are disabled/);
});
