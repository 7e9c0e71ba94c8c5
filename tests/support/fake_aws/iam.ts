/**
 * IAM's access keys in AWS's query protocol, API version 2010-05-08.
 *
 * https://docs.aws.amazon.com/IAM/latest/APIReference/welcome.html
 *
 * @module
 */

import {
  type Accounts,
  type Credential,
  type Principal,
  randomBase64,
  uniqueId,
} from "./accounts.ts";
import { accessDenied, answerError, answerXml, AwsError, type Xml } from "./answers.ts";
import { authenticate } from "./authenticate.ts";
import { checkLimits, type Limits, type Params } from "./limits.ts";
import type { Incoming, Operation, Service, World } from "./service.ts";

const version = "2010-05-08";
const namespace = `https://iam.amazonaws.com/doc/${version}/`;

/** Maximum number of keys per user. */
const quota = 2;

const userName = { kind: "text", min: 1, max: 128, pattern: "[\\w+=,.@-]+" } as const;
const keyId = { kind: "text", min: 16, max: 128, required: true, pattern: "[\\w]+" } as const;

interface Action {
  readonly limits: Limits;
  run(world: World, user: Principal, params: Params): Xml;
}

/** The user's keys, the oldest first. */
function keysOf({ credentials }: Accounts, user: Principal): Credential[] {
  return [...credentials.values()].filter(({ key, principal }) =>
    key && principal.arn === user.arn
  );
}

function keyOf(world: World, user: Principal, params: Params): Credential {
  const id = params["AccessKeyId"] ?? "";
  const found = keysOf(world.accounts, user).find(({ accessKeyId }) => accessKeyId === id);
  if (found) return found;
  throw new AwsError(404, "NoSuchEntity", `The Access Key with id ${id} cannot be found.`);
}

function described(user: Principal, { accessKeyId, key }: Credential) {
  return {
    UserName: user.arn.split("/").at(-1) ?? "",
    AccessKeyId: accessKeyId,
    Status: key?.active ? "Active" : "Inactive",
    CreateDate: new Date(key?.created ?? 0).toISOString().replace(/\.\d{3}Z/, "Z"),
  };
}

const actions: ReadonlyMap<string, Action> = new Map([
  ["ListAccessKeys", {
    limits: { UserName: userName },
    run: ({ accounts }, user) => ({
      AccessKeyMetadata: { member: keysOf(accounts, user).map((each) => described(user, each)) },
      IsTruncated: "false",
    }),
  }],
  ["CreateAccessKey", {
    limits: { UserName: userName },
    run: ({ accounts, now, newKeyDelay }, user) => {
      const keys = keysOf(accounts, user);
      if (keys.length >= quota) {
        const words = `Cannot exceed quota for AccessKeysPerUser: ${quota}`;
        throw new AwsError(409, "LimitExceeded", words);
      }
      const principal = keys[0]?.principal ?? user;
      const made: Credential = {
        accessKeyId: uniqueId("AKIA", 16),
        secretAccessKey: randomBase64(30),
        principal,
        key: { active: true, created: now(), unknownFor: newKeyDelay() },
      };
      accounts.credentials.set(made.accessKeyId, made);
      const told = { ...described(user, made), SecretAccessKey: made.secretAccessKey };
      return { AccessKey: told };
    },
  }],
  ["DeleteAccessKey", {
    limits: { UserName: userName, AccessKeyId: keyId },
    run: (world, user, params) => {
      world.accounts.credentials.delete(keyOf(world, user, params).accessKeyId);
      return {};
    },
  }],
  ["UpdateAccessKey", {
    limits: { UserName: userName, AccessKeyId: keyId },
    run: (world, user, params) => {
      const { key } = keyOf(world, user, params);
      if (key) key.active = params["Status"] === "Active";
      return {};
    },
  }],
]);

function describe({ body }: Incoming): Operation {
  const { Action: action = "", ...params } = Object.fromEntries(
    new URLSearchParams(new TextDecoder().decode(body)),
  );
  return { action, params };
}

/** The user whose keys are requested: the caller, by name or without one. */
function userOf(caller: Principal, { UserName: name }: Params): Principal {
  if (caller.kind === "session-token" && !caller.mfaPresent) {
    // GetSessionToken sessions cannot call IAM unless they were created with MFA.
    throw new AwsError(
      403,
      "InvalidClientTokenId",
      "The security token included in the request is invalid",
    );
  }
  const own = caller.arn.split("/").at(-1);
  if (
    caller.kind === "assumed-role" || caller.kind === "federated-user" ||
    (name !== undefined && name !== own)
  ) {
    throw accessDenied(`User: ${caller.arn} is not authorized to perform this on user ${name}`);
  }
  return caller;
}

/** Requests signed for `iam`. */
export const iam: Service = {
  service: "iam",
  claims: ({ headers, body }) =>
    /\/iam\/aws4_request/.test(headers.get("authorization") ?? "") &&
    new TextDecoder().decode(body).includes(`Version=${version}`),
  describe,
  async handle(incoming, world, reply) {
    const operation = describe(incoming);
    const found = actions.get(operation.action);
    if (found === undefined || operation.params["Version"] !== version) {
      throw new AwsError(400, "InvalidAction", `Could not find operation ${operation.action}`);
    }
    const { credentials } = world.accounts;
    const { credential } = await authenticate(incoming, "iam", credentials, world.now());
    checkLimits(operation.params, found.limits);
    const user = userOf(credential.principal, operation.params);
    return answerXml(operation.action, found.run(world, user, operation.params), {
      ...reply,
      namespace,
    });
  },
  refuse: (error, reply) => answerError(error, { ...reply, namespace }),
};
