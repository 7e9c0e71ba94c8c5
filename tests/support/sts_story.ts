/**
 * A test of the STS client over real HTTP against the fake AWS, which verifies signatures and
 * parameters.
 *
 * @module
 */
import assert from "node:assert/strict";
import { connectSts, type Issued, type Sts } from "../../src/aws/sts.ts";
import type { Credentials } from "../../src/model/credentials.ts";
import { Failure, type FailureCode } from "../../src/model/failure.ts";
import { Secret } from "../../src/model/secret.ts";
import { type FakeAws, type MfaDevice, startFakeAws, type UserKey } from "./fake_aws.ts";
import { type Patient, patientSystem, realHttp } from "./real_http.ts";

/** Milliseconds. */
export const minute = 60_000;
export const role = "arn:aws:iam::123456789012:role/team/deploy";
export const request = { roleArn: role, sessionName: "me" };
export const device: MfaDevice = {
  serial: "arn:aws:iam::123456789012:mfa/alice",
  code: () => "123456",
};

export interface World {
  readonly aws: FakeAws;
  readonly sts: Sts;
  readonly system: Patient;
  readonly key: UserKey;
  readonly credentials: Credentials;
}

/** A fake with a user and a role, and the client; closes everything afterward. */
export function story(
  name: string,
  run: (world: World) => Promise<void>,
  options: { readonly ahead?: number; readonly timeout?: number } = {},
): void {
  Deno.test(`sts: ${name}`, async () => {
    await using aws = await startFakeAws();
    using http = await realHttp("http:");
    const system = patientSystem(options.ahead);
    const key = aws.addUser({ name: "alice", mfa: device });
    aws.addRole({ arn: role, maxDuration: 7200 });
    const endpoint = { url: aws.url, signingRegion: "eu-west-1" };
    const sts = connectSts(system, http, endpoint, options.timeout);
    await run({ aws, sts, system, key, credentials: credentialsOf(key) });
  });
}

export function credentialsOf(key: Pick<UserKey, "accessKeyId" | "secretAccessKey">): Credentials {
  return { accessKeyId: key.accessKeyId, secretAccessKey: new Secret(key.secretAccessKey) };
}

/** The failure of a call, no part of which may contain a secret of the fake. */
export async function fails(
  { aws }: World,
  call: Promise<unknown>,
  code: FailureCode,
  says: RegExp,
  hint = /(?:)/,
): Promise<Failure> {
  const failure = await call.then(() => assert.fail("it succeeded"), (error) => error);
  assert.ok(failure instanceof Failure, String(failure));
  assert.match(failure.message, says);
  assert.match(failure.hint ?? "", hint);
  assert.equal(failure.code, code, failure.message);
  const all = `${failure.message} ${failure.hint} ${failure.stack} ${Deno.inspect(failure)}`;
  for (const secret of [...aws.secrets(), "654321"]) assert.ok(!all.includes(secret), all);
  return failure;
}

/** A session as requested, on the machine's clock. */
export function isGood({ session, requestId }: Issued, seconds: number, now: number): void {
  assert.match(session.accessKeyId, /^ASIA/);
  assert.match(requestId ?? "", /^[\w-]{36}$/);
  assert.ok(Math.abs(session.expires - now - seconds * 1000) < 15_000, `${session.expires - now}`);
  assert.ok(Math.abs(session.issued - now) < 15_000);
}
