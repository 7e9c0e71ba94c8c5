import { parseRoleArn } from "../../model/arn.ts";
import { defined } from "../../model/defined.ts";
import { legalSessionName } from "../../model/limits.ts";
import { findRegionPartition } from "../../model/partitions.ts";
import type { Profile, RoleSettings } from "../../model/profile.ts";
import type { FirstRole, SourceKind } from "../../sources/source.ts";
import { factsOf } from "../../sources/all_sources.ts";

/** AWS gives a role that was assumed from another role's credentials at most one hour. */
export const longestChainedDuration = 3600;

/** What belongs to the user's session that roles are assumed from. */
type MfaSetting = "mfaSerial" | "mfaCommand" | "mfaDuration";

/** One link of a chain: what AssumeRole is asked, but for the MFA code. */
export interface RoleLink extends Omit<RoleSettings, MfaSetting | "sessionName"> {
  readonly roleArn: string;
  readonly sessionName: string;
  /** True when it is assumed from a role's own credentials. */
  readonly chained: boolean;
}

/**
 * The roles to assume, one after the other, each with what belongs to it:
 * a source identity and transitive tags are set by the first and stay for all that follow;
 * the other tags, the external ID, the session policies and the duration are for the last, which is
 * the one that was wanted.
 */
export function roleLinks(
  { roleArns, role }: Profile,
  first: { readonly chained: boolean; readonly sessionName: string },
): RoleLink[] {
  // AWS takes keys that differ only in case for one.
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

/**
 * What the profile asks of a first role that its source assumes, and the profile of the roles that
 * follow. Duration and session policies are the last role's, as in every chain.
 */
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

/** True when the profile asks for more than a chained role gets. */
export function isCutShort({ role }: Profile, links: readonly RoleLink[]): boolean {
  const last = links.at(-1);
  return last?.chained === true && (role.duration ?? 0) > longestChainedDuration;
}

/** The session name in an assumed role's ARN, so that a chain is seen as one in CloudTrail. */
export function sessionNameIn(arn: string | undefined): string | undefined {
  return /^arn:[^:]+:sts::\d{12}:assumed-role\/[^/]+\/([^/]+)$/.exec(arn ?? "")?.[1];
}

/** What CloudTrail shows when nobody chose a session name: who, on which machine. */
export function defaultSessionName(user: string | undefined, host: string): string {
  return legalSessionName(["athm", user, host].filter(Boolean).join("-"));
}

/** The partition in which a profile's roles are, or nothing when it has none. */
export function partitionOf(
  { roleArns, source }: Pick<Profile, "roleArns"> & Partial<Pick<Profile, "source">>,
): string | undefined {
  const { role, region = "" } = source ? factsOf(source) : {};
  const first = role?.arn ?? roleArns[0];
  return first === undefined ? findRegionPartition(region)?.id : parseRoleArn(first).partition;
}
