import { portalAccess, tokenRefused } from "../aws/sso_portal.ts";
import { Failure } from "../model/failure.ts";
import type { IdentityCenterSource } from "../model/profile.ts";
import type { Obtained, SourceContext } from "./source.ts";

/**
 * The role's credentials, from the portal. A token that the portal does not take any more, since it was
 * revoked, is replaced once.
 *
 * @throws {Failure} what the sign-in or the portal refuses
 */
export async function obtainRole(
  source: IdentityCenterSource,
  { system, http: connect, portalToken }: SourceContext,
): Promise<Obtained> {
  const { portal, token, again } = await portalToken(source);
  using http = await connect(portal.portalUrl);
  const access = portalAccess(system, http, portal);
  const ask = (bearer: typeof token) =>
    access.roleCredentials(bearer, source.accountId, source.roleName);
  let issued = await ask(token);
  if (issued === tokenRefused) issued = await ask(await again(token));
  if (issued === tokenRefused) {
    throw new Failure(
      "aws",
      `the access portal ${portal.startUrl} does not take the token that it has just given`,
      `forget the sign-in and try again: athm aws sso logout ${portal.startUrl}`,
    );
  }
  // The role's own session: what is assumed from it is chained.
  return { credentials: issued.session, issued, chained: true };
}
