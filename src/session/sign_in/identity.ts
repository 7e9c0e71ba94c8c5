import { type CallerIdentity, connectSts } from "../../aws/sts.ts";
import { notTyped } from "../../model/failure.ts";
import type { Session } from "../../model/credentials.ts";
import type { Profile } from "../../model/profile.ts";
import type { System } from "../../system/system.ts";
import { endpointOf } from "./network.ts";
import { trustedPem } from "../../system/trusted_pem.ts";

export async function callerIdentity(
  system: System,
  profile: Profile,
  session: Session,
): Promise<CallerIdentity> {
  try {
    const endpoint = endpointOf(system, profile);
    using http = await system.http(endpoint.url, trustedPem(system, profile));
    return await connectSts(system, http, endpoint).getCallerIdentity(session);
  } catch (error) {
    throw notTyped(error); // the session came from what was typed
  }
}
