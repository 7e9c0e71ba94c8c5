// The store's folder:
//
//     store.json         where the key is (store_file.ts)
//     profiles/<id>      a sealed file per profile (sealing/sealed.ts, sealing/records.ts)
//     sessions/<id>      a sealed file per session
//     assertions/<id>    a sealed file per SAML sign-in, for its five minutes
//     portals/<id>       a sealed file per sign-in at an access portal
//     signins/<id>.lock  held by the process that signs in; contains its process id
//     change.lock        held while profiles are changed
//     write.lock         held for the milliseconds of a write (files/writing.ts)
//     .tmp-<random>      an interrupted write; the next one removes it
//     <key>-<random>/    the folders of sealed files after a rekey or restore (succession.ts)
//     unlocked.json      until when a keychain holds the unlocked key (custody/unlock.ts)
//
// An <id> is a keyed hash of the name (sealing/keys.ts), so that file names reveal no profiles.
// Reading takes no lock, since files are replaced atomically; its cost does not depend on the number
// of profiles. Locks are taken in the order sign-in, change, write.

import type { Session } from "../model/credentials.ts";
import { Failure } from "../model/failure.ts";
import { nameKey } from "../model/names.ts";
import type { Profile } from "../model/profile.ts";
import type { ProofRecords } from "../model/proofs.ts";
import type { System } from "../system/system.ts";
import { storeHome } from "./files/home.ts";
import type { StoreKeys } from "./sealing/keys.ts";
import { sameProfile, type Sources } from "./sealing/records.ts";
import { type Shared, sharedOn } from "./files/shared.ts";
import { type Shelves, shelves } from "./files/shelf.ts";
import { type SignInLock, signInLock } from "./files/signin_lock.ts";
import {
  fetchKeys,
  readStoreFile,
  refuseMoved,
  rootOf,
  type StoreFile,
  storeFilePath,
} from "./store_file.ts";
import { write, type Writer } from "./files/writing.ts";

/** A profile, or why its file does not open. */
export type Listed =
  | { readonly profile: Profile }
  | { readonly damaged: Failure; readonly file: string };

export function profilesIn(listed: readonly Listed[]): Profile[] {
  return listed.flatMap((each) => "profile" in each ? [each.profile] : []);
}

/**
 * The encrypted profiles and sessions. Every operation throws `Failure` with code `files` if the
 * system refuses; reading also throws `store-open`, `store-newer` and `store-damaged` for files
 * that cannot be trusted. Names are case-insensitive.
 */
export interface Store {
  readonly home: string;
  /** Opens one file. */
  profile(name: string): Promise<Profile | undefined>;
  /** All profiles, sorted by name; damaged ones last. */
  profiles(): Promise<Listed[]>;
  /** A replaced profile's session stays, if its fingerprint fits. @throws {Failure} `exists` */
  saveProfile(profile: Profile, options: { readonly replace: boolean }): Promise<void>;
  /** Removes a profile and its session, damaged or not; false if there was neither. */
  removeProfile(name: string): Promise<boolean>;
  removeAll(): Promise<void>;
  /**
   * Renames a profile with its session, and saves the profiles `also`, which refer to it by the new
   * name. The old name is removed last: if interrupted, every profile and its base still exist, and
   * the same call finishes the work.
   *
   * @throws {Failure} `not-found`; `exists` if the new name is another profile's.
   */
  renameProfile(name: string, next: string, also: readonly Profile[]): Promise<void>;
  /** The kept session, or nothing if there is none or the settings changed. */
  session(name: string, fingerprint: string): Promise<Session | undefined>;
  /** Saves a session, unless the profile was removed or renamed meanwhile. */
  saveSession(name: string, session: Session, fingerprint: string): Promise<void>;
  readonly shared: { readonly [K in keyof ProofRecords]: Shared<ProofRecords[K]> };
  removeSession(name: string): Promise<boolean>;
  /** Excludes other processes, for reading profiles and then changing them. Must not be nested. */
  change<T>(work: () => Promise<T>): Promise<T>;
  signInLock(id: string): Promise<SignInLock>;
}

/**
 * The store, or nothing if there is none yet.
 *
 * @throws {Failure} `usage` for a relative `ATHM_HOME`; `store-open`, `store-newer`,
 * `store-damaged`; `store-key`, `needs-person` or `cancelled` if the key is unavailable.
 */
export async function openStore(system: System, sources: Sources): Promise<Store | undefined> {
  const home = storeHome(system);
  const file = readStoreFile(system, home);
  return file && storeIn(system, file, await fetchKeys(system, file), sources);
}

/** Creates it if necessary. If two processes create it at once, both get the first one's. */
export async function openOrCreateStore(system: System, sources: Sources): Promise<Store> {
  const there = await openStore(system, sources);
  if (there) return there;
  const home = storeHome(system);
  const path = storeFilePath(system, home);
  // Prompt before taking the lock, so that no process waits for typing.
  const { beginStoreFile } = await import("./first_use.ts");
  const { keys, bytes, notice, undo } = await beginStoreFile(system, { home, path });
  system.files.makeFolder(home, 0o700);
  const made = await write(system, home, (writer) => {
    if (readStoreFile(system, home)) return false;
    writer.replace(home, path, bytes);
    return true;
  });
  const file = made && readStoreFile(system, home);
  if (file) {
    if (notice !== undefined) system.say(notice);
    return storeIn(system, file, keys, sources);
  }
  await undo();
  const first = await openStore(system, sources);
  if (first) return first;
  throw new Failure("files", `the store ${path} was removed while athm created it`);
}

