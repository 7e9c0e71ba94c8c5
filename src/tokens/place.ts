import type { Session } from "../model/credentials.ts";
import { type StsEndpoint, stsEndpoint } from "../model/endpoint.ts";
import { defined } from "../model/fields.ts";
import { findRegionPartition, regionPartition } from "../model/partitions.ts";
import type { ResolvedProfile } from "../model/profile.ts";
import { endpointOf } from "../session/sign_in/network.ts";
import type { System } from "../system/system.ts";

/** The session that tokens are made from. */
export interface OwnSession {
  readonly profile: ResolvedProfile;
  readonly session: Session;
}

/** The region to make a token for: the given one, else the one of the profile's own calls. */
export function regionOf(system: System, profile: ResolvedProfile, given?: string): string {
  if (given !== undefined) {
    regionPartition(given);
    return given;
  }
  return endpointOf(system, profile).signingRegion;
}

/** Now, on AWS's clock as the session's issuer showed it. */
export function awsNow(system: Pick<System, "now">, { skew = 0 }: Session): number {
  return system.now() + skew;
}

/**
 * STS as AWS's own services reach it: EKS calls the address in a token itself and accepts only
 * public names, so a profile's VPC endpoint decides nothing but FIPS and dual-stack.
 */
export function publicSts(profile: ResolvedProfile, region: string): StsEndpoint {
  const { endpointUrl = "https://none", fips, dualstack } = profile.network;
  const { hostname } = new URL(endpointUrl);
  const { dualstackSuffix } = regionPartition(region);
  return stsEndpoint(
    defined({
      region,
      fips: fips || /(^|\.)sts-fips\./.test(hostname) || undefined,
      dualstack: dualstack || hostname.endsWith(`.${dualstackSuffix}`) || undefined,
    }),
    undefined,
  );
}

/** The region in a host name: a label next to `service`, as `eu-west-1` in `x.eu-west-1.rds.…`. */
export function regionBeside(service: string, host: string): string | undefined {
  const labels = host.toLowerCase().split(".");
  const at = labels.indexOf(service);
  if (at < 0) return undefined;
  return [labels[at - 1], labels[at + 1]].find((label = "") =>
    findRegionPartition(label) !== undefined
  );
}
