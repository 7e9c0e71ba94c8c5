// Replacing a user's access key: whatever fails, every profile keeps a working key.
import assert from "node:assert/strict";
import { Failure } from "../../src/model/failure.ts";
import { iamEndpoint } from "../../src/model/iam_endpoint.ts";
import { Secret } from "../../src/model/secret.ts";
import type { System } from "../../src/system/system.ts";
import { athm, keyId, prepared } from "../support/rotation.ts";
import { second, sessionTest } from "../support/session_world.ts";

sessionTest(
  "rotate-key gives all profiles of the key a new one, and deletes the old",
  async (world) => {
    const { machine, store } = await prepared(world);
    const { aws, key } = world;
    aws.newKeysUnknownFor(3);
    const { system } = machine;
    assert.equal(
      await athm(world, system, "aws rotate-key example --json"),
      0,
      system.captured.said.join(),
    );
    const [now, ...more] = aws.accessKeys(key.arn);
    assert.deepEqual([now?.active, more], [true, []]);
    assert.notEqual(now?.id, key.accessKeyId);
    for (const name of ["example", "deploy"]) {
      assert.equal(
        keyId(await store.profile(name)),
        now?.id,
      );
    }
    assert.notEqual(keyId(await store.profile("other")), now?.id);
    assert.deepEqual(JSON.parse(system.captured.out), {
      user: "ann",
      oldKeyId: key.accessKeyId,
      newKeyId: now?.id,
      old: "deleted",
      profiles: ["deploy", "example"],
    });
    assert.deepEqual(world.calls(), [
      "GetCallerIdentity 200",
      "ListAccessKeys 200",
      "CreateAccessKey 200",
      ...Array(3).fill("GetCallerIdentity 403"),
      ...Array(2).fill("GetCallerIdentity 200"),
      "DeleteAccessKey 200",
    ]);
    const { session } = await machine.ask("deploy");
    assert.ok(session.arn?.includes("/deploy/"));
    assert.ok(system.files.all("/home/ann").length > 0);
  },
);

sessionTest("rotate-key --keep-old leaves the old key inactive", async (world) => {
  const { machine, store } = await prepared(world);
  assert.equal(await athm(world, machine.system, "aws rotate-key deploy --keep-old"), 0);
  const [old, now] = world.aws.accessKeys(world.key.arn);
  assert.deepEqual(old, { id: world.key.accessKeyId, active: false });
  assert.deepEqual(now, { id: keyId(await store.profile("example")), active: true });
  assert.match(machine.said().join("\n"), /is inactive/);
});

sessionTest("rotate-key names the key that occupies the second place", async (world) => {
  const { machine, store } = await prepared(world);
  const { system } = machine;
  assert.equal(await athm(world, system, "aws rotate-key example --keep-old"), 0);
  const now = keyId(await store.profile("example"));
  assert.equal(await athm(world, system, "aws rotate-key example"), 1);
  const said = machine.said().join("\n");
  assert.match(said, new RegExp(`two access keys.*${world.key.accessKeyId} \\(inactive, made `));
  assert.match(
    said,
    new RegExp(`delete-access-key --user-name ann --access-key-id ${world.key.accessKeyId}`),
  );
  assert.equal(keyId(await store.profile("example")), now);
});

sessionTest("a new key that AWS never accepts is deleted", async (world) => {
  const { machine, store } = await prepared(world);
  world.aws.newKeysUnknownFor(1000);
  const begun = machine.system.now();
  assert.equal(await athm(world, machine.system, "aws rotate-key example"), 1);
  assert.ok(machine.system.now() - begun < 90 * second);
  assert.match(machine.said().join("\n"), /did not become active within a minute/);
  assert.match(machine.said().join("\n"), /nothing changed/);
  assert.deepEqual(world.aws.accessKeys(world.key.arn), [{
    id: world.key.accessKeyId,
    active: true,
  }]);
  assert.equal(keyId(await store.profile("example")), world.key.accessKeyId);
});

