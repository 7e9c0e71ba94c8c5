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
  return endpointIn(system, profile, partitionOf(profile));
}

export function endpointIn(
  system: System,
  { network, inherited }: Pick<ResolvedProfile, "network" | "inherited">,
  partition: string | undefined,
): StsEndpoint {
  return stsEndpoint(network, regionFromEnvironment(system), partition, inherited);
}

function regionFromEnvironment({ env }: System): string | undefined {
  return env.get("AWS_REGION") || env.get("AWS_DEFAULT_REGION") || undefined;
}
