// A narrower session is made with session policies, which AWS intersects with the identity's own
// permissions. Several session policies form a union: AWS allows what any one of them allows. So
// athm never adds policies to those that a profile already has.

import type { Narrowing } from "../../model/credentials.ts";
import { Failure, usage } from "../../model/failure.ts";
import { defined } from "../../model/fields.ts";
import { type Hint, hint, profileName } from "../../model/hint.ts";
import { checkPolicy, checkPolicyArns } from "../../model/limits.ts";
import { findRegionPartition } from "../../model/partitions.ts";
import { portalCommand, portalOf } from "../../model/portal.ts";
import type { Profile, ResolvedProfile, RoleSettings } from "../../model/profile.ts";
import { factsOf, sourceOf } from "../../sources/all_sources.ts";
import type { System } from "../../system/system.ts";
import { endpointOf } from "./network.ts";
import { partitionOf } from "./roles.ts";

type Policies = Pick<RoleSettings, "policy" | "policyArns">;

/** True if the profile uses its base profile's session, so that the base makes the narrower one. */
export function isOfBase({ source, roleArns }: Pick<Profile, "source" | "roleArns">): boolean {
  return roleArns.length === 0 && factsOf(source).base !== undefined;
}

/**
 * The profile as it signs in for a narrower session: with these session policies for its last role,
 * or for GetFederationToken if it has none.
 *
 * @throws {Failure} `usage` for policies outside AWS's limits; `source` if AWS has no way to narrow
 * the session
 */
export function narrowed(
  system: System,
  profile: ResolvedProfile,
  narrowing: Narrowing | undefined,
): ResolvedProfile {
  if (narrowing === undefined || isOfBase(profile)) return profile;
  const { roleArns, role, source } = profile;
  const asked = policiesOf(system, profile, narrowing);
  const { firstRole, unnarrowable } = sourceOf(source);
  if (unnarrowable !== undefined && roleArns.length < 2) {
    throw new Failure("source", unnarrowable, withRole);
  }
  const hasRole = roleArns.length > 0 || firstRole !== undefined;
  if (!hasRole) refuseWithoutWay(profile);
  if (hasPolicies(role) && !isSame(role, asked)) throw alreadyNarrow(profile);
  const { policy: _, policyArns: __, ...others } = role;
  return { ...profile, role: { ...others, ...asked } };
}

export function hasPolicies({ policy, policyArns = [] }: Policies): boolean {
  return policy !== undefined || policyArns.length > 0;
}

function policiesOf(
  system: System,
  profile: ResolvedProfile,
  { readOnly, policy, policyArns = [] }: Narrowing,
): Policies {
  const partition = partitionOf(profile) ??
    findRegionPartition(endpointOf(system, profile).signingRegion)?.id ?? "aws";
  const arns = [
    ...policyArns,
    ...readOnly ? [`arn:${partition}:iam::aws:policy/ReadOnlyAccess`] : [],
  ];
  const policies = defined({
    policy: policy === undefined ? undefined : checkPolicy(policy),
    policyArns: arns.length ? checkPolicyArns(arns) : undefined,
  });
  // An empty narrowing would be the full session.
  if (!hasPolicies(policies)) throw usage("a narrower session requires a policy");
  return policies;
}

function isSame(a: Policies, b: Policies): boolean {
  const arns = ({ policyArns = [] }: Policies) => policyArns.toSorted().join(" ");
  return a.policy === b.policy && arns(a) === arns(b);
}

function refuseWithoutWay({ source, role, network }: Profile): void {
  const { lasting } = factsOf(source);
  if (!lasting) throw noWay({ source, network });
  if (role.mfaSerial === undefined) return;
  throw new Failure(
    "source",
    "AWS cannot narrow a session made with MFA unless it is a role's",
    withRole,
  );
}

const withRole: Hint =
  hint`create a profile for a role, whose sessions AWS can narrow: athm aws add NEW --from ${profileName} --role-arn ARN`;

/** Temporary credentials that no role is assumed with. */
export function noWay({ source, network }: Pick<Profile, "source" | "network">): Failure {
  const { portal: place } = factsOf(source);
  const portal = place && portalOf(place, network);
  return portal
    ? new Failure(
      "source",
      "Identity Center issues no narrower session of a permission set",
      hint`use a permission set that allows less: ${
        portalCommand("sso ls", portal)
      } lists them; or ${withRole}`,
    )
    : new Failure(
      "source",
      "AWS cannot narrow temporary credentials unless a role is assumed with them",
      withRole,
    );
}

function alreadyNarrow({ name }: Profile): Failure {
  return new Failure(
    "source",
    `${name} already has session policies, and AWS would allow whatever any of its policies ` +
      "allows: adding one could widen the session",
    hint`use a profile without them, or remove them: athm aws set ${profileName} --unset policy --unset policy-arn`,
  );
}
