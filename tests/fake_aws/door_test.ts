/**
 * The fake's authentication: requests signed by hand, each with one defect.
 */

import assert from "node:assert/strict";
import { regionOfHost } from "../support/fake_aws/authenticate.ts";
import { type FakeAws, startFakeAws, type UserKey } from "../support/fake_aws.ts";
import { sign } from "../support/fake_aws/sigv4.ts";

const utf8 = new TextEncoder();

interface Signing {
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  readonly service?: string;
  readonly region?: string;
  /** The date of the scope, `YYYYMMDD`. */
  readonly date?: string;
  readonly host?: string;
  /** Milliseconds since 1970. */
  readonly at?: number;
  readonly body?: string;
  readonly unsigned?: readonly string[];
  /** Headers to change or (`undefined`) remove after signing. */
  readonly spoil?: Readonly<Record<string, string | undefined>>;
}

/** A GetCallerIdentity request, signed as AWS documents it, then corrupted. */
async function signed(user: UserKey, how: Signing = {}): Promise<Request> {
  const { service = "sts", region = "us-east-1", host = "sts.us-east-1.amazonaws.com" } = how;
  const { body = "Action=GetCallerIdentity&Version=2011-06-15", unsigned = [] } = how;
  const dateTime = new Date(how.at ?? Date.now()).toISOString().replace(/[-:]|\.\d{3}/g, "");
  const scope = { date: how.date ?? dateTime.slice(0, 8), region, service };
  const headers = new Map([
    ["content-type", "application/x-www-form-urlencoded; charset=utf-8"],
    ["host", host],
    ["x-amz-date", dateTime],
  ]);
  if (how.sessionToken) headers.set("x-amz-security-token", how.sessionToken);
  const signedHeaders = [...headers.keys()].filter((name) => !unsigned.includes(name));
  const parts = { method: "POST", path: "/", query: "", headers, signedHeaders };
  const signature = await sign(
    { ...parts, body: utf8.encode(body) },
    dateTime,
    scope,
    how.secretAccessKey ?? user.secretAccessKey,
  );
  const credential = `${user.accessKeyId}/${scope.date}/${region}/${service}/aws4_request`;
  headers.set(
    "authorization",
    `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders.join(";")}, ` +
      `Signature=${signature}`,
  );
  for (const [name, value] of Object.entries(how.spoil ?? {})) {
    if (value === undefined) headers.delete(name);
    else headers.set(name, value);
  }
  return new Request(`https://${host}/`, { method: "POST", headers: [...headers], body });
}

async function answered(
  aws: FakeAws,
  request: Request,
  status: number,
  text: string,
): Promise<void> {
  const response = await aws.handle(request);
  const body = await response.text();
  assert.equal(response.status, status, body);
  assert(body.includes(text), `${text} is not in ${body}`);
  assert(body.includes(`<RequestId>${response.headers.get("x-amzn-requestid")}</RequestId>`));
}

Deno.test("a request signed by hand gets an XML response", async () => {
  await using aws = await startFakeAws();
  const alice = aws.addUser({});
  await answered(
    aws,
    await signed(alice),
    200,
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">' +
      `<GetCallerIdentityResult><Arn>${alice.arn}</Arn>`,
  );
});

const otherKey = "a".repeat(40);

