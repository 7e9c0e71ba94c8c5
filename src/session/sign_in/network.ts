import { type StsEndpoint, stsEndpoint } from "../../model/endpoint.ts";
import type { Profile, ResolvedProfile } from "../../model/profile.ts";
import type { System } from "../../system/system.ts";
import { partitionOf } from "./roles.ts";

/** Where a profile's STS calls go. Only the region is read from the environment. */
export function endpointOf(
  system: System,
  profile:
    & Pick<ResolvedProfile, "network" | "roleArns" | "inherited">
    & Partial<Pick<Profile, "source">>,
): StsEndpoint {
  const { network, inherited } = profile;
  return stsEndpoint(network, regionFromEnvironment(system), partitionOf(profile), inherited);
}

function regionFromEnvironment({ env }: System): string | undefined {
  return env.get("AWS_REGION") || env.get("AWS_DEFAULT_REGION") || undefined;
}
