/** The STS client's calls, attempts and clock, over real HTTP. */
import assert from "node:assert/strict";
import { connectSts } from "../../src/aws/sts.ts";
import { Failure } from "../../src/model/failure.ts";
import { createTestAuthority } from "../support/certificates.ts";
import { startFakeAws } from "../support/fake_aws.ts";
import { patientSystem, realHttp } from "../support/real_http.ts";
import {
  credentialsOf,
  device,
  fails,
  isGood,
  minute,
  request,
  role,
  story,
} from "../support/sts_story.ts";

story("getCallerIdentity tells who signs", async ({ aws, sts, key, credentials }) => {
  const { requestId, ...identity } = await sts.getCallerIdentity(credentials);
  assert.deepEqual(identity, {
    arn: key.arn,
    account: "123456789012",
    userId: aws.identity(key.accessKeyId)?.userId,
  });
  assert.ok(requestId);
  assert.equal(aws.calls[0]?.region, "eu-west-1");
});

story("getSessionToken's session is accepted, and lasts as requested", async (world) => {
  const { sts, system, credentials, key } = world;
  isGood(await sts.getSessionToken(credentials), 43_200, system.now());
  const issued = await sts.getSessionToken(credentials, {
    duration: 900,
    mfaSerial: device.serial,
    mfaCode: "123456",
  });
  isGood(issued, 900, system.now());
  assert.equal((await sts.getCallerIdentity(issued.session)).arn, key.arn);
});

story("assumeRole sends all of its parameters", async ({ aws, sts, system, credentials }) => {
  const everything = {
    roleArn: role,
    sessionName: "me@host",
    duration: 7200,
    externalId: "ext:1/2",
    sourceIdentity: "alice",
    tags: [{ key: "team", value: "a & b = ü".replace("&", "-") }, { key: "empty", value: "" }],
    transitiveTags: ["team"],
    policy: '{"Version": "2012-10-17", "Statement": []}',
    policyArns: ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
  };
  const issued = await sts.assumeRole(credentials, {
    ...everything,
    mfaSerial: device.serial,
    mfaCode: "123456",
  });
  isGood(issued, 7200, system.now());
  const arn = "arn:aws:sts::123456789012:assumed-role/deploy/me@host";
  assert.equal(issued.session.arn, arn);
  assert.equal(issued.session.account, "123456789012");
  assert.equal(issued.tokenUtilization, 20);
  const { roleArn, sessionName, tags, transitiveTagKeys, ...rest } =
    aws.identity(issued.session.accessKeyId)?.session ?? assert.fail();
  assert.deepEqual([roleArn, sessionName, tags, transitiveTagKeys], [
    role,
    "me@host",
    everything.tags,
    ["team"],
  ]);
  assert.deepEqual(rest, {
    sourceIdentity: "alice",
    externalId: "ext:1/2",
    policy: everything.policy,
    policyArns: everything.policyArns,
  });
  assert.equal((await sts.getCallerIdentity(issued.session)).arn, arn);
});

story("an assumed role's session assumes the next", async ({ sts, system, credentials }) => {
  const { session } = await sts.assumeRole(credentials, request);
  isGood(await sts.assumeRole(session, { ...request, sessionName: "two" }), 3600, system.now());
});

// Attempts.

story("throttled twice, then fine: waits grow", async ({ aws, sts, system, credentials }) => {
  aws.behave({ kind: "throttle" }, 2);
  isGood(await sts.assumeRole(credentials, request), 3600, system.now());
  assert.equal(aws.calls.length, 3);
  assert.deepEqual(system.waits, [249, 499]);
});

for (const status of [500, 502, 503]) {
  story(`${status} for ever ends after 4 attempts`, async (world) => {
    const { aws, sts, credentials } = world;
    aws.behave(
      { kind: "fail", status, code: "InternalFailure", message: "secret sauce" },
      Infinity,
    );
    const { message } = await fails(
      world,
      sts.assumeRole(credentials, request),
      "aws-passing",
      new RegExp(
        `^127\\.0\\.0\\.1:\\d+ returned a server error for AssumeRole: InternalFailure \\(HTTP ${status}\\)`,
      ),
    );
    assert.ok(!message.includes("sauce"));
    assert.equal(aws.calls.length, 4);
  });
}

