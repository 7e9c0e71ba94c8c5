import { defaultMinTtl, isFresh, type Session } from "../model/credentials.ts";
import type { Profile } from "../model/profile.ts";
import type { SignInLock } from "../store/signin_lock.ts";
import type { Store } from "../store/store.ts";
import type { HeldLock } from "../system/files.ts";
import type { System } from "../system/system.ts";
import { canonical, digest } from "./fingerprint.ts";

/** What identifies a sign-in that several profiles may share. */
export interface SignInId {
  /** What it is kept under; no profile can have such a name. */
  readonly name: string;
  readonly fingerprint: string;
}

/** Sign-ins at which a person does something, kept so that they are done once for all profiles. */
export interface SharedSignIns {
  /**
   * The kept one, if it is fresh and newer than `after`; else what `make` makes, kept. It is told the
   * one that was kept before.
   */
  get(
    id: SignInId,
    after: number,
    make: (earlier?: Session) => Promise<Session>,
  ): Promise<Session>;
}

/**
 * The sign-in that a profile shares with others: the same key with a code of the same MFA device.
 * Where a profile insists on an endpoint, it is shared by those that insist on the same; a region
 * alone is no reason to ask a person twice, since user sessions are good in all of them. Nothing, when
 * it shares none.
 */
export async function sharedSignIn(
  { source, role: { mfaSerial }, network }: Profile,
): Promise<SignInId | undefined> {
  if (source.kind !== "keys" || source.sessionToken || mfaSerial === undefined) return undefined;
  const { accessKeyId, secretAccessKey } = source;
  const { endpointUrl, fips, dualstack } = network;
  const place = canonical({ endpointUrl, fips, dualstack });
  return {
    name: `${accessKeyId} with ${mfaSerial} at ${place}`,
    fingerprint: await digest([accessKeyId, secretAccessKey, mfaSerial, place]),
  };
}

/** Kept in the store; when many processes need one, one of them makes it. */
export function storedSignIns(system: System, store: Store): SharedSignIns {
  return {
    async get({ name, fingerprint }, after, make) {
      let earlier: Session | undefined;
      const look = async () => {
        const kept = earlier = await store.session(name, fingerprint);
        const good = kept && isFresh(kept, system.now(), defaultMinTtl) && kept.issued > after;
        return good ? kept : undefined;
      };
      const kept = await look();
      if (kept) return kept;
      const lock = await waitForTurn(system, await store.signInLock(name));
      try {
        const second = await look();
        if (second) return second;
        const made = await make(earlier);
        await store.saveSignIn(name, made, fingerprint);
        return made;
      } finally {
        lock.release();
      }
    },
  };
}

/** Removes the sign-ins that only these profiles shared, which the store has no more, or not as these. */
export async function removeUnshared(store: Store, gone: readonly Profile[]): Promise<void> {
  const namesOf = async (profiles: readonly Profile[]) => {
    const ids = await Promise.all(profiles.map(sharedSignIn));
    return new Set(ids.flatMap((id) => id ? [id.name] : []));
  };
  const left = await namesOf(gone);
  if (left.size === 0) return;
  const listed = await store.profiles();
  const needed = await namesOf(listed.flatMap((each) => "profile" in each ? [each.profile] : []));
  for (const name of left.difference(needed)) await store.removeSession(name);
}

/** Not kept yet, because there is no store; `save` keeps them when there is one. */
export function pendingSignIns(): SharedSignIns & { save(store: Store): Promise<void> } {
  const made: { id: SignInId; session: Session }[] = [];
  return {
    async get(id, _after, make) {
      const session = await make();
      made.push({ id, session });
      return session;
    },
    async save(store) {
      for (const { id, session } of made) {
        await store.saveSignIn(id.name, session, id.fingerprint);
      }
    },
  };
}

/** Milliseconds after which a process that waits for another's sign-in says so. */
const silentWait = 1000;

/** The lock of a sign-in; says so when that takes a while. */
export async function waitForTurn(system: System, turn: SignInLock): Promise<HeldLock> {
  const free = turn.tryLock();
  if (free) return free;
  const arrived = new AbortController();
  const notice = system.sleep(silentWait, arrived.signal).then(() => {
    const holder = turn.holder();
    system.say(`athm: waiting for athm${holder ? ` (pid ${holder})` : ""} to sign in`);
  }, () => {});
  try {
    return await system.busy("waiting for another athm to sign in", () => turn.lock());
  } finally {
    arrived.abort();
    await notice;
  }
}
