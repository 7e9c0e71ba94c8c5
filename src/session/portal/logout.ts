import { portalAccess } from "../../aws/sso_portal.ts";
import { Failure } from "../../model/failure.ts";
import { nameKey } from "../../model/names.ts";
import { portalKey, type PortalTokens } from "../../model/portal.ts";
import type { Profile } from "../../model/profile.ts";
import { factsOf } from "../../sources/all_sources.ts";
import { profilesIn, type Store } from "../../store/store.ts";
import type { Http } from "../../system/http.ts";
import type { System } from "../../system/system.ts";
import { waitForTurn } from "../sign_in/proofs.ts";

/**
 * Also forgets the sessions that came from it, even if the portal cannot be reached.
 * @returns why the portal could not be told, or nothing
 */
export async function logOut(
  system: System,
  store: Store,
  tokens: PortalTokens,
  connect: (url: string) => Promise<Http>,
): Promise<Failure | undefined> {
  const { portal } = tokens;
  const key = portalKey(portal);
  const lock = await waitForTurn(system, await store.signInLock(key));
  try {
    // Another process may have refreshed the token meanwhile.
    const { accessToken } = await store.shared.portals.find(key) ?? tokens;
    const tell = async () => {
      using http = await connect(portal.portalUrl);
      await portalAccess(system, http, portal).logout(accessToken);
    };
    const trouble = await tell().then(() => undefined, (error) => {
      if (error instanceof Failure) return error;
      throw error;
    });
    await store.shared.portals.remove(key);
    for (const { name } of await standingOn(profilesIn(await store.profiles()), key)) {
      await store.removeSession(name);
    }
    return trouble;
  } finally {
    lock.release();
  }
}

/** The profiles that use the sign-in `key`, directly or through base profiles. */
async function standingOn(all: readonly Profile[], key: string): Promise<Profile[]> {
  const keys = await Promise.all(
    all.map(async ({ source, network }) => (await factsOf(source).signIn?.(network))?.name),
  );
  const found = all.filter((_, index) => keys[index] === key);
  const names = new Set(found.map(({ name }) => nameKey(name)));
  for (let before = -1; before !== found.length;) {
    before = found.length;
    for (const each of all) {
      const { base } = factsOf(each.source);
      if (base === undefined || names.has(nameKey(each.name))) continue;
      if (!names.has(nameKey(base))) continue;
      names.add(nameKey(each.name));
      found.push(each);
    }
  }
  return found;
}
