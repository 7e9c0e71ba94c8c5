import assert from "node:assert/strict";
import { Secret } from "../../src/model/secret.ts";
import { fails, isGood, minute, story, type World } from "../support/sts_story.ts";

const arn = "arn:aws:iam::123456789012:role/ci";
const account = "123456789012";

/** A role that accepts tokens of the fake's provider, and one such token. */
async function letIn({ aws }: World, claims: { life?: number; audience?: string } = {}) {
  const { issuer } = aws.issuer;
  aws.addIdentityProvider({ account, issuer, audiences: ["sts.amazonaws.com"] });
  aws.addRole({ arn, maxDuration: 7200, webIdentity: { issuer, subject: "repo:acme/*" } });
  const token = await aws.issuer.sign({
    subject: "repo:acme/app",
    audience: "sts.amazonaws.com",
    ...claims,
  });
  return { roleArn: arn, sessionName: "job-7", token: new Secret(token) };
}

story(
  "AssumeRoleWithWebIdentity is unsigned and returns a valid session",
  async (world) => {
    const { aws, sts, system } = world;
    const request = await letIn(world);
    const policy = '{"Version":"2012-10-17","Statement":[]}';
    const issued = await sts.assumeRoleWithWebIdentity({ ...request, duration: 7200, policy });
    isGood(issued, 7200, system.now());
    assert.equal(issued.session.arn, "arn:aws:sts::123456789012:assumed-role/ci/job-7");
    assert.equal(issued.session.account, account);
    assert.equal(aws.calls[0]?.accessKeyId, undefined);
    assert.equal(aws.calls[0]?.params["Policy"], policy);
    const { arn } = await sts.getCallerIdentity(issued.session);
    assert.equal(arn, issued.session.arn);
  },
);

story("retries if AWS cannot reach a web identity's provider", async (world) => {
  const request = await letIn(world);
  const message = "An error occurred while communicating with the provider";
  world.aws.behave({ kind: "fail", status: 400, code: "IDPCommunicationError", message }, 3);
  await world.sts.assumeRoleWithWebIdentity(request);
  assert.equal(world.aws.calls.length, 4);
  world.aws.behave({ kind: "fail", status: 400, code: "IDPCommunicationError", message }, 4);
  await fails(world, world.sts.assumeRoleWithWebIdentity(request), "aws-passing", /not reach/);
});

const refusals: readonly (readonly [
  name: string,
  change: (world: World) => Promise<Awaited<ReturnType<typeof letIn>>>,
  says: RegExp,
  hint: RegExp,
])[] = [
  [
    "that has run out",
    async (world) => {
      const request = await letIn(world);
      world.aws.skew(20 * minute);
      return request;
    },
    /the identity token has expired/,
    /right before use/,
  ],
  [
    "for another audience",
    (world) => letIn(world, { audience: "https://github.com/acme" }),
    /does not allow the token's audience/,
    /--audience/,
  ],
  [
    "of an issuer that the account does not know",
    async (world) => ({ ...await letIn(world), roleArn: "arn:aws:iam::999999999999:role/ci" }),
    /999999999999 has no identity provider/,
    /create-open-id-connect-provider/,
  ],
  [
    "with another's signature",
    async (world) => {
      const request = await letIn(world);
      const other = await letIn(world, { audience: "x" });
      const [head, claims] = request.token.reveal().split(".");
      const signature = other.token.reveal().split(".")[2];
      return { ...request, token: new Secret([head, claims, signature].join(".")) };
    },
    /not signed by the role's identity provider/,
    /use an ID token/,
  ],
  [
    "that the trust policy does not let in",
    async (world) => {
      const request = await letIn(world);
      const { issuer } = world.aws.issuer;
      world.aws.addRole({ arn, webIdentity: { issuer, subject: "repo:other/*" } });
      return request;
    },
    /the role ci does not trust this token/,
    /trust policy.*aud and sub/,
  ],
];
for (const [name, change, says, hint] of refusals) {
  story(`a web identity token ${name} is refused in words, without the token`, async (world) => {
    const request = await change(world);
    await fails(world, world.sts.assumeRoleWithWebIdentity(request), "aws", says, hint);
  });
}

const claimed: readonly (readonly [code: string, message: string, says: RegExp])[] = [
  ["IDPRejectedClaim", "The claim was rejected", /rejected the token's claim/],
  [
    "InvalidIdentityToken",
    "Couldn't retrieve verification key from your identity provider",
    /keys to verify/,
  ],
  ["ExpiredTokenException", "Token expired", /identity token has expired/],
];
for (const [code, message, says] of claimed) {
  story(`AWS's ${code} for a web identity gets athm's own message`, async (world) => {
    const request = await letIn(world);
    world.aws.behave({ kind: "fail", status: 403, code, message });
    await fails(world, world.sts.assumeRoleWithWebIdentity(request), "aws", says);
  });
}
