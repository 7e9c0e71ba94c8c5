import { listed } from "../../model/listed.ts";
import { nameKey } from "../../model/names.ts";
import type { Profile } from "../../model/profile.ts";
import { factsOf } from "../../sources/all_sources.ts";
import { sharedSignIn } from "../../session/sign_in/user_session.ts";
import { type OpenStore, profilesIn } from "../../session/stores.ts";
import type { Deed } from "../../session/use.ts";
import type { System } from "../../system/system.ts";

/** Profiles that share a sign-in with confirmed ones, and those. */
export interface Sharing {
  readonly sharers: readonly Profile[];
  readonly confirmed: readonly Profile[];
}

export function confirmedOf(profiles: readonly Profile[]): readonly Profile[] {
  return profiles.filter(({ confirm }) => confirm !== undefined);
}

export async function sharingOf(
  given: readonly Profile[],
  confirmed: readonly Profile[],
): Promise<Sharing> {
  const users = new Map<string, Profile[]>();
  for (const each of confirmed) {
    for (const signIn of await signInsOf(each)) {
      users.set(signIn, [...users.get(signIn) ?? [], each]);
    }
  }
  const sharers: Profile[] = [];
  const shared = new Set<Profile>();
  for (const each of given) {
    const others = (await signInsOf(each)).flatMap((signIn) => users.get(signIn) ?? [])
      .filter(({ name }) => nameKey(name) !== nameKey(each.name));
    if (others.length) sharers.push(each);
    others.forEach((other) => shared.add(other));
  }
  return { sharers, confirmed: confirmed.filter((each) => shared.has(each)) };
}

/** As `the sign-in of work`. */
export function signInWords({ confirmed }: Sharing): string {
  return `the sign-in${confirmed.length === 1 ? "" : "s"} of ${namesOf(confirmed)}`;
}

export function namesOf(profiles: readonly Pick<Profile, "name">[]): string {
  return listed(profiles.map(({ name }) => name));
}

/**
 * Asks a person before settings that are not stored use the browser's cookies of a confirmed profile.
 * Their other sign-ins are not shared, since they are not kept. Only a source that drives a browser
 * opens the store. With `reads`, the session is a read-only one: it does not ask, unless whoever typed
 * the settings could read the assertion, which is as good as the full session.
 *
 * @throws {Failure} `denied`, `needs-person`, `cancelled`, and what opening the store throws
 */
export async function guardUnnamed(
  system: System,
  settings: Profile,
  open: OpenStore,
  { deed, reads }: { readonly deed: Deed; readonly reads: boolean },
): Promise<void> {
  const { source, network } = settings;
  if (!factsOf(source).browser) return;
  const isPrivate = network.endpointUrl === undefined && network.caBundle === undefined;
  if (reads && isPrivate) return;
  const store = await open();
  const known = profilesIn(await store?.profiles() ?? []);
  // Without a name: a stored profile may have the same name as the kind of source.
  const sharing = await sharingOf([{ ...settings, name: "" }], confirmedOf(known));
  const { confirmed } = sharing;
  if (!confirmed.length) return;
  const { confirmChange } = await import("../../session/confirming.ts");
  const about = `a session with ${signInWords(sharing)}`;
  await confirmChange(system, { about, profiles: confirmed, deed });
}

/**
 * What profiles share once a person signed in to one of them: the proof that athm keeps, the session
 * made with a code of an MFA device, and the browser's cookies, which serve more addresses of the same
 * provider.
 */
async function signInsOf(profile: Profile): Promise<readonly string[]> {
  const { source, network } = profile;
  const { signIn, browser } = factsOf(source);
  const proof = await signIn?.(network);
  const mfa = await sharedSignIn(profile);
  return [
    ...mfa ? [`mfa ${mfa.name}`] : [],
    ...proof ? [`${proof.shelf} ${proof.name}`] : [],
    ...browser ? [`browser ${await browser()}`] : [],
  ];
}