story("retries after an overloaded front end's HTML page", async ({ aws, sts, credentials }) => {
  aws.behave({ kind: "garbage", status: 503 });
  await sts.getCallerIdentity(credentials);
  assert.equal(aws.calls.length, 2);
});

story("a connection that drops three times is made a fourth", async ({ aws, sts, credentials }) => {
  aws.behave({ kind: "drop" }, 3);
  await sts.getCallerIdentity(credentials);
  assert.equal(aws.calls.length, 4);
});

story("a connection that always drops is made 4 times", async (world) => {
  world.aws.behave({ kind: "drop" }, Infinity);
  await fails(world, world.sts.getCallerIdentity(world.credentials), "network", /127\.0\.0\.1/);
  assert.equal(world.aws.calls.length, 4);
});

story("silence is waited for twice", async (world) => {
  const { aws, sts, credentials } = world;
  aws.behave({ kind: "slow", ms: 3_000 }, Infinity);
  await fails(world, sts.getCallerIdentity(credentials), "network", /not answer within 0\.15 s/);
  aws.clearBehaviors();
  await sts.getCallerIdentity(credentials);
}, { timeout: 150 });

story("a refusal is not tried again", async (world) => {
  await fails(
    world,
    world.sts.assumeRole(world.credentials, { ...request, roleArn: `${role}2` }),
    "aws",
    /refused/,
  );
  assert.equal(world.aws.calls.length, 1);
});

// The clock.

for (const ahead of [20 * minute, -20 * minute]) {
  story(`works though the clock is ${ahead / minute} min ahead`, async (world) => {
    const { aws, sts, system, credentials } = world;
    assert.equal(sts.skew, 0);
    const issued = await sts.assumeRole(credentials, request);
    assert.ok(Math.abs(sts.skew + ahead) < 5_000, String(sts.skew));
    // The expiry is on this machine's wrong clock.
    isGood(issued, 3600, system.now());
    assert.deepEqual(aws.calls.map(({ status }) => status), [403, 200]);
    await sts.getCallerIdentity(issued.session);
    assert.equal(aws.calls.length, 3);
  }, { ahead });
}

story("a clock that is 4 min behind is not refused, and expiry is right", async (world) => {
  const issued = await world.sts.getSessionToken(world.credentials);
  isGood(issued, 43_200, world.system.now());
  assert.equal(world.aws.calls.length, 1);
}, { ahead: -4 * minute });

story("a few seconds are no skew", async ({ aws, sts, credentials }) => {
  aws.skew(5_000);
  await sts.getCallerIdentity(credentials);
  assert.equal(sts.skew, 0);
});

story("a wrong secret is reported as such even on a wrong clock", async (world) => {
  const { aws, sts, key } = world;
  const wrong = credentialsOf({ ...key, secretAccessKey: "x".repeat(40) });
  await fails(world, sts.getCallerIdentity(wrong), "aws", /signature does not match/);
  assert.equal(aws.calls.length, 2);
}, { ahead: 20 * minute });

Deno.test("sts: a closed port is a network failure after 4 attempts", async () => {
  const url = "http://127.0.0.1:1";
  using http = await realHttp("http:");
  const system = patientSystem();
  const sts = connectSts(system, http, { url, signingRegion: "us-east-1" });
  const key = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "x".repeat(40) };
  await assert.rejects(
    sts.getCallerIdentity(credentialsOf(key)),
    (error) =>
      error instanceof Failure && error.code === "network" && /127\.0\.0\.1:1/.test(error.message),
  );
  assert.equal(system.waits.length, 3);
});

Deno.test("sts: a private certificate is a tls failure until its authority is added", async () => {
  const authority = await createTestAuthority();
  await using aws = await startFakeAws({ tls: await authority.issue(["127.0.0.1"]) });
  const endpoint = { url: aws.url, signingRegion: "us-east-1" };
  const credentials = credentialsOf(aws.addUser({ name: "alice" }));

  using trusting = await realHttp("https:", authority.cert);
  await connectSts(patientSystem(), trusting, endpoint).getCallerIdentity(credentials);

  using careful = await realHttp("https:");
  const system = patientSystem();
  await assert.rejects(
    connectSts(system, careful, endpoint).getCallerIdentity(credentials),
    (error) =>
      error instanceof Failure && error.code === "tls" && /--ca-bundle/.test(`${error.hint}`),
  );
  assert.deepEqual(system.waits, []);
  assert.equal(aws.calls.length, 1);
});
