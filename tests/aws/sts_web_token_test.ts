/** AWS's identity tokens for other services, verified as those would. */
import assert from "node:assert/strict";
import { createLocalJWKSet, jwtVerify } from "jose";
import { fails, minute, request, role, story } from "../support/sts_story.ts";

const wanted = { audiences: ["https://vault.example.com"], algorithm: "RS256", duration: 300 };
const account = "123456789012";

for (const algorithm of ["RS256", "ES384"]) {
  story(
    `a web identity token signed by ${algorithm} names role, audience and tags`,
    async (world) => {
      const { aws, sts, system, credentials } = world;
      aws.outbound.accounts.add(account);
      const { session } = await sts.assumeRole(credentials, request);
      const tags = [{ key: "team", value: "web" }];
      const { token, expires } = await sts.getWebIdentityToken(session, {
        ...wanted,
        algorithm,
        tags,
      });
      const [audience] = wanted.audiences;
      const { payload, protectedHeader } = await jwtVerify(
        token.reveal(),
        createLocalJWKSet(await aws.outbound.keys()),
        { audience: audience ?? "" },
      );
      assert.equal(protectedHeader.alg, algorithm);
      assert.equal(payload.sub, role);
      assert.deepEqual(payload["https://sts.amazonaws.com/"], {
        aws_account: account,
        principal_id: role,
        request_tags: { team: "web" },
      });
      assert.equal(expires, (payload.exp ?? 0) * 1000);
      assert.ok(Math.abs(expires - system.now() - 5 * minute) < 15_000);
    },
  );
}

story("a web identity token's expiry is on this machine's clock", async (world) => {
  const { aws, sts, system, credentials } = world;
  aws.outbound.accounts.add(account);
  aws.skew(10 * minute);
  const { expires } = await sts.getWebIdentityToken(credentials, wanted);
  assert.ok(Math.abs(expires - system.now() - 5 * minute) < 15_000, `${expires - system.now()}`);
});

const refusals: [code: string, says: RegExp, hint: RegExp][] = [
  ["OutboundWebIdentityFederationDisabled", /does not allow identity tokens/, /aws iam enable-/],
  ["SessionDurationEscalation", /valid longer than the session/, /--duration/],
  ["JWTPayloadSizeExceeded", /too large/, /--tag/],
];
for (const [name, says, hint] of refusals) {
  for (const code of [name, `${name}Exception`]) {
    story(`${code} is explained`, async (world) => {
      world.aws.behave({ kind: "fail", status: 403, code, message: "no" });
      const call = world.sts.getWebIdentityToken(world.credentials, wanted);
      await fails(world, call, "aws", says, hint);
    });
  }
}

for (
  const body of [
    "<WebIdentityToken>eyJ.a.b</WebIdentityToken>",
    "<Expiration>2099-01-01T00:00:00Z</Expiration>",
    "<WebIdentityToken>a b</WebIdentityToken><Expiration>2099-01-01T00:00:00Z</Expiration>",
    "<WebIdentityToken>eyJ.a.b</WebIdentityToken><Expiration>never</Expiration>",
  ]
) {
  story(`a web identity token is not taken from ${body}`, async (world) => {
    const name = "GetWebIdentityToken";
    world.aws.behave({
      kind: "garbage",
      body: `<${name}Response><${name}Result>${body}</${name}Result></${name}Response>`,
    });
    await fails(
      world,
      world.sts.getWebIdentityToken(world.credentials, wanted),
      "network",
      /incomplete response/,
    );
  });
}
