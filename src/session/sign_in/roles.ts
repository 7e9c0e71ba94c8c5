import { parseRoleArn } from "../../model/arn.ts";
import { defined } from "../../model/fields.ts";
import { legalSessionName } from "../../model/limits.ts";
import { findRegionPartition } from "../../model/partitions.ts";
import type { Profile, RoleSettings } from "../../model/profile.ts";
import type { Facts, FirstRole, SourceKind } from "../../sources/source.ts";
import { factsOf } from "../../sources/all_sources.ts";

/** AWS limits a role assumed from another role's credentials to one hour. */
export const longestChainedDuration = 3600;

type MfaSetting = "mfaSerial" | "mfaCommand" | "mfaDuration";

/** One link of a chain: the parameters of AssumeRole, except the MFA code. */
export interface RoleLink extends Omit<RoleSettings, MfaSetting | "sessionName"> {
  readonly roleArn: string;
  readonly sessionName: string;
  /** True if it is assumed from a role's own credentials. */
  readonly chained: boolean;
}

/**
 * The roles to assume in order, each with its settings: the first sets the source identity and
 * transitive tags, which persist along the chain; the other tags, external ID, session policies and
 * duration are for the last.
 */
export function roleLinks(
  { roleArns, role }: Profile,
  first: { readonly chained: boolean; readonly sessionName: string },
): RoleLink[] {
  // AWS compares tag keys without regard to case.
  const transitive = new Set(role.transitiveTags?.map((key) => key.toLowerCase()));
  const isTransitive = ({ key }: { key: string }) => transitive.has(key.toLowerCase());
  return roleArns.map((roleArn, index) => {
    const isFirst = index === 0;
    const isLast = index === roleArns.length - 1;
    const chained = first.chained || !isFirst;
    const tags = (role.tags ?? [])
      .filter((tag) => isTransitive(tag) ? isFirst : isLast);
    return {
      roleArn,
      chained,
      sessionName: role.sessionName ?? first.sessionName,
      ...isFirst && role.sourceIdentity ? { sourceIdentity: role.sourceIdentity } : {},
      ...isFirst && role.transitiveTags?.length ? { transitiveTags: role.transitiveTags } : {},
      ...tags.length ? { tags } : {},
      ...isLast && role.externalId ? { externalId: role.externalId } : {},
      ...isLast && role.policy ? { policy: role.policy } : {},
      ...isLast && role.policyArns ? { policyArns: role.policyArns } : {},
      ...isLast && role.duration !== undefined
        ? { duration: chained ? Math.min(role.duration, longestChainedDuration) : role.duration }
        : {},
    };
  });
}

/** Settings of a first role that the source assumes; duration and policies belong to the last. */
export function splitFirstRole(
  profile: Profile,
  named: SourceKind["firstRole"],
): { role: FirstRole; rest: Profile } {
  if (named === undefined) return { role: {}, rest: profile };
  const [roleArn, ...after] = profile.roleArns;
  const { sessionName, duration, policy, policyArns } = profile.role;
  const own = named === "profile" && defined({ roleArn, sessionName });
  const roleArns = named === "profile" ? after : profile.roleArns;
  const last = roleArns.length === 0 && defined({ duration, policy, policyArns });
  return { role: { ...own, ...last }, rest: { ...profile, roleArns } };
}

/** True if the requested duration exceeds what a chained role gets. */
export function isCutShort({ role }: Profile, links: readonly RoleLink[]): boolean {
  const last = links.at(-1);
  return last?.chained === true && (role.duration ?? 0) > longestChainedDuration;
}

/** The session name in an assumed role's ARN, so that CloudTrail shows a chain as one. */
export function sessionNameIn(arn: string | undefined): string | undefined {
  return /^arn:[^:]+:sts::\d{12}:assumed-role\/[^/]+\/([^/]+)$/.exec(arn ?? "")?.[1];
}

/** The default session name for CloudTrail: who, on which machine. */
export function defaultSessionName(user: string | undefined, host: string): string {
  return legalSessionName(["athm", user, host].filter(Boolean).join("-"));
}

export function partitionOf(
  { roleArns, source }: Pick<Profile, "roleArns"> & Partial<Pick<Profile, "source">>,
): string | undefined {
  return partitionBy(roleArns, source ? factsOf(source) : {});
}

export function partitionBy(
  roleArns: readonly string[],
  { role, region = "", principal }: Pick<Facts, "role" | "region" | "principal">,
): string | undefined {
  const first = role?.arn ?? roleArns[0];
  if (first !== undefined) return parseRoleArn(first).partition;
  return findRegionPartition(region)?.id ?? principal?.split(":")[1];
}
