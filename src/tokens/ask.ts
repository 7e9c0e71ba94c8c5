import { callSigned, type SignedCall } from "../aws/signed_call.ts";
import type { StsEndpoint } from "../model/endpoint.ts";
import { notTyped } from "../model/failure.ts";
import type { ResolvedProfile } from "../model/profile.ts";
import { endpointVariable, serviceEndpoint, type TokenService } from "../model/service_endpoint.ts";
import type { System } from "../system/system.ts";
import { trustedPem } from "../system/trusted_pem.ts";
import type { OwnSession } from "./place.ts";

/** Where a service is for this profile; its variable overrides it, as in AWS's SDKs. */
export function endpointFor(
  { env }: Pick<System, "env">,
  service: TokenService,
  region: string,
  { network }: ResolvedProfile,
): StsEndpoint {
  const isIgnored = env.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")?.toLowerCase() === "true";
  const url = isIgnored ? undefined : env.get(endpointVariable(service));
  try {
    return serviceEndpoint(service, region, network, url || undefined);
  } catch (error) {
    throw url ? notTyped(error) : error;
  }
}

/** Calls a service with the session. @throws {Failure} */
export async function ask(
  system: System,
  { profile, session }: OwnSession,
  endpoint: StsEndpoint,
  call: SignedCall,
): Promise<Readonly<Record<string, unknown>>> {
  using http = await system.http(endpoint.url, trustedPem(system, profile));
  const clock = { skew: session.skew ?? 0 };
  const connection = { system, http, endpoint, credentials: session, clock };
  return await callSigned(connection, call).catch((error) => {
    throw notTyped(error);
  });
}
