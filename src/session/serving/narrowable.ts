import type { Narrowing } from "../../model/credentials.ts";
import { aboutProfile } from "../../model/failure.ts";
import { checkNarrowing } from "../../model/session_policy.ts";
import { factsOf } from "../../sources/all_sources.ts";
import type { System } from "../../system/system.ts";
import { profileNamed } from "../keep.ts";
import { resolved } from "../sign_in/fingerprint.ts";
import { isOfBase, narrowed } from "../sign_in/narrowing.ts";
import type { Store } from "../stores.ts";

/**
 * The profiles with these names, which can all be narrowed to this: what no client could get later
 * is an error now.
 *
 * @throws {Failure} `not-found`; `usage` for a wrong policy; `source` if AWS cannot narrow a session
 */
export async function narrowableProfiles(
  system: System,
  store: Store,
  names: readonly string[],
  narrowing: Narrowing | undefined,
): Promise<readonly string[]> {
  if (narrowing) checkNarrowing(narrowing);
  const found = new Set<string>();
  for (const each of names) {
    const { name } = await profileNamed(store, each);
    if (narrowing) await refuseUnnarrowable(system, store, name, narrowing);
    found.add(name);
  }
  return [...found];
}

async function refuseUnnarrowable(
  system: System,
  store: Store,
  name: string,
  narrowing: Narrowing,
): Promise<void> {
  const { profile } = await resolved(system, store, await profileNamed(store, name));
  const { base } = factsOf(profile.source);
  if (isOfBase(profile) && base !== undefined) {
    return await refuseUnnarrowable(system, store, base, narrowing);
  }
  try {
    narrowed(system, profile, narrowing);
  } catch (error) {
    throw aboutProfile(error, { name, isSaved: true });
  }
}
