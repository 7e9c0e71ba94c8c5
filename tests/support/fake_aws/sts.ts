/**
 * The Security Token Service in AWS's query protocol, API version 2011-06-15.
 *
 * https://docs.aws.amazon.com/STS/latest/APIReference/Welcome.html
 *
 * @module
 */

import type { Credential, Principal } from "./accounts.ts";
import {
  accessDenied,
  answerError,
  answerXml,
  AwsError,
  validationError,
  type Xml,
} from "./answers.ts";
import { assumeRole } from "./assume_role.ts";
import { authenticate } from "./authenticate.ts";
import { answerS3Error, checkGateway } from "./gateway.ts";
import { checkLimits, type Limits, limitsOf, type Params } from "./limits.ts";
import { checkMfa } from "./mfa.ts";
import { getWebIdentityToken } from "./outbound.ts";
import { checkMay, policiesOf } from "./policies.ts";
import { assumeRoleWithSaml } from "./saml.ts";
import type { Incoming, Operation, Service, World } from "./service.ts";
import { issueSession } from "./session_token.ts";
import { assumeRoleWithWebIdentity } from "./web_identity.ts";

const version = "2011-06-15";
const namespace = `https://sts.amazonaws.com/doc/${version}/`;

/** Maximum session duration of the account's root user in seconds. */
const rootLimit = 3600;

interface Action {
  readonly limits: Limits;
  run(
    world: World,
    principal: Principal,
    params: Params,
    credential: Credential,
  ): Xml | Promise<Xml>;
}

