/**
 * The fake STS from the AWS SDK's point of view: what works with the real one works here.
 */

import assert from "node:assert/strict";
import { GetAccessKeyInfoCommand, GetCallerIdentityCommand } from "@aws-sdk/client-sts";
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

const audit = "arn:aws:iam::210987654321:role/Audit";

leakless("a user has the identity in the fake", async () => {
  await using aws = await startFakeAws();
  const alice = aws.addUser({ account: "210987654321", name: "alice" });
  const answer = await whoAmI(aws, alice);
  assert.equal(answer.Arn, "arn:aws:iam::210987654321:user/alice");
  assert.equal(answer.Account, "210987654321");
  assert.match(answer.UserId ?? "", /^AIDA[A-Z2-7]{17}$/);
  assert.match(answer.$metadata.requestId ?? "", /^[0-9a-f-]{36}$/);

  const [call] = aws.calls;
  assert.equal(call?.action, "GetCallerIdentity");
  assert.equal(call.accessKeyId, alice.accessKeyId);
  assert.equal(call.region, "us-east-1");
  assert.equal(`http://${call.host}`, aws.url);
  assert.equal(call.status, 200);
});

leakless("GetAccessKeyInfo tells the account", async () => {
  await using aws = await startFakeAws();
  const alice = aws.addUser({});
  using sts = client(aws, alice);
  const command = new GetAccessKeyInfoCommand({ AccessKeyId: alice.accessKeyId });
  assert.equal((await sts.send(command)).Account, "123456789012");
});

leakless("GetSessionToken issues working credentials, only for users", async () => {
  const now = Date.now();
  await using aws = await startFakeAws({ clock: () => now });
  const alice = aws.addUser({});
  const issued = await sessionToken(aws, alice, { DurationSeconds: 900 });
  assert.match(issued?.AccessKeyId ?? "", /^ASIA[A-Z2-7]{16}$/);
  assert.equal(issued?.Expiration?.getTime(), Math.floor(now / 1000 + 900) * 1000);
  assert.equal((await whoAmI(aws, keys(issued))).Arn, alice.arn);
  const twelveHours = await sessionToken(aws, alice);
  assert.equal(twelveHours?.Expiration?.getTime(), Math.floor(now / 1000 + 43_200) * 1000);

  await refused(
    "AccessDenied",
    /^Cannot call GetSessionToken with session credentials$/,
    sessionToken(aws, keys(issued)),
  );
  const limit = /'durationSeconds' failed.*(greater|less) than or equal to (900|129600)$/;
  await refused("ValidationError", limit, sessionToken(aws, alice, { DurationSeconds: 899 }));
  await refused("ValidationError", limit, sessionToken(aws, alice, { DurationSeconds: 129_601 }));
});

leakless("the root user gets an hour and no role", async () => {
  const now = Date.now();
  await using aws = await startFakeAws({ clock: () => now });
  aws.addRole({ arn: admin });
  const root = aws.addUser({ root: true });
  const issued = await sessionToken(aws, root, { DurationSeconds: 7200 });
  assert.equal(issued?.Expiration?.getTime(), Math.floor(now / 1000 + 3600) * 1000);
  await refused("AccessDenied", /root accounts/, assume(aws, root));
});

leakless("AssumeRole gives a session of the role, in the role's partition", async () => {
  await using aws = await startFakeAws();
  const alice = aws.addUser({ partition: "aws-us-gov" });
  aws.addRole({ arn: "arn:aws-us-gov:iam::123456789012:role/path/Deploy", trusts: [alice.arn] });
  const answer = await assume(aws, alice, {
    RoleArn: "arn:aws-us-gov:iam::123456789012:role/path/Deploy",
  });
  const arn = "arn:aws-us-gov:sts::123456789012:assumed-role/Deploy/alice@laptop";
  assert.equal(answer.AssumedRoleUser?.Arn, arn);
  assert.match(answer.AssumedRoleUser?.AssumedRoleId ?? "", /^AROA[A-Z2-7]{17}:alice@laptop$/);
  assert.equal(answer.PackedPolicySize, undefined);
  const identity = await whoAmI(aws, keys(answer.Credentials));
  assert.equal(identity.Arn, arn);
  assert.equal(identity.UserId, answer.AssumedRoleUser?.AssumedRoleId);

  const known = aws.secrets();
  assert(known.includes(alice.secretAccessKey));
  assert(known.includes(answer.Credentials?.SecretAccessKey ?? ""));
  assert(known.includes(answer.Credentials?.SessionToken ?? ""));
});

