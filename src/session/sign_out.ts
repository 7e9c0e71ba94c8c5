import { Failure } from "../model/failure.ts";
import { nameKey } from "../model/names.ts";
import type { Profile } from "../model/profile.ts";
import { factsOf } from "../sources/all_sources.ts";
import type { SharedProof } from "../sources/source.ts";
import { profilesIn, type Store } from "../store/store.ts";
import type { System } from "../system/system.ts";
import { waitForTurn } from "./sign_in/proofs.ts";

export interface SignedOut {
  /** False if there was no sign-in. */
  readonly was: boolean;
  /** Why it could not be ended elsewhere. */
  readonly trouble?: Failure | undefined;
}

/**
 * Forgets a shared sign-in with the sessions that came from it.
 *
 * @param end ends it where it was made, once no other process refreshes it; if that fails, it is
 * forgotten all the same
 */
export async function signOut(
  system: System,
  store: Store,
  { shelf, name }: Pick<SharedProof, "shelf" | "name">,
  end: () => Promise<void> = () => Promise.resolve(),
): Promise<SignedOut> {
  const lock = await waitForTurn(system, await store.signInLock(name));
  try {
    const trouble = await end().then(() => undefined, (error) => {
      if (error instanceof Failure) return error;
      throw error;
    });
    const was = await store.shared[shelf].remove(name);
    for (const profile of await standingOn(profilesIn(await store.profiles()), name)) {
      await store.removeSession(profile.name);
    }
    return { was, trouble };
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