function storeIn(system: System, file: StoreFile, keys: StoreKeys, sources: Sources): Store {
  const { files } = system;
  const { home } = file;
  const root = rootOf(system, home, file.folder);
  const { profiles, sessions, assertions, portals } = shelves(system, home, root, keys, sources);

  /** A store opened before it was rekeyed must not write to the old folder. */
  const change = <T>(work: (writer: Writer) => T) =>
    write(system, home, (writer) => {
      refuseMoved(system, file);
      for (const one of [profiles, sessions, assertions, portals]) one.look();
      return work(writer);
    });

  return {
    home,
    shared: {
      sessions: sharedOn(sessions, change, { strict: true }),
      assertions: sharedOn(assertions, change, {
        strict: false,
        // AWS accepts an assertion for five minutes.
        lives: ({ expires }) => expires > system.now(),
      }),
      portals: sharedOn(portals, change, { strict: false }),
    },
    async profile(name) {
      const profile = await profiles.find(name);
      // The files may have moved meanwhile.
      if (!profile) refuseMoved(system, file);
      return profile;
    },
    async profiles() {
      const listed: Listed[] = [];
      for (const id of profiles.ids()) {
        try {
          const profile = await profiles.open(id);
          if (profile) listed.push({ profile });
        } catch (error) {
          // An I/O error does not mean damage: callers that change profiles need a complete list.
          if (!(error instanceof Failure) || error.code === "files") throw error;
          listed.push({ damaged: error, file: profiles.pathOf(id) });
        }
      }
      return listed.sort(byName);
    },
    async saveProfile(profile, { replace }) {
      const { folder, path, bytes } = await profiles.sealed(profile.name, profile);
      await change((writer) => {
        if (!replace && files.facts(path)) {
          throw taken(profile.name, `athm aws add ${profile.name} --force replaces it`);
        }
        writer.replace(folder, path, bytes);
      });
    },
    async removeProfile(name) {
      const paths = await Promise.all([sessions.path(name), profiles.path(name)]);
      // The session first: if interrupted, no credentials stay without their profile.
      return await change(({ remove }) => paths.map(remove).includes(true));
    },
    async removeAll() {
      await change(({ remove }) => {
        for (const one of [portals, assertions, sessions, profiles]) {
          one.ids().map(one.pathOf).forEach(remove);
        }
      });
    },
    renameProfile: (name, next, also) =>
      renameProfile({ profiles, sessions }, change, name, next, also),
    async session(name, fingerprint) {
      const kept = await sessions.find(name);
      return kept?.fingerprint === fingerprint ? kept.session : undefined;
    },
    async saveSession(name, session, fingerprint) {
      const profile = await profiles.path(name);
      const { folder, path, bytes } = await sessions.sealed(name, { session, fingerprint });
      await change((writer) => {
        if (files.facts(profile)) writer.replace(folder, path, bytes);
      });
    },
    async removeSession(name) {
      const path = await sessions.path(name);
      return await change((writer) => writer.remove(path));
    },
    async change(work) {
      const lock = await files.lock(files.join(home, "change.lock"));
      try {
        return await work();
      } finally {
        lock.release();
      }
    },
    async signInLock(id) {
      // Check before the person signs in, not when saving the result.
      sessions.look();
      return await signInLock(system, home, keys, id);
    },
  };
}

async function renameProfile(
  { profiles, sessions }: Pick<Shelves, "profiles" | "sessions">,
  change: (work: (writer: Writer) => void) => Promise<void>,
  name: string,
  next: string,
  also: readonly Profile[],
): Promise<void> {
  const old = await profiles.find(name);
  if (!old) throw new Failure("not-found", `profile ${JSON.stringify(name)} not found`);
  const renamed = { ...old, name: next };
  const [from, oldSession, to] = await Promise.all([
    profiles.path(name),
    sessions.path(name),
    profiles.path(next),
  ]);
  const there = from === to ? undefined : await profiles.find(next);
  // An interrupted rename leaves the same profile under both names: finish it.
  if (there && !sameProfile(there, renamed)) {
    throw taken(next, `run athm aws rm ${next} to remove it`);
  }
  // A damaged session is not worth an error: the next use makes another.
  const session = await sessions.find(name).catch((error) => {
    if (error instanceof Failure && error.code !== "files") return undefined;
    throw error;
  });
  const fresh = await Promise.all([
    profiles.sealed(next, renamed),
    ...(session ? [sessions.sealed(next, session)] : []),
    ...also.map((profile) => profiles.sealed(profile.name, profile)),
  ]);
  await change((writer) => {
    for (const { folder, path, bytes } of fresh) writer.replace(folder, path, bytes);
    if (from === to) return;
    writer.remove(oldSession);
    writer.remove(from);
  });
}

function taken(name: string, hint: string): Failure {
  return new Failure("exists", `profile ${JSON.stringify(name)} already exists`, hint);
}

function byName(a: Listed, b: Listed): number {
  const [first, second] = [sortKey(a), sortKey(b)];
  return first < second ? -1 : first > second ? 1 : 0;
}

/** `~` sorts after every character of a name. */
function sortKey(one: Listed): string {
  return "profile" in one ? nameKey(one.profile.name) : `~${one.file}`;
}
