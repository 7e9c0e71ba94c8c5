/** STS's refusals, and responses that are not from STS, as helpful errors. */
import assert from "node:assert/strict";
import type { FailureCode } from "../../src/model/failure.ts";
import { Secret } from "../../src/model/secret.ts";
import {
  credentialsOf,
  device,
  fails,
  minute,
  request,
  role,
  story,
  type World,
} from "../support/sts_story.ts";

const refusals: [
  name: string,
  call: (world: World) => Promise<unknown>,
  says: RegExp,
  hint?: RegExp,
  code?: FailureCode,
][] = [
  [
    "a wrong secret",
    ({ sts, key }) =>
      sts.getCallerIdentity(credentialsOf({ ...key, secretAccessKey: "x".repeat(40) })),
    /^127\.0\.0\.1:\d+ refused GetCallerIdentity: the signature does not match: .* \(request ID [\w-]{36}\)$/,
    /athm aws add/,
  ],
  [
    "an unknown key",
    ({ sts, key }) =>
      sts.getCallerIdentity(credentialsOf({ ...key, accessKeyId: "AKIAIOSFODNN7EXAMPLE" })),
    /the access key ID does not exist in eu-west-1/,
    /deleted, inactive, or from another partition/,
  ],
  [
    "another session's token",
    async ({ sts, credentials }) => {
      const { session } = await sts.getSessionToken(credentials);
      return sts.getCallerIdentity({ ...session, sessionToken: new Secret("x".repeat(60)) });
    },
    /the session token is not valid/,
    /--rotate/,
  ],
  [
    "an expired session",
    async ({ aws, sts, credentials }) => {
      const { session } = await sts.getSessionToken(credentials, { duration: 900 });
      aws.skew(16 * minute);
      return sts.getCallerIdentity(session);
    },
    /credentials that signed the request have expired/,
    /athm aws add NAME --force/,
  ],
  [
    "a role that does not trust",
    ({ sts, credentials }) => sts.assumeRole(credentials, { ...request, roleArn: `${role}-2` }),
    /user\/alice is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role\/team\/deploy-2 \(request/,
    /deploy-2's trust policy.*--external-id/,
  ],
  [
    "a root user's key",
    ({ aws, sts }) => sts.assumeRole(credentialsOf(aws.addUser({ root: true })), request),
    /root user/,
    /IAM user/,
  ],
  [
    "a wrong MFA code",
    ({ sts, credentials }) =>
      sts.getSessionToken(credentials, { mfaSerial: device.serial, mfaCode: "654321" }),
    /the MFA code is wrong or was already used/,
    /wait for the next one/,
    "mfa-code",
  ],
  [
    "somebody else's MFA device",
    ({ sts, credentials }) =>
      sts.getSessionToken(credentials, { mfaSerial: `${device.serial}2`, mfaCode: "123456" }),
    /MultiFactorAuthentication failed/,
    /--mfa-serial/,
  ],
  [
    "GetSessionToken with a session",
    async ({ sts, credentials }) => {
      const { session } = await sts.assumeRole(credentials, request);
      return sts.getSessionToken(session);
    },
    /a user's own key, but this key belongs to a session/,
    /--role-arn/,
  ],
  [
    "more than the role allows",
    ({ sts, credentials }) => sts.assumeRole(credentials, { ...request, duration: 43_200 }),
    /exceeds the role's maximum/,
    /--duration/,
    "aws-too-long",
  ],
  [
    "a chained role for two hours",
    async ({ sts, credentials }) => {
      const { session } = await sts.assumeRole(credentials, request);
      return sts.assumeRole(session, { ...request, duration: 7200 });
    },
    /at most 1 hour/,
    /--duration 1h/,
  ],
  [
    "a malformed policy",
    ({ sts, credentials }) => sts.assumeRole(credentials, { ...request, policy: "{" }),
    /the session policy is not valid: This policy contains invalid Json/,
  ],
  [
    "tags beyond all room",
    ({ sts, credentials }) =>
      sts.assumeRole(credentials, {
        ...request,
        tags: Array.from({ length: 50 }, (_, n) => ({ key: `k${n}`, value: "v".repeat(200) })),
      }),
    /do not fit into its token, .* 4,096 bytes: they need 2\d\d% of its space/,
    /--tag/,
  ],
  [
    "a parameter out of its limits",
    ({ sts, credentials }) => sts.assumeRole(credentials, { ...request, sessionName: "a b" }),
    /1 validation error detected: .*roleSessionName/,
  ],
];
for (const [name, call, says, hint, code = "aws"] of refusals) {
  story(`refused for ${name}`, async (world) => {
    await fails(world, call(world), code, says, hint);
  });
}

story("an unknown error is named only by its code", async (world) => {
  world.aws.behave({ kind: "fail", status: 418, code: "Teapot", message: "hush" });
  const { message } = await fails(
    world,
    world.sts.assumeRole(world.credentials, request),
    "aws",
    /Teapot \(HTTP 418\)/,
  );
  assert.ok(!message.includes("hush"));
});

story("secrets that AWS echoes are not repeated", async (world) => {
  const { aws, sts, key, credentials } = world;
  const message = `1 validation error: ${key.secretAccessKey} and\n\u001b[31m 654321`;
  aws.behave({ kind: "fail", status: 400, code: "ValidationError", message });
  const mfa = { mfaSerial: device.serial, mfaCode: "654321" };
  await fails(
    world,
    sts.getSessionToken(credentials, mfa),
    "aws",
    /1 validation error: \[secret\] and \[31m \[secret\] \(request/,
  );
});

// Invalid responses.

const strange: [name: string, status: number, body: string | undefined, says: RegExp][] = [
  ["a captive portal", 200, undefined, /did not return an STS response \(HTTP 200, text\/html\)/],
  [
    "a proxy's refusal",
    403,
    "<html>blocked</html>",
    /did not return an STS response \(HTTP 403, text\/html\)/,
  ],
  ["a redirect", 302, "", /did not return an STS response \(HTTP 302/],
  ["JSON", 200, '{"Credentials": {}}', /did not return an STS response/],
  ["nothing", 200, "", /did not return an STS response/],
  [
    "another operation's answer",
    200,
    "<GetFooResponse></GetFooResponse>",
    /returned an incomplete response/,
  ],
  [
    "half an answer",
    200,
    "<AssumeRoleResponse><AssumeRoleResult>",
    /returned an incomplete response/,
  ],
  [
    "credentials without a token",
    200,
    "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId>" +
    "</Credentials></AssumeRoleResult></AssumeRoleResponse>",
    /returned an incomplete response/,
  ],
];
for (const [name, status, body, says] of strange) {
  story(`${name} is not accepted as a response`, async (world) => {
    const { aws, sts, credentials } = world;
    aws.behave({ kind: "garbage", status, ...(body !== undefined && { body }) });
    await fails(world, sts.assumeRole(credentials, request), "network", says);
    assert.equal(aws.calls.length, 1);
  });
}

/** What STS returns for an assumed role, with one of its fields replaced. */
function answerWith(field: string, value: string): string {
  const fields = {
    AccessKeyId: "ASIAIOSFODNN7EXAMPLE",
    SecretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    SessionToken: "AQoDYXdzEJr1K",
    Expiration: new Date(Date.now() + 3600_000).toISOString(),
    [field]: value,
  };
  const inside = Object.entries(fields).map(([name, text]) => `<${name}>${text}</${name}>`).join(
    "",
  );
  return `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>` +
    `<Credentials>${inside}</Credentials></AssumeRoleResult></AssumeRoleResponse>`;
}

// XML cannot contain NUL; what a lenient parser accepts of the others must be rejected.
for (const character of ["&#10;", "&#27;", "&#x202E;", "&#x9B;", " ", "\u00e9"]) {
  for (const field of ["AccessKeyId", "SecretAccessKey", "SessionToken"]) {
    story(`a ${field} that contains ${JSON.stringify(character)} is rejected`, async (world) => {
      const { aws, sts, credentials } = world;
      aws.behave({ kind: "garbage", body: answerWith(field, `ASIA${character}IOSFODNN7EXAMPLE`) });
      await fails(
        world,
        sts.assumeRole(credentials, request),
        "network",
        /returned an incomplete response/,
      );
    });
  }
}

story(
  "credentials that have already expired are rejected, with a hint about the clock",
  async (world) => {
    const { aws, sts, credentials } = world;
    const past = new Date(Date.now() - 60_000).toISOString();
    aws.behave({ kind: "garbage", body: answerWith("Expiration", past) });
    await fails(world, sts.assumeRole(credentials, request), "aws", /already expired/, /clock/);
  },
);

story("the same response with valid fields is accepted", async (world) => {
  const { aws, sts, credentials } = world;
  aws.behave({ kind: "garbage", body: answerWith("SessionToken", "AQoDYXdzEJr1K") });
  const { session } = await sts.assumeRole(credentials, request);
  assert.equal(session.sessionToken.reveal(), "AQoDYXdzEJr1K");
});
