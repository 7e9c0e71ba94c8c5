/**
 * AssumeRole: who may assume a role, for how long, and the session's properties.
 *
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 *
 * @module
 */

import { assumedRole, type Principal, type Role, type RoleSession, type Tag } from "./accounts.ts";
import { accessDenied, AwsError, validationError, type Xml } from "./answers.ts";
import { members, type Params } from "./limits.ts";
import { checkMfa } from "./mfa.ts";
import { may, policiesOf } from "./policies.ts";
import type { World } from "./service.ts";
import { issueSession } from "./session_token.ts";
import { equalInConstantTime } from "./sigv4.ts";

/** The longest session of a chained role, in seconds. */
const chainLimit = 3600;

function invalidParameter(message: string): AwsError {
  return new AwsError(400, "InvalidParameterValue", message);
}

/** The principals in a trust policy that match this caller. */
function namesOf(principal: Principal): string[] {
  const partition = principal.arn.split(":")[1];
  return [
    "*",
    principal.account,
    `arn:${partition}:iam::${principal.account}:root`,
    principal.arn,
    ...principal.session ? [principal.session.roleArn] : [],
  ];
}

function trusts(role: Role, principal: Principal, params: Params, mfaPresent: boolean): boolean {
  const names = namesOf(principal);
  const externalIdFits = role.externalId === undefined ||
    equalInConstantTime(role.externalId, params["ExternalId"] ?? "");
  return role.trusts.some((trusted) => names.includes(trusted)) && externalIdFits &&
    (mfaPresent || !role.requireMfa);
}

export function durationOf(params: Params, role: Role, chained: boolean): number {
  const seconds = Number(params["DurationSeconds"] ?? 3600);
  if (chained && seconds > chainLimit) {
    throw validationError(
      "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by " +
        "role chaining",
    );
  }
  if (seconds > role.maxDuration) {
    throw validationError(
      "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    );
  }
  return seconds;
}

/** Tag keys are case-insensitive. */
function sameKey(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html */
function tagsOf(
  params: Params,
  caller: RoleSession | undefined,
): Pick<RoleSession, "tags" | "transitiveTagKeys"> {
  const tags: Tag[] = members(params, "Tags")
    .map((member) => ({ key: member["Key"] ?? "", value: member["Value"] ?? "" }));
  const transitive = members(params, "TransitiveTagKeys").map((member) => member[""] ?? "");

  if (new Set(tags.map((tag) => tag.key.toLowerCase())).size < tags.length) {
    throw invalidParameter(
      "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    );
  }
  const inheritedKeys = caller?.transitiveTagKeys ?? [];
  const passed = [...tags.map((tag) => tag.key), ...transitive];
  if (passed.some((key) => inheritedKeys.some((inherited) => sameKey(inherited, key)))) {
    throw invalidParameter(
      "One of the specified transitive tag keys can't be set because it conflicts with a " +
        "transitive tag key from the calling session.",
    );
  }
  if (!transitive.every((key) => tags.some((tag) => sameKey(tag.key, key)))) {
    throw invalidParameter(
      "The specified transitive tag key must be included in the requested tags.",
    );
  }
  const inherited = (caller?.tags ?? [])
    .filter((tag) => inheritedKeys.some((key) => sameKey(key, tag.key)));
  return { tags: [...inherited, ...tags], transitiveTagKeys: [...inheritedKeys, ...transitive] };
}

/**
 * Once set, it cannot be changed.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
 */
function sourceIdentityOf(
  params: Params,
  principal: Principal,
  roleArn: string,
): string | undefined {
  const asked = params["SourceIdentity"];
  const before = principal.session?.sourceIdentity;
  if (asked?.startsWith("aws:")) {
    throw validationError(
      `Value '${asked}' at 'sourceIdentity' failed to satisfy constraint: ` +
        "Member must not begin with the reserved prefix aws:",
    );
  }
  if (asked !== undefined && before !== undefined && asked !== before) {
    throw accessDenied(
      `User: ${principal.arn} is not authorized to perform: sts:SetSourceIdentity ` +
        `on resource: ${roleArn}`,
    );
  }
  return before ?? asked;
}

/** Answers a call whose parameters are within their limits. */
export function assumeRole(world: World, principal: Principal, params: Params): Xml {
  const { RoleArn: roleArn = "", RoleSessionName: sessionName = "" } = params;
  if (!roleArn.startsWith("arn:")) throw validationError(`${roleArn} is invalid`);
  if (principal.kind === "root") {
    throw accessDenied("Roles may not be assumed by root accounts.");
  }
  const mfaPresent = checkMfa(world.accounts, principal, params) ||
    (principal.kind === "session-token" && principal.mfaPresent);
  const role = world.accounts.roles.get(roleArn);
  // From outside, a missing role and one that does not trust the caller look the same.
  if (role === undefined || !trusts(role, principal, params, mfaPresent)) {
    throw accessDenied(
      `User: ${principal.arn} is not authorized to perform: sts:AssumeRole ` +
        `on resource: ${roleArn}`,
    );
  }
  // A trust policy that names this very session grants by itself; any other leaves it to the session.
  const isNamed = role.trusts.includes(principal.arn);
  if (principal.session && !isNamed && !may(principal, "sts:AssumeRole")) {
    throw accessDenied(
      `User: ${principal.arn} is not authorized to perform: sts:AssumeRole ` +
        `on resource: ${roleArn} because no session policy allows the sts:AssumeRole action`,
    );
  }
  const duration = durationOf(params, role, principal.kind === "assumed-role");
  const sourceIdentity = sourceIdentityOf(params, principal, roleArn);
  const session: RoleSession = {
    roleArn,
    sessionName,
    ...tagsOf(params, principal.session),
    ...policiesOf(params, role.partition),
    ...sourceIdentity !== undefined && { sourceIdentity },
    ...params["ExternalId"] !== undefined && { externalId: params["ExternalId"] },
  };
  const assumed = assumedRole(role, sessionName, session);
  const ends = world.now() + 1000 * world.sessionLifetime(duration);
  return {
    AssumedRoleUser: { AssumedRoleId: assumed.userId, Arn: assumed.arn },
    ...issueSession(world, assumed, ends, params),
    SourceIdentity: sourceIdentity,
  };
}
