import assert from "node:assert/strict";
import fc from "fast-check";
import {
  accountOf,
  formatArn,
  parseArn,
  parsePolicyArn,
  parsePrincipalArn,
  parseRoleArn,
  roleNameOf,
} from "../src/model/arn.ts";
import { formatDuration, parseDuration } from "../src/model/duration.ts";
import { nearest } from "../src/model/names.ts";
import { knownRegions, partitions } from "../src/model/partitions.ts";
import { refuses } from "./support/refuses.ts";

const account = fc.stringMatching(/^[0-9]{12}$/);
const name = fc.stringMatching(/^[A-Za-z0-9_+=,.@-]{1,64}$/);
const path = fc.array(fc.stringMatching(/^[A-Za-z0-9_+=,.@-]{1,20}$/), { maxLength: 5 })
  .map((parts) => parts.map((part) => `${part}/`).join(""));
const partition = fc.constantFrom(...partitions.map(({ id }) => id));

Deno.test("parseRoleArn and formatArn are each other's inverse, with path and name", () => {
  fc.assert(fc.property(partition, account, path, name, (partition, account, path, name) => {
    const text = `arn:${partition}:iam::${account}:role/${path}${name}`;
    const arn = parseRoleArn(text);
    assert.deepEqual([arn.partition, arn.account, arn.path, arn.name], [
      partition,
      account,
      `/${path}`,
      name,
    ]);
    assert.equal(formatArn(arn), text);
    assert.equal(roleNameOf(text), name);
    assert.equal(accountOf(text), account);
  }));
});

Deno.test("parseArn keeps colons of the resource", () => {
  const text = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:a:b";
  assert.equal(parseArn(text, "--x").resource, "secret:a:b");
  assert.equal(formatArn(parseArn(text, "--x")), text);
});

const wrongRoles: [arn: string, says: RegExp][] = [
  [
    "arn:aws:iam::12345:role/other-role",
    /--role-arn: .*account is 12 digits, and this is 5 digits/,
  ],
  ["arn:aws:iam::1234567890123:role/x", /13 digits/],
  ["arn:aws:iam::my-account:role/x", /12 digits, and this is "my-account"/],
  ["arn:aws:iam:::role/x-very-long-name", /12 digits, and this is empty/],
  ["arn:aws:iam::aws:role/x-very-long", /12 digits, and this is "aws"/],
  ["arn:aws:iam::123456789012:user/me", /is a user's ARN, not a role's/],
  ["arn:aws:iam::123456789012:policy/p", /is a policy's ARN, not a role's/],
  ["arn:aws:iam::123456789012:root", /is an account's ARN, not a role's/],
  ["arn:aws:sts::123456789012:assumed-role/R/s", /is the ARN of a role's session, not a role's/],
  ["arn:aws:s3:::bucket/role/x", /is not a role's ARN/],
  ["arn:aws:iam::123456789012:role/", /names no role/],
  ["arn:aws:iam::123456789012:role//x", /has a path that is no path/],
  ["arn:aws:iam::123456789012:role/a b", /white space/],
  [" arn:aws:iam::123456789012:role/a", /white space/],
  ["arn:aws:iam::123456789012:role/a\n", /white space/],
  ["arn:aws:iam::123456789012:role/ä", /1 to 64 letters/],
  [`arn:aws:iam::123456789012:role/${"a".repeat(65)}`, /1 to 64 letters/],
  [`arn:aws:iam::123456789012:role/${"a".repeat(2048)}`, /at most 2048 characters, not 2079/],
  ["arn:aws:iam:us-east-1:123456789012:role/a", /names a region/],
  ["arn:asw:iam::123456789012:role/a", /no partition of AWS: "asw" \(did you mean "aws"\?\)/],
  ["arn:aws:i:::r", /shorter than 20/],
  ["role/a", /is not an ARN/],
  ["", /is not an ARN/],
];
for (const [arn, says] of wrongRoles) {
  Deno.test(`parseRoleArn refuses ${JSON.stringify(arn.slice(0, 60))}`, () => {
    refuses(() => parseRoleArn(arn), says);
  });
}

Deno.test("parseRoleArn says what a session's role is called", () => {
  const failure = refuses(
    () => parseRoleArn("arn:aws-us-gov:sts::123456789012:assumed-role/Admin/me"),
    /session/,
  );
  assert.match(failure.hint ?? "", /arn:aws-us-gov:iam::123456789012:role\/Admin,/);
});

Deno.test("parsePolicyArn takes AWS's own policies and an account's", () => {
  assert.equal(parsePolicyArn("arn:aws:iam::aws:policy/ReadOnlyAccess").name, "ReadOnlyAccess");
  const job = parsePolicyArn("arn:aws:iam::aws:policy/job-function/ViewOnlyAccess");
  assert.deepEqual([job.path, job.name], ["/job-function/", "ViewOnlyAccess"]);
  assert.equal(parsePolicyArn("arn:aws-cn:iam::123456789012:policy/p").partition, "aws-cn");
  refuses(() => parsePolicyArn("arn:aws:iam::123456789012:role/p"), /a role's ARN, not a policy's/);
});

Deno.test("parsePrincipalArn tells who it is", () => {
  const read = (tail: string) => {
    const { kind, name, sessionName } = parsePrincipalArn(`arn:aws:${tail}`);
    return [kind, name, sessionName];
  };
  assert.deepEqual(read("iam::123456789012:user/team/me"), ["user", "me", undefined]);
  assert.deepEqual(read("iam::123456789012:root"), ["root", "root", undefined]);
  assert.deepEqual(read("sts::123456789012:assumed-role/R/s"), ["assumed-role", "R", "s"]);
  assert.deepEqual(read("sts::123456789012:federated-user/f"), ["federated-user", "f", undefined]);
  refuses(() => parsePrincipalArn("arn:aws:iam::123456789012:group/g"), /not the ARN of a user/);
});

Deno.test("roleNameOf reads roles and their sessions alone", () => {
  assert.equal(roleNameOf("arn:aws:sts::123456789012:assumed-role/R/role/x"), "R");
  assert.equal(roleNameOf("arn:aws:iam::123456789012:user/role/x"), undefined);
  assert.equal(accountOf("arn:aws:s3:::bucket"), undefined);
});

Deno.test("parseDuration reads what formatDuration writes", () => {
  fc.assert(fc.property(fc.nat({ max: 400_000 }), (seconds) => {
    assert.equal(parseDuration(formatDuration(seconds), "--duration"), seconds);
    assert.equal(parseDuration(String(seconds), "--duration"), seconds);
  }));
});

Deno.test("nearest finds a region that has one letter too few, and nothing in noise", () => {
  fc.assert(
    fc.property(fc.constantFrom(...knownRegions), fc.nat({ max: 30 }), (region, at) => {
      const index = at % region.length;
      const found = nearest(region.slice(0, index) + region.slice(index + 1), knownRegions);
      assert.notEqual(found, undefined);
    }),
  );
  assert.equal(nearest("us-esat-1", knownRegions), "us-east-1");
  assert.equal(nearest("frankfurt-am-main", knownRegions), undefined);
});
