/**
 * The fake rejects what the real STS rejects, with the same code.
 */

import assert from "node:assert/strict";
import { type AssumeRoleCommandInput, GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { startFakeAws } from "../support/fake_aws.ts";
import {
  admin,
  assume,
  client,
  keys,
  leakless,
  refused,
  sessionToken,
  whoAmI,
} from "../support/fake_aws/sdk.ts";

leakless("a role is given only to those it trusts", async () => {
  await using aws = await startFakeAws();
  const alice = aws.addUser({});
  const mallory = aws.addUser({ name: "mallory" });
  const notAuthorized = /is not authorized to perform: sts:AssumeRole on resource: arn:/;
  await refused("AccessDenied", notAuthorized, assume(aws, alice));

  aws.addRole({ arn: admin, trusts: [alice.arn], externalId: "s3cret:id/1" });
  const ExternalId = "s3cret:id/1";
  await assume(aws, alice, { ExternalId });
  await refused("AccessDenied", notAuthorized, assume(aws, mallory, { ExternalId }));
  await refused("AccessDenied", notAuthorized, assume(aws, alice));
  await refused("AccessDenied", notAuthorized, assume(aws, alice, { ExternalId: "other" }));

  aws.addRole({ arn: admin, trusts: ["arn:aws:iam::123456789012:root"] });
  await assume(aws, mallory);
});

leakless("parameters outside their limits are refused, each by name", async () => {
  await using aws = await startFakeAws();
  const alice = aws.addUser({});
  aws.addRole({ arn: admin, maxDuration: 7200 });
  const refusedFor = async (input: Partial<AssumeRoleCommandInput>, words: RegExp) =>
    await refused("ValidationError", words, assume(aws, alice, input));

  await refusedFor(
    { RoleSessionName: "bad <name> & 'co'" },
    /^1 validation error detected: Value 'bad <name> & 'co'' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: \[\\w\+=,\.@-\]\*$/,
  );
  await refusedFor({ RoleSessionName: "é".repeat(3) }, /regular expression/);
  await refusedFor({ RoleSessionName: "a" }, /length greater than or equal to 2$/);
  await refusedFor({ RoleSessionName: "a".repeat(65) }, /length less than or equal to 64$/);
  await refusedFor({ RoleSessionName: undefined }, /Value null at 'roleSessionName'.*not be null$/);
  await refusedFor({ RoleArn: "a", RoleSessionName: "b" }, /^2 validation errors detected: .*; /);
  await refusedFor({ RoleArn: "not-an-arn-but-long-enough" }, /is invalid$/);
  await refusedFor({ DurationSeconds: 43_201 }, /value less than or equal to 43200$/);
  await refusedFor({ DurationSeconds: 7201 }, /exceeds the MaxSessionDuration set for this role/);
  await refusedFor({ ExternalId: "a b" }, /'externalId'/);
  await refusedFor({ SourceIdentity: "aws:alice" }, /'sourceIdentity'/);
  await refusedFor({ Tags: [{ Key: "", Value: "" }] }, /'tags\.1\.member\.key'/);
  await refusedFor({ Tags: [{ Key: "k", Value: "v".repeat(257) }] }, /'tags\.1\.member\.value'/);
  await refusedFor({ PolicyArns: [{ arn: "x".repeat(20) }] }, /^ARN x+ is not valid/);
  const many = Array.from({ length: 51 }, (_, i) => ({ Key: `k${i}`, Value: "v" }));
  await refusedFor({ Tags: many }, /'tags'.*less than or equal to 50$/);
});

leakless("tags and policies that can't be packed are refused", async () => {
  await using aws = await startFakeAws();
  const alice = aws.addUser({});
  aws.addRole({ arn: admin });
  const twice = [{ Key: "team", Value: "a" }, { Key: "Team", Value: "b" }];
  const large = Array.from({ length: 50 }, (_, i) => ({ Key: `k${i}`, Value: "v".repeat(256) }));
  const none = { TransitiveTagKeys: ["Team"] };
  await refused("InvalidParameterValue", /Duplicate tag keys/, assume(aws, alice, { Tags: twice }));
  await refused("InvalidParameterValue", /must be included/, assume(aws, alice, none));
  await refused(
    "PackedPolicyTooLargeException",
    /% of allotted/,
    assume(aws, alice, { Tags: large }),
  );
  await refused("MalformedPolicyDocumentException", /Json/, assume(aws, alice, { Policy: "{" }));
});

leakless("MFA codes belong to the user's device and work once", async () => {
  await using aws = await startFakeAws();
  let code = "000001";
  const serial = "arn:aws:iam::123456789012:mfa/alice";
  const alice = aws.addUser({ mfa: { serial, code: () => code } });
  aws.addRole({ arn: admin, requireMfa: true });
  const mfa = { SerialNumber: serial, TokenCode: "000001" };

  await refused("AccessDenied", /not authorized/, assume(aws, alice));
  await refused(
    "AccessDenied",
    /must provide both/,
    assume(aws, alice, { SerialNumber: serial }),
  );
  await refused(
    "AccessDenied",
    /invalid MFA one time pass code/,
    assume(aws, alice, { ...mfa, TokenCode: "999999" }),
  );
  await refused(
    "AccessDenied",
    /verify your MFA serial/,
    assume(aws, alice, { ...mfa, SerialNumber: `${serial}2` }),
  );
  await refused(
    "ValidationError",
    /'tokenCode'/,
    assume(aws, alice, { ...mfa, TokenCode: "12ab" }),
  );
  await assume(aws, alice, mfa);
  await refused("AccessDenied", /invalid MFA one time pass code/, assume(aws, alice, mfa));
  await refused("AccessDenied", /invalid MFA one time pass code/, sessionToken(aws, alice, mfa));

  code = "000002";
  const session = keys(await sessionToken(aws, alice, { ...mfa, TokenCode: code }));
  await assume(aws, session);
});

leakless("a session ends on the fake's clock", async () => {
  await using aws = await startFakeAws({ sessionLifetime: (asked) => asked === 900 ? 20 : asked });
  const alice = aws.addUser({});
  const session = keys(await sessionToken(aws, alice, { DurationSeconds: 900 }));
  await whoAmI(aws, session);
  aws.skew(21_000);
  await refused("ExpiredToken", /^The security token .* is expired$/, whoAmI(aws, session));
  assert.equal(aws.calls.at(-1)?.status, 403);
  aws.skew(0);
  await whoAmI(aws, session);
});

leakless("the SDK corrects its clock from the Date header", async () => {
  await using aws = await startFakeAws();
  const alice = aws.addUser({});
  aws.skew(3_600_000);
  await refused(
    "SignatureDoesNotMatch",
    /^Signature expired: .* - 15 min\.\)$/,
    whoAmI(aws, alice),
  );
  using sts = client(aws, alice, 2);
  await sts.send(new GetCallerIdentityCommand({}));
  assert.deepEqual(aws.calls.map((call) => call.code ?? call.status), [
    "SignatureDoesNotMatch",
    "SignatureDoesNotMatch",
    200,
  ]);
});