sessionTest(
  "if policies require MFA, IAM is called with an MFA session",
  async (world) => {
    const mfaSerial = "arn:aws:iam::123456789012:mfa/ann";
    const { aws } = world;
    const key = aws.addUser({ name: "mia", mfa: { serial: mfaSerial, code: () => "123456" } });
    const { system, store } = await world.machine();
    const source = {
      kind: "keys" as const,
      accessKeyId: key.accessKeyId,
      secretAccessKey: new Secret(key.secretAccessKey),
    };
    await store.saveProfile(world.profile("example", { source, role: { mfaSerial } }), {
      replace: false,
    });
    const asked: string[] = [];
    const terminal = {
      ...system.terminal,
      canAsk: true,
      ask: (question: string) => {
        asked.push(question);
        return Promise.resolve("123456");
      },
    };
    assert.equal(
      await athm(world, { ...system, terminal }, "aws rotate-key example"),
      0,
      system.captured.said.join(),
    );
    assert.equal(asked.length, 1);
    const iam = aws.calls.filter(({ service }) => service === "iam");
    assert.deepEqual(iam.map(({ action }) => action), [
      "ListAccessKeys",
      "CreateAccessKey",
      "DeleteAccessKey",
    ]);
    for (const { accessKeyId } of iam) assert.match(accessKeyId ?? "", /^ASIA/);
    assert.equal(aws.accessKeys(key.arn).length, 1);
  },
);

sessionTest("calls each partition's IAM, signed for its region", async (world) => {
  const { system, store } = await world.machine();
  const table = [
    ["aws", "eu-west-1", "iam.amazonaws.com", "us-east-1"],
    ["aws-us-gov", "us-gov-east-1", "iam.us-gov.amazonaws.com", "us-gov-west-1"],
    ["aws-cn", "cn-northwest-1", "iam.cn-north-1.amazonaws.com.cn", "cn-north-1"],
    ["aws-eusc", "eusc-de-east-1", "iam.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"],
    ["aws-iso", "us-iso-east-1", "iam.us-iso-east-1.c2s.ic.gov", "us-iso-east-1"],
  ] as const;
  for (const [partition, region, host, signed] of table) {
    const key = world.aws.addUser({ name: "pat", partition });
    const secretAccessKey = new Secret(key.secretAccessKey);
    const source = { kind: "keys" as const, accessKeyId: key.accessKeyId, secretAccessKey };
    const profile = world.profile(partition, { source, network: { region } });
    await store.saveProfile(profile, { replace: false });
    assert.equal(
      await athm(world, system, `aws rotate-key ${partition}`),
      0,
      system.captured.said.join(),
    );
    const call = world.aws.calls.findLast(({ service }) => service === "iam");
    assert.deepEqual([call?.host, call?.region], [host, signed]);
  }
});

Deno.test("IAM has exactly AWS's FIPS and IPv6 hosts", () => {
  assert.equal(iamEndpoint("aws", { fips: true }).url, "https://iam-fips.amazonaws.com");
  assert.equal(iamEndpoint("aws-us-gov", { fips: true }).url, "https://iam.us-gov.amazonaws.com");
  assert.equal(iamEndpoint("aws", { dualstack: true }).url, "https://iam.global.api.aws");
  for (
    const [id, how] of [["aws-cn", { fips: true }], ["aws", {
      fips: true,
      dualstack: true,
    }]] as const
  ) {
    assert.throws(
      () => iamEndpoint(id, how),
      (error) => error instanceof Failure && error.code === "usage",
    );
  }
  assert.throws(
    () => iamEndpoint("aws", {}, "http://iam.example.com"),
    /plain http is only allowed for loopback/,
  );
});

