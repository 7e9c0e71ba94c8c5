import { portalAccess } from "../aws/sso_portal.ts";
import { Failure } from "../model/failure.ts";
import { nameKey } from "../model/names.ts";
import { portalOf, type PortalTokens } from "../model/portal.ts";
import type { Profile } from "../model/profile.ts";
import { portalKey } from "../store/portals.ts";
import type { Listed, Store } from "../store/store.ts";
import type { Http } from "../system/http.ts";
import type { System } from "../system/system.ts";
import { waitForTurn } from "./shared_sign_in.ts";

/**
 * Ends a sign-in at its portal and forgets it, with the sessions that came from it. It is forgotten
 * also where the portal could not be told.
 *
 * @param connect a client for the portal
 * @returns why the portal could not be told, or nothing
 */
export async function logOut(
  system: System,
  store: Store,
  tokens: PortalTokens,
  connect: (url: string) => Promise<Http>,
): Promise<Failure | undefined> {
  const { portal } = tokens;
  const lock = await waitForTurn(system, await store.signInLock(portalKey(portal)));
  try {
    // What another process refreshed meanwhile is what counts.
    const { accessToken } = await store.portal(portal) ?? tokens;
    const tell = async () => {
      using http = await connect(portal.portalUrl);
      await portalAccess(system, http, portal).logout(accessToken);
    };
    const trouble = await tell().then(() => undefined, (error) => {
      if (error instanceof Failure) return error;
      throw error;
    });
    await store.removePortal(portal);
    for (const { name } of standingOn(await store.profiles(), tokens)) {
      await store.removeSession(name);
    }
    return trouble;
  } finally {
    lock.release();
  }
}

/** The profiles whose credentials come from a sign-in, near or far. */
function standingOn(listed: readonly Listed[], { portal }: PortalTokens): Profile[] {
  const all = listed.flatMap((each) => "profile" in each ? [each.profile] : []);
  const found = all.filter(({ source, network }) =>
    source.kind === "identity-center" &&
    portalKey(portalOf(source, network)) === portalKey(portal)
  );
  const names = new Set(found.map(({ name }) => nameKey(name)));
  for (let before = -1; before !== found.length;) {
    before = found.length;
    for (const each of all) {
      if (each.source.kind !== "profile" || names.has(nameKey(each.name))) continue;
      if (!names.has(nameKey(each.source.from))) continue;
      names.add(nameKey(each.name));
      found.push(each);
    }
  }
  return found;
}
