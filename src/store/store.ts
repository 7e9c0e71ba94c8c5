// The store's folder:
//
//     store.json         where the key is (store_file.ts)
//     profiles/<id>      one sealed file a profile (sealing/sealed.ts, sealing/records.ts)
//     sessions/<id>      one sealed file a session
//     assertions/<id>    one sealed file a SAML sign-in, for its five minutes
//     portals/<id>       one sealed file a sign-in at an access portal
//     signins/<id>.lock  held by the process that signs in; says its number
//     change.lock        held while profiles are changed
//     write.lock         held for the milliseconds of a write (files/writing.ts)
//     .tmp-<random>      a write that was cut off; the next one removes it
//     <key>-<random>/    the folders of sealed files once all was sealed anew (succession.ts)
//     unlocked.json      tells until when a keychain holds the key unlocked (custody/unlock.ts)
//
// An <id> is a keyed hash of the name (sealing/keys.ts), so that the folder does not tell the names. Reading
// takes no lock, since a file is replaced as a whole; it costs the same however many profiles there
// are. Locks are taken in the order sign-in, change, write.

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

/** A profile of the list, or why its file does not open. */
export type Listed =
  | { readonly profile: Profile }
  | { readonly damaged: Failure; readonly file: string };

/**
 * The encrypted profiles and sessions. Besides what is said at each, every operation throws
 * `Failure` with code `files` when the system refuses, and the reading ones `store-open`,
 * `store-newer` and `store-damaged` when a file is not to be trusted. Names are compared without case.
 */
export interface Store {
  /** The folder, for messages. */
  readonly home: string;
  /** The profile of that name; opens one file. */
  profile(name: string): Promise<Profile | undefined>;
  /** All profiles, sorted by name; those that do not open stand last. */
  profiles(): Promise<Listed[]>;
  /**
   * Keeps a profile under its name. It does not touch the session of a profile that it replaces: the
   * fingerprint tells whether that is still the right one.
   *
   * @throws {Failure} `exists` when the name is taken, by a damaged file too, and not `replace`.
   */
  saveProfile(profile: Profile, options: { readonly replace: boolean }): Promise<void>;
  /** Removes a profile and its session, damaged ones too; false when there was neither. */
  removeProfile(name: string): Promise<boolean>;
  /** Removes every profile and session, damaged ones too. */
  removeAll(): Promise<void>;
  /**
   * Gives a profile another name, takes its session along, and saves the profiles `also`, which stand
   * on it and name it anew. The old name goes last: cut off at any point, every profile is still there
   * and stands on one that is there, and the same call again finishes the work.
   *
   * @throws {Failure} `not-found`; `exists` when the new name is another profile's.
   */
  renameProfile(name: string, next: string, also: readonly Profile[]): Promise<void>;
  /** The kept session, or nothing when there is none or it was made with other settings. */
  session(name: string, fingerprint: string): Promise<Session | undefined>;
  /** Keeps a profile's session; not when the profile is gone, removed or renamed meanwhile. */
  saveSession(name: string, session: Session, fingerprint: string): Promise<void>;
  /** Sign-ins that profiles share. */
  readonly shared: { readonly [K in keyof ProofRecords]: Shared<ProofRecords[K]> };
  /** False when there was none. */
  removeSession(name: string): Promise<boolean>;
  /**
   * Does `work` while no other process is in `change`: for whoever looks at profiles and changes them
   * by what was seen. Not to be nested: the inner one would wait for ever.
   */
  change<T>(work: () => Promise<T>): Promise<T>;
  /** The lock of one sign-in, whatever `id` names it. */
  signInLock(id: string): Promise<SignInLock>;
}

/**
 * The store, or nothing when there is none yet.
 *
 * @throws {Failure} `usage` for a relative `ATHM_HOME`; `store-open`, `store-newer`, `store-damaged`;
 * `store-key`, `needs-person` or `cancelled` when the key is not to be had.
 */
export async function openStore(system: System, sources: Sources): Promise<Store | undefined> {
  const home = storeHome(system);
  const file = readStoreFile(system, home);
  return file && storeIn(system, file, await fetchKeys(system, file), sources);
}

/**
 * The store, made where there is none; then the person may be asked for a new passphrase. When two
 * processes do this at once, both get the store of the one that was first.
 */
export async function openOrCreateStore(system: System, sources: Sources): Promise<Store> {
  const there = await openStore(system, sources);
  if (there) return there;
  const home = storeHome(system);
  const path = storeFilePath(system, home);
  // Asked before the lock, so that nobody waits for somebody's typing.
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

/** The store that `file` was read from. */
function storeIn(system: System, file: StoreFile, keys: StoreKeys, sources: Sources): Store {
  const { files } = system;
  const { home } = file;
  const root = rootOf(system, home, file.folder);
  const { profiles, sessions, assertions, portals } = shelves(system, home, root, keys, sources);

  /** Whoever opened the store before it was made anew must not write where nobody reads any more. */
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
        // AWS takes one for five minutes.
        lives: ({ expires }) => expires > system.now(),
      }),
      portals: sharedOn(portals, change, { strict: false }),
    },
    async profile(name) {
      const profile = await profiles.find(name);
      // That it is not here says nothing if the files have moved meanwhile.
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
          // What the disk did not give may be good: who changes profiles by this list must know all.
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
      // The session first: cut off in between, no credentials are left without their profile.
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
      // Before a person signs in, not when what came of it is to be kept.
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
  // The same profile under both names is what a rename that was cut off leaves: it is finished.
  if (there && !sameProfile(there, renamed)) {
    throw taken(next, `run athm aws rm ${next} to remove it`);
  }
  // A session that does not open is not worth an error: the next use makes another one.
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

/** `~` sorts after all that a name can hold. */
function sortKey(one: Listed): string {
  return "profile" in one ? nameKey(one.profile.name) : `~${one.file}`;
}