const spoiled: readonly (readonly [what: string, Signing, status: number, code: string])[] = [
  ["a wrong secret", { secretAccessKey: otherKey }, 403, "SignatureDoesNotMatch"],
  ["a changed header", { spoil: { "content-type": "text/plain" } }, 403, "SignatureDoesNotMatch"],
  ["another host", { spoil: { host: "sts.amazonaws.com" } }, 403, "SignatureDoesNotMatch"],
  ["an unsigned host", { unsigned: ["host"] }, 403, "SignatureDoesNotMatch"],
  ["an unsigned date", { unsigned: ["x-amz-date"] }, 403, "SignatureDoesNotMatch"],
  ["an added x-amz header", { spoil: { "x-amz-foo": "1" } }, 403, "SignatureDoesNotMatch"],
  ["another service", { service: "iam" }, 403, "SignatureDoesNotMatch"],
  ["another region", { region: "eu-west-1" }, 403, "SignatureDoesNotMatch"],
  ["a scope of another day", { date: "20150830" }, 403, "SignatureDoesNotMatch"],
  ["a date long past", { at: Date.now() - 16 * 60_000 }, 403, "SignatureDoesNotMatch"],
  ["a date to come", { at: Date.now() + 16 * 60_000 }, 403, "SignatureDoesNotMatch"],
  ["a token that isn't the key's", { sessionToken: "x" }, 403, "InvalidClientTokenId"],
  ["no signature", { spoil: { authorization: undefined } }, 403, "MissingAuthenticationToken"],
  [
    "basic authentication",
    {
      spoil: { authorization: "Basic YTpi" },
    },
    403,
    "MissingAuthenticationToken",
  ],
  ["no date", { spoil: { "x-amz-date": undefined } }, 400, "IncompleteSignature"],
  ["a date of another form", { spoil: { "x-amz-date": "2026-01-01" } }, 400, "IncompleteSignature"],
  [
    "another algorithm",
    {
      spoil: { authorization: "AWS4-HMAC-SHA512 Credential=a/b/c/d/e" },
    },
    400,
    "IncompleteSignature",
  ],
  [
    "half a header",
    {
      spoil: { authorization: "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/sts/aws4_request" },
    },
    400,
    "IncompleteSignature",
  ],
  [
    "a short credential",
    {
      spoil: {
        authorization: "AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=0",
      },
    },
    400,
    "IncompleteSignature",
  ],
  ["no action", { body: "Version=2011-06-15" }, 400, "MissingAction"],
  ["an unknown action", { body: "Action=Nap&Version=2011-06-15" }, 400, "InvalidAction"],
  [
    "another version",
    {
      body: "Action=GetCallerIdentity&Version=2010-05-08",
    },
    400,
    "InvalidAction",
  ],
  [
    "a number that is none",
    {
      body: "Action=GetSessionToken&Version=2011-06-15&DurationSeconds=1h",
    },
    400,
    "MalformedInput",
  ],
];

for (const [what, how, status, code] of spoiled) {
  Deno.test(`${what} is rejected with ${code}`, async () => {
    await using aws = await startFakeAws();
    const request = await signed(aws.addUser({}), how);
    await answered(aws, request, status, `<Type>Sender</Type><Code>${code}</Code>`);
    assert.equal(aws.calls.at(-1)?.code, code);
  });
}

Deno.test("a changed body is rejected", async () => {
  await using aws = await startFakeAws();
  const request = await signed(aws.addUser({}));
  const changed = new Request(request, { body: "Action=GetSessionToken&Version=2011-06-15" });
  await answered(aws, changed, 403, "<Code>SignatureDoesNotMatch</Code>");
});

Deno.test("an unknown key is rejected with InvalidClientTokenId", async () => {
  await using aws = await startFakeAws();
  const alice = aws.addUser({});
  const stranger = { ...alice, accessKeyId: "AKIAIOSFODNN7EXAMPLE" };
  await answered(aws, await signed(stranger), 403, "<Code>InvalidClientTokenId</Code>");
});

Deno.test("a session's key requires its own token", async () => {
  await using aws = await startFakeAws();
  const alice = aws.addUser({});
  const body = "Action=GetSessionToken&Version=2011-06-15&DurationSeconds=900";
  const issue = async () => {
    const xml = await (await aws.handle(await signed(alice, { body }))).text();
    const element = (name: string) => new RegExp(`<${name}>(.*)</${name}>`).exec(xml)?.[1] ?? "";
    return {
      key: { ...alice, accessKeyId: element("AccessKeyId") },
      secretAccessKey: element("SecretAccessKey"),
      sessionToken: element("SessionToken"),
    };
  };
  const [one, two] = [await issue(), await issue()];
  assert(one.sessionToken.length > 600 && one.sessionToken.length < 800);
  await answered(aws, await signed(one.key, one), 200, alice.arn);
  for (const sessionToken of [two.sessionToken, one.sessionToken.slice(1), ""]) {
    const request = await signed(one.key, { ...one, sessionToken });
    await answered(aws, request, 403, "<Code>InvalidClientTokenId</Code>");
  }
});

Deno.test("the region of a host name", () => {
  const regions: readonly (readonly [host: string, region: string | undefined])[] = [
    ["sts.amazonaws.com", "us-east-1"],
    ["sts.eu-central-1.amazonaws.com:443", "eu-central-1"],
    ["sts-fips.us-west-2.amazonaws.com", "us-west-2"],
    ["sts.us-gov-west-1.amazonaws.com", "us-gov-west-1"],
    ["sts.cn-north-1.amazonaws.com.cn", "cn-north-1"],
    ["sts.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"],
    ["sts.eu-west-1.api.aws", "eu-west-1"],
    ["vpce-0a-1b.sts.us-east-2.vpce.amazonaws.com", "us-east-2"],
    ["127.0.0.1:4566", undefined],
    ["localhost", undefined],
  ];
  for (const [host, region] of regions) assert.equal(regionOfHost(host, "sts"), region, host);
});