sessionTest("profiles without a key get a hint", async (world) => {
  const { machine, store } = await prepared(world);
  const standing = { source: { kind: "profile" as const, from: "example" } };
  await store.saveProfile(world.profile("above", standing), { replace: false });
  await store.saveProfile(world.profile("sdk", { source: { kind: "ambient" } }), {
    replace: false,
  });
  for (
    const [name, says] of [["above", /its source is the profile example/], [
      "sdk",
      /come from ambient/,
    ]] as const
  ) {
    assert.equal(await athm(world, machine.system, `aws rotate-key ${name}`), 1);
    assert.match(machine.said().join("\n"), says);
  }
  assert.equal(await athm(world, machine.system, "aws rotate-key nobody"), 1);
  assert.deepEqual(world.calls(), []);
});

sessionTest(
  "a key created by someone else meanwhile is reported and never deleted",
  async (world) => {
    const { machine } = await prepared(world);
    const { aws, key } = world;
    const http: System["http"] = async (url, pem) => {
      const real = await machine.system.http(url, pem);
      return {
        send: async (request) => {
          const isMaking = String(request.body).includes("Action=CreateAccessKey");
          if (isMaking) await real.send(request);
          if (isMaking) throw new Failure("network", "the connection was interrupted", "try again");
          return await real.send(request);
        },
        [Symbol.dispose]: () => real[Symbol.dispose](),
      };
    };
    assert.equal(await athm(world, { ...machine.system, http }, "aws rotate-key example"), 1);
    const [own, other] = aws.accessKeys(key.arn);
    assert.equal(own?.id, key.accessKeyId);
    assert.equal(other?.active, true);
    assert.match(
      machine.said().join("\n"),
      new RegExp(`${other?.id} is new and its secret is lost`),
    );
    assert.deepEqual(aws.calls.filter(({ action }) => action === "DeleteAccessKey"), []);
  },
);

sessionTest(
  "if the profiles are removed meanwhile, no key is deleted, and the next run continues",
  async (world) => {
    const { machine, store } = await prepared(world);
    const { aws, key } = world;
    const { source } = await store.profile("example") ?? {};
    assert.ok(source);
    const http: System["http"] = async (url, pem) => {
      const real = await machine.system.http(url, pem);
      return {
        send: async (request) => {
          const answer = await real.send(request);
          if (String(request.body).includes("Action=CreateAccessKey")) {
            for (const name of ["example", "deploy"]) await store.removeProfile(name);
          }
          return answer;
        },
        [Symbol.dispose]: () => real[Symbol.dispose](),
      };
    };
    assert.equal(await athm(world, { ...machine.system, http }, "aws rotate-key example"), 1);
    const [old, fresh] = aws.accessKeys(key.arn);
    assert.deepEqual([old?.id, old?.active, fresh?.active], [key.accessKeyId, true, true]);
    assert.match(
      machine.said().join("\n"),
      new RegExp(`no profile uses the key ${old?.id} anymore.*nothing was deleted.*${fresh?.id}`),
    );
    await store.saveProfile(world.profile("again", { source }), { replace: false });
    assert.equal(await athm(world, machine.system, "aws rotate-key again"), 0);
    assert.deepEqual(aws.accessKeys(key.arn), [fresh]);
    assert.equal(keyId(await store.profile("again")), fresh?.id);
  },
);

sessionTest("two concurrent rotations make one new key", async (world) => {
  const { machine, store } = await prepared(world);
  const other = await world.machine({ pid: 77 });
  const codes = await Promise.all([
    athm(world, machine.system, "aws rotate-key example"),
    athm(world, other.system, "aws rotate-key deploy"),
  ]);
  assert.deepEqual(codes.sort(), [0, 1]);
  const said = [...machine.said(), ...other.said()].join("\n");
  assert.match(said, /another athm process just replaced the key of (example|deploy)/);
  const [one, ...more] = world.aws.accessKeys(world.key.arn);
  assert.deepEqual(more, []);
  for (const name of ["example", "deploy"]) assert.equal(keyId(await store.profile(name)), one?.id);
});
