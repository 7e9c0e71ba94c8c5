import { type Portal, portalOf } from "../model/portal.ts";
import type { Profile, SamlSource } from "../model/profile.ts";
import { browserFolder, browserProfileName, samlSignInName } from "../sources/saml_name.ts";
import { portalKey } from "../store/portals.ts";
import type { Store } from "../store/store.ts";
import { removeFolder } from "../system/folder.ts";
import type { System } from "../system/system.ts";
import { sharedSignIn } from "./shared_sign_in.ts";

/** Removes the sign-ins that only these profiles shared, which the store has no more, or not as these. */
export async function removeUnshared(
  system: System,
  store: Store,
  gone: readonly Profile[],
): Promise<void> {
  const listed = await store.profiles();
  const needed = listed.flatMap((each) => "profile" in each ? [each.profile] : []);
  const only = async (idOf: (profile: Profile) => Promise<string | undefined>) => {
    const ids = async (some: readonly Profile[]) => new Set(await Promise.all(some.map(idOf)));
    return [...(await ids(gone)).difference(await ids(needed))].filter((id) => id !== undefined);
  };
  for (const name of await only(async (each) => (await sharedSignIn(each))?.name)) {
    await store.removeSession(name);
  }
  const samlOf = ({ source }: Profile) => source.kind === "saml" ? source : undefined;
  for (const name of await only((each) => Promise.resolve(nameOf(samlOf(each))))) {
    await store.removeAssertion(name);
  }
  const portals = new Map(gone.flatMap(portalsOf).map((each) => [portalKey(each), each]));
  const keyOf = (each: Profile) => portalsOf(each).map(portalKey)[0];
  for (const key of await only((each) => Promise.resolve(keyOf(each)))) {
    const portal = portals.get(key);
    if (portal && await store.removePortal(portal)) {
      system.say(`athm: forgot the sign-in at ${portal.startUrl}, which no other profile uses`);
    }
  }
  for (const name of await only((each) => browserProfileOf(samlOf(each)))) {
    removeFolder(system.files, browserFolder(system, store.home, name));
  }
}

/** The access portal that a profile signs in to, if it does. */
function portalsOf({ source, network }: Profile): Portal[] {
  return source.kind === "identity-center" ? [portalOf(source, network)] : [];
}

function nameOf(source: SamlSource | undefined): string | undefined {
  return source && samlSignInName(source);
}

/** The browser's own profile, in which the provider's cookies are. */
async function browserProfileOf(source: SamlSource | undefined): Promise<string | undefined> {
  return source?.via === "browser" ? await browserProfileName(source) : undefined;
}
