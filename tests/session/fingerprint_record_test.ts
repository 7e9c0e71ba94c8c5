// Recorded fingerprints: if one changed, every kept session would become useless.

import assert from "node:assert/strict";
import { fingerprint } from "../../src/session/sign_in/fingerprint.ts";
import { samples } from "../support/store_fixture.ts";

/** By the source of the profile in the store's fixtures. */
const recorded: Readonly<Record<string, string>> = {
  "keys": "9613fa0e3dac2de755429c782c2438f3bd169798a8e9ad78c471bc02b231d896",
  "identity-center": "eada7e2620db476daf105675edf9d42e9ba7f9338d4bcc1c8848506ad31b883a",
  "aws-login": "895b16a9a4e111596b792840e033b281de44ac1ca59b3593d500af483b6d3328",
  "ambient": "c38b8a36508676b1e3c7492858206fb4c12f707f25b033a0ba803c322668537a",
  "profile": "41ef2b271ddd5b0d789077688a87af33dc65467cb2f1621f70064ef569ad7a10",
  "web-identity": "ba5ce0833e5c14c51d30d3a8c14f111a3af3c603994df8622b53c33e50ba4979",
  "roles-anywhere": "ee45de96936dfdbab75aed6009a7e52e9830643942cfd05bdcdb1317f22a1dff",
  "saml": "79f2fc6c799421311e6eb771d37fedc77d8679b0bc3b80a50e896767f4b78353",
};

for (const [kind, mark] of Object.entries(recorded)) {
  const profile = samples.find(({ name }) => name === `of-${kind}`) ?? assert.fail(kind);

  Deno.test(`fingerprint: a ${kind} profile keeps the recorded one`, async () => {
    assert.equal(await fingerprint(profile, {}), mark);
  });
}

Deno.test("fingerprint: includes the base profile and the environment as recorded", async () => {
  const of = (kind: string) => samples.find(({ name }) => name === `of-${kind}`) ?? assert.fail();
  assert.equal(
    await fingerprint(of("profile"), { base: "0".repeat(64) }),
    "0fe40c4f825f474e217ec282e86c3a472d06805858857e9867943eeb621e76d3",
  );
  assert.equal(
    await fingerprint(of("ambient"), { identity: { HOME: "/home/ann" } }),
    "f7e2854d879aaad58c03166857ee8271d9f103178e73446713d554e879e4fb7f",
  );
});