leakless("policies, tags and the source identity are kept with the session", async () => {
  await using aws = await startFakeAws();
  const alice = aws.addUser({});
  aws.addRole({ arn: admin });
  const answer = await assume(aws, alice, {
    Policy: '{"Version":"2012-10-17","Statement":[]}',
    PolicyArns: [{ arn: "arn:aws:iam::aws:policy/ReadOnlyAccess" }],
    Tags: [{ Key: "Team", Value: "blue + é=ü" }, { Key: "Cost", Value: "" }],
    TransitiveTagKeys: ["Team"],
    SourceIdentity: "alice",
  });
  assert.equal(answer.SourceIdentity, "alice");
  assert((answer.PackedPolicySize ?? 0) > 0);
  const session = aws.identity(answer.Credentials?.AccessKeyId ?? "")?.session;
  assert.deepEqual(session, {
    roleArn: admin,
    sessionName: "alice@laptop",
    policy: '{"Version":"2012-10-17","Statement":[]}',
    policyArns: ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
    tags: [{ key: "Team", value: "blue + é=ü" }, { key: "Cost", value: "" }],
    transitiveTagKeys: ["Team"],
    sourceIdentity: "alice",
  });
});

leakless(
  "a chain lasts an hour, inherits transitive tags and keeps the source identity",
  async () => {
    await using aws = await startFakeAws();
    const alice = aws.addUser({});
    aws.addRole({ arn: admin, maxDuration: 43_200 });
    aws.addRole({ arn: audit, maxDuration: 43_200, trusts: [admin] });
    const first = keys(
      (await assume(aws, alice, {
        DurationSeconds: 43_200,
        Tags: [{ Key: "Team", Value: "blue" }, { Key: "Cost", Value: "7" }],
        TransitiveTagKeys: ["Team"],
        SourceIdentity: "alice",
      })).Credentials,
    );
    const link = { RoleArn: audit };
    const second = await assume(aws, first, { ...link, DurationSeconds: 3600 });
    assert.equal(second.SourceIdentity, "alice");
    const session = aws.identity(second.Credentials?.AccessKeyId ?? "")?.session;
    assert.deepEqual(session?.tags, [{ key: "Team", value: "blue" }]);
    assert.deepEqual(session.transitiveTagKeys, ["Team"]);

    await refused(
      "ValidationError",
      /^The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining$/,
      assume(aws, first, { ...link, DurationSeconds: 3601 }),
    );
    await refused(
      "InvalidParameterValue",
      /conflicts with a transitive tag key/,
      assume(aws, first, { ...link, Tags: [{ Key: "TEAM", Value: "red" }] }),
    );
    await refused(
      "AccessDenied",
      /sts:SetSourceIdentity/,
      assume(aws, first, { ...link, SourceIdentity: "mallory" }),
    );
    await assume(aws, first, { ...link, SourceIdentity: "alice" });
  },
);

leakless("a behavior applies as often as requested", async () => {
  await using aws = await startFakeAws();
  const alice = aws.addUser({});
  aws.behave({ kind: "throttle" });
  await refused("Throttling", /^Rate exceeded$/, whoAmI(aws, alice));
  await whoAmI(aws, alice);

  const disabled = {
    status: 403,
    code: "RegionDisabledException",
    message: "STS is not activated",
  };
  aws.behave({ kind: "fail", ...disabled, action: "AssumeRole" }, Infinity);
  await whoAmI(aws, alice);
  await refused("RegionDisabledException", /not activated/, assume(aws, alice));
  await refused("RegionDisabledException", /not activated/, assume(aws, alice));
  aws.clearBehaviors();

  aws.addRole({ arn: admin });
  aws.behave({ kind: "slow", ms: 300, action: "AssumeRole" });
  await Promise.all([assume(aws, alice), whoAmI(aws, alice)]);
  const order = aws.calls.slice(-2).map((call) => call.action);
  assert.deepEqual(order, ["GetCallerIdentity", "AssumeRole"]);

  aws.behave({ kind: "garbage", body: "no XML" });
  await assert.rejects(whoAmI(aws, alice));
  // The SDK accepts any XML with status 200 as an empty response.
  aws.behave({ kind: "garbage" });
  assert.equal((await whoAmI(aws, alice)).Arn, undefined);

  aws.behave({ kind: "drop" });
  await assert.rejects(whoAmI(aws, alice));
  assert.equal(aws.calls.at(-1)?.status, 0);

  aws.behave({ kind: "throttle" }, 2);
  using sts = client(aws, alice, 3);
  await sts.send(new GetCallerIdentityCommand({}));
});

leakless("disposing cancels pending responses", async () => {
  const asked = Promise.withResolvers<void>();
  const clock = () => (asked.resolve(), Date.now());
  let waiting: Promise<unknown>;
  {
    await using aws = await startFakeAws({ clock });
    aws.behave({ kind: "slow", ms: 600_000 });
    waiting = assert.rejects(whoAmI(aws, aws.addUser({})));
    await asked.promise;
  }
  await waiting;
});