/** Unsigned calls: their parameters are the proof. */
interface UnsignedAction {
  readonly limits: Limits;
  run(world: World, params: Params): Xml | Promise<Xml>;
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
function getCallerIdentity(_world: World, principal: Principal): Xml {
  return { Arn: principal.arn, UserId: principal.userId, Account: principal.account };
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html */
function getAccessKeyInfo(world: World, _principal: Principal, params: Params): Xml {
  const id = params["AccessKeyId"] ?? "";
  const account = world.accounts.credentials.get(id)?.principal.account;
  if (account === undefined) throw validationError(`The access key ID ${id} is not valid.`);
  return { Account: account };
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html */
function getSessionToken(world: World, principal: Principal, params: Params): Xml {
  if (principal.kind !== "user" && principal.kind !== "root") {
    throw accessDenied("Cannot call GetSessionToken with session credentials");
  }
  const mfaPresent = checkMfa(world.accounts, principal, params);
  const asked = Number(params["DurationSeconds"] ?? 43_200);
  const seconds = principal.kind === "root" ? Math.min(asked, rootLimit) : asked;
  const user: Principal = { ...principal, kind: "session-token", mfaPresent };
  const ends = world.now() + 1000 * world.sessionLifetime(seconds);
  return issueSession(world, user, ends, params);
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html */
function getFederationToken(world: World, principal: Principal, params: Params): Xml {
  if (principal.kind !== "user" && principal.kind !== "root") {
    throw accessDenied("Cannot call GetFederationToken with session credentials");
  }
  checkMay(principal, "sts:GetFederationToken");
  const [, partition = ""] = principal.arn.split(":");
  const { Name: sessionName = "" } = params;
  const given = policiesOf(params, partition);
  const asked = Number(params["DurationSeconds"] ?? 43_200);
  const seconds = principal.kind === "root" ? Math.min(asked, rootLimit) : asked;
  const user: Principal = {
    kind: "federated-user",
    arn: `arn:${partition}:sts::${principal.account}:federated-user/${sessionName}`,
    userId: `${principal.account}:${sessionName}`,
    account: principal.account,
    mfaPresent: false,
    session: { roleArn: "", sessionName, tags: [], transitiveTagKeys: [], ...given },
    // Without a policy it may do nothing.
    allows: given.policy === undefined && given.policyArns.length === 0
      ? []
      : principal.allows ?? ["*"],
  };
  const ends = world.now() + 1000 * world.sessionLifetime(seconds);
  return {
    FederatedUser: { FederatedUserId: user.userId, Arn: user.arn },
    ...issueSession(world, user, ends, params),
  };
}

const actions: ReadonlyMap<string, Action> = new Map<string, Action>([
  ["GetCallerIdentity", { limits: limitsOf.GetCallerIdentity, run: getCallerIdentity }],
  ["GetAccessKeyInfo", { limits: limitsOf.GetAccessKeyInfo, run: getAccessKeyInfo }],
  ["GetSessionToken", { limits: limitsOf.GetSessionToken, run: getSessionToken }],
  ["GetWebIdentityToken", { limits: limitsOf.GetWebIdentityToken, run: getWebIdentityToken }],
  ["GetFederationToken", { limits: limitsOf.GetFederationToken, run: getFederationToken }],
  ["AssumeRole", { limits: limitsOf.AssumeRole, run: assumeRole }],
]);

const unsignedActions: ReadonlyMap<string, UnsignedAction> = new Map<string, UnsignedAction>([
  ["AssumeRoleWithSAML", { limits: limitsOf.AssumeRoleWithSAML, run: assumeRoleWithSaml }],
  ["AssumeRoleWithWebIdentity", {
    limits: limitsOf.AssumeRoleWithWebIdentity,
    run: assumeRoleWithWebIdentity,
  }],
]);

/** Parameters are in the body or, as the real STS accepts too, in the query string. */
function describe(incoming: Incoming): Operation {
  const form = new TextDecoder().decode(incoming.body);
  const { Action: action = "", ...params } = Object.fromEntries([
    ...new URLSearchParams(incoming.query),
    ...new URLSearchParams(form),
  ]);
  return { action, params };
}

function findAction({ action, params }: Operation): Action | UnsignedAction {
  if (action === "") {
    throw new AwsError(400, "MissingAction", "The request must contain the parameter Action");
  }
  const found = actions.get(action) ?? unsignedActions.get(action);
  if (found === undefined || params["Version"] !== version) {
    throw new AwsError(
      400,
      "InvalidAction",
      `Could not find operation ${action} for version ${params["Version"] ?? "NO_VERSION"}`,
    );
  }
  return found;
}

/** The STS. It accepts every request, so it must be last in the table. */
export const sts: Service = {
  service: "sts",
  claims: () => true,
  describe,
  async handle(incoming, world, reply) {
    const operation = describe(incoming);
    const gateway = world.gateway();
    if (gateway) checkGateway(gateway, world, operation);
    const action = findAction(operation);
    const unsigned = unsignedActions.get(operation.action);
    if (unsigned) {
      if (incoming.headers.has("authorization")) {
        throw new AwsError(
          400,
          "InvalidAction",
          "this request must be unsigned",
        );
      }
      checkLimits(operation.params, unsigned.limits);
      const result = await unsigned.run(world, operation.params);
      return answerXml(operation.action, result, { ...reply, namespace });
    }
    const { limits, run } = action as Action;
    const { credentials } = world.accounts;
    const { credential } = await authenticate(incoming, "sts", credentials, world.now());
    const { principal } = credential;
    if (principal.kind === "federated-user" && operation.action !== "GetCallerIdentity") {
      throw accessDenied(`User: ${principal.arn} is not authorized to call ${operation.action}`);
    }
    checkLimits(operation.params, limits);
    const result = await run(world, principal, operation.params, credential);
    if (gateway?.minio && typeof result === "object") {
      const { AssumedRoleUser: _, ...rest } = result;
      return answerXml(operation.action, rest, { ...reply, namespace });
    }
    return answerXml(operation.action, result, { ...reply, namespace });
  },
  refuse: (error, reply, world) =>
    world.gateway()?.minio === false
      ? answerS3Error(error, reply)
      : answerError(error, { ...reply, namespace }),
};
