import { portalAccess } from "../../aws/sso_portal.ts";
import { Failure } from "../../model/failure.ts";
import { portalKey, type PortalTokens } from "../../model/portal.ts";
import { signOut } from "../../session/sign_out.ts";
import type { Store } from "../../session/stores.ts";
import type { System } from "../../system/system.ts";

/** What cannot be revoked. */
export const handedOut = "athm: note: credentials already handed out stay valid until they expire";

/**
 * Ends a sign-in at its portal and forgets it. If the portal could not be notified, returns why.
 *
 * @param pem additional certificates to trust
 */
export async function signOutOfPortal(
  system: System,
  store: Store,
  tokens: PortalTokens,
  pem: string | undefined,
): Promise<Failure[]> {
  const { portal } = tokens;
  const { startUrl, portalUrl } = portal;
  const name = portalKey(portal);
  const { trouble } = await signOut(system, store, { shelf: "portals", name }, async () => {
    // Another process may have refreshed the token meanwhile.
    const { accessToken } = await store.shared.portals.find(name) ?? tokens;
    using http = await system.http(portalUrl, pem);
    await portalAccess(system, http, portal).logout(accessToken);
  });
  await system.audit({ event: "sso-logout" });
  if (!trouble) {
    system.say(`athm: signed out of ${startUrl}`);
    return [];
  }
  return [
    new Failure(
      trouble.code,
      `athm forgot the sign-in at ${startUrl}, but could not notify the portal: ${trouble.message}`,
      [
        ...trouble.hint === undefined ? [] : [trouble.hint],
        "it expires by itself; an administrator can end it at once",
      ].join("; "),
    ),
  ];
}
