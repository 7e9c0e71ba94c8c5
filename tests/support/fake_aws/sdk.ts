/**
 * The AWS SDK against the fake: shortcuts for the fake's tests.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  type AssumeRoleCommandOutput,
  type Credentials,
  GetCallerIdentityCommand,
  type GetCallerIdentityCommandOutput,
  GetSessionTokenCommand,
  type GetSessionTokenCommandInput,
  STSClient,
} from "@aws-sdk/client-sts";
import type { FakeAws } from "../fake_aws.ts";

/** The role that {@link assume} asks for. */
export const admin = "arn:aws:iam::123456789012:role/team/Admin";

/** Credentials in the SDK's format. */
export interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Runs a test that must leave no pending operation and no open resource. */
export function leakless(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, fn, sanitizeOps: true, sanitizeResources: true });
}

/** The SDK over real HTTP, without retries unless asked for. */
export function client(
  aws: FakeAws,
  credentials: KeyPair,
  maxAttempts = 1,
): STSClient & Disposable {
  const sts = new STSClient({
    endpoint: aws.url,
    region: "us-east-1",
    credentials: { ...credentials },
    maxAttempts,
  });
  return Object.assign(sts, { [Symbol.dispose]: () => sts.destroy() });
}

/** Credentials that were issued, to be used. */
export function keys(issued: Credentials | undefined): KeyPair {
  assert(issued?.AccessKeyId && issued.SecretAccessKey && issued.SessionToken);
  return {
    accessKeyId: issued.AccessKeyId,
    secretAccessKey: issued.SecretAccessKey,
    sessionToken: issued.SessionToken,
  };
}

/** GetCallerIdentity. */
export async function whoAmI(
  aws: FakeAws,
  credentials: KeyPair,
): Promise<GetCallerIdentityCommandOutput> {
  using sts = client(aws, credentials);
  return await sts.send(new GetCallerIdentityCommand({}));
}

/** GetSessionToken. */
export async function sessionToken(
  aws: FakeAws,
  credentials: KeyPair,
  input: GetSessionTokenCommandInput = {},
): Promise<Credentials | undefined> {
  using sts = client(aws, credentials);
  return (await sts.send(new GetSessionTokenCommand(input))).Credentials;
}

/** AssumeRole of {@link admin} as `alice@laptop`, or as `input` says. */
export async function assume(
  aws: FakeAws,
  credentials: KeyPair,
  input: Partial<AssumeRoleCommandInput> = {},
): Promise<AssumeRoleCommandOutput> {
  using sts = client(aws, credentials);
  const defaults = { RoleArn: admin, RoleSessionName: "alice@laptop" };
  return await sts.send(new AssumeRoleCommand({ ...defaults, ...input }));
}

/** Asserts that a call is rejected with this code and message. */
export async function refused(code: string, words: RegExp, call: Promise<unknown>): Promise<void> {
  await assert.rejects(call, (error: Error) => {
    assert.equal(error.name, code, error.message);
    assert.match(error.message, words);
    return true;
  });
}
