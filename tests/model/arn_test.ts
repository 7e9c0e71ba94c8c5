import assert from "node:assert/strict";
import fc from "fast-check";
import {
  accountOf,
  parseArn,
  parsePolicyArn,
  parsePrincipalArn,
  parseRoleArn,
  roleNameOf,
} from "../../src/model/arn.ts";
import { formatDuration, parseDuration } from "../../src/model/duration.ts";
import { nearest } from "../../src/model/names.ts";
import { knownRegions, partitions } from "../../src/model/partitions.ts";
import { refuses } from "../support/refuses.ts";

const account = fc.stringMatching(/^[0-9]{12}$/);
const name = fc.stringMatching(/^[A-Za-z0-9_+=,.@-]{1,64}$/);
const path = fc.array(fc.stringMatching(/^[A-Za-z0-9_+=,.@-]{1,20}$/), { maxLength: 5 })
  .map((parts) => parts.map((part) => `${part}/`).join(""));
const partition = fc.constantFrom(...partitions.map(({ id }) => id));

Deno.test("parseRoleArn parses every part, with path and name", () => {
  fc.assert(fc.property(partition, account, path, name, (partition, account, path, name) => {
    const text = `arn:${partition}:iam::${account}:role/${path}${name}`;
    const arn = parseRoleArn(text);
    assert.deepEqual([arn.partition, arn.account, arn.path, arn.name], [
      partition,
      account,
      `/${path}`,
      name,
    ]);
    const { service, region, account: owner, resource } = arn;
    assert.equal(["arn", arn.partition, service, region, owner, resource].join(":"), text);
    assert.equal(roleNameOf(text), name);
    assert.equal(accountOf(text), account);
  }));
});

Deno.test("parseArn keeps colons in the resource", () => {
  const text = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:a:b";
  assert.equal(parseArn(text, "--x").resource, "secret:a:b");
});

const wrongRoles: [arn: string, says: RegExp][] = [
  [
    "arn:aws:iam::12345:role/other-role",
    /--role-arn: .*account ID: expected 12 digits, got 5 digits/,
  ],
  ["arn:aws:iam::1234567890123:role/x", /13 digits/],
  ["arn:aws:iam::my-account:role/x", /12 digits, got "my-account"/],
  ["arn:aws:iam:::role/x-very-long-name", /12 digits, got nothing/],
  ["arn:aws:iam::aws:role/x-very-long", /12 digits, got "aws"/],
  ["arn:aws:iam::123456789012:user/me", /is a user ARN, not a role ARN/],
  ["arn:aws:iam::123456789012:policy/p", /is a policy ARN, not a role ARN/],
  ["arn:aws:iam::123456789012:constructor/x", /"arn:\S+" is not a role ARN$/],
  ["arn:aws:iam::123456789012:root", /is an account ARN, not a role ARN/],
  ["arn:aws:sts::123456789012:assumed-role/R/s", /is a role session ARN, not a role ARN/],
  ["arn:aws:s3:::bucket/role/x", /is not a role ARN/],
  ["arn:aws:iam::123456789012:role/", /has no role name/],
  ["arn:aws:iam::123456789012:role//x", /has an invalid path/],
  ["arn:aws:iam::123456789012:role/a b", /whitespace/],
  [" arn:aws:iam::123456789012:role/a", /whitespace/],
  ["arn:aws:iam::123456789012:role/a\n", /whitespace/],
  ["arn:aws:iam::123456789012:role/ä", /1 to 64 letters/],
  [`arn:aws:iam::123456789012:role/${"a".repeat(65)}`, /1 to 64 letters/],
  [`arn:aws:iam::123456789012:role/${"a".repeat(2048)}`, /at most 2048 characters, not 2079/],
  ["arn:aws:iam:us-east-1:123456789012:role/a", /has a region/],
  ["arn:asw:iam::123456789012:role/a", /unknown partition: "asw" \(did you mean "aws"\?\)/],
  ["arn:aws:i:::r", /shorter than 20/],
  ["role/a", /is not an ARN/],
  ["", /is not an ARN/],
];
for (const [arn, says] of wrongRoles) {
  Deno.test(`parseRoleArn rejects ${JSON.stringify(arn.slice(0, 60))}`, () => {
    refuses(() => parseRoleArn(arn), says);
  });
}

Deno.test("parseRoleArn suggests the role ARN of an assumed-role session", () => {
  const failure = refuses(
    () => parseRoleArn("arn:aws-us-gov:sts::123456789012:assumed-role/Admin/me"),
    /session/,
  );
  assert.match(failure.hint ?? "", /arn:aws-us-gov:iam::123456789012:role\/Admin /);
});

Deno.test("parsePolicyArn accepts AWS managed and customer managed policies", () => {
  assert.equal(parsePolicyArn("arn:aws:iam::aws:policy/ReadOnlyAccess").name, "ReadOnlyAccess");
  const job = parsePolicyArn("arn:aws:iam::aws:policy/job-function/ViewOnlyAccess");
  assert.deepEqual([job.path, job.name], ["/job-function/", "ViewOnlyAccess"]);
  assert.equal(parsePolicyArn("arn:aws-cn:iam::123456789012:policy/p").partition, "aws-cn");
  refuses(() => parsePolicyArn("arn:aws:iam::123456789012:role/p"), /a role ARN, not a policy ARN/);
});

Deno.test("parsePrincipalArn returns the kind and name of the principal", () => {
  const read = (tail: string) => {
    const { kind, name, sessionName } = parsePrincipalArn(`arn:aws:${tail}`);
    return [kind, name, sessionName];
  };
  assert.deepEqual(read("iam::123456789012:user/team/me"), ["user", "me", undefined]);
  assert.deepEqual(read("iam::123456789012:root"), ["root", "root", undefined]);
  assert.deepEqual(read("sts::123456789012:assumed-role/R/s"), ["assumed-role", "R", "s"]);
  assert.deepEqual(read("sts::123456789012:federated-user/f"), ["federated-user", "f", undefined]);
  refuses(
    () => parsePrincipalArn("arn:aws:iam::123456789012:group/g"),
    /not a user, role or session ARN/,
  );
});

Deno.test("roleNameOf reads only role and assumed-role ARNs", () => {
  assert.equal(roleNameOf("arn:aws:sts::123456789012:assumed-role/R/role/x"), "R");
  assert.equal(roleNameOf("arn:aws:iam::123456789012:user/role/x"), undefined);
  assert.equal(accountOf("arn:aws:s3:::bucket"), undefined);
});

Deno.test("parseDuration parses what formatDuration prints", () => {
  fc.assert(fc.property(fc.nat({ max: 400_000 }), (seconds) => {
    assert.equal(parseDuration(formatDuration(seconds), "--duration"), seconds);
    assert.equal(parseDuration(String(seconds), "--duration"), seconds);
  }));
});

Deno.test("nearest finds a region with one letter missing, and nothing for unrelated text", () => {
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
