// The store's folder:
//
//     store.json         where the key is (store_file.ts)
//     profiles/<id>      a sealed file per profile (sealing/sealed.ts, sealing/records.ts)
//     sessions/<id>      a sealed file per session
//     narrowed/<id>      a sealed file per profile with narrower sessions
//     policies/<id>      a sealed file per named policy
//     folders/<id>       a sealed file per allowed .athm file
//     clients/<id>       a sealed file per client of athm serve
//     confirmations/<id> a sealed file per answer before a use, for a day at most
//     taken/<id>         a sealed file per series of imported team files
//     assertions/<id>    a sealed file per SAML sign-in, for its five minutes
//     portals/<id>       a sealed file per sign-in at an access portal
//     registries/<id>    a sealed file per container registry, with its password
//     consoles/<id>      a sealed file per sign-in to the AWS console
//     index              what lists show of every profile (listing.ts)
//     signins/<id>.lock  held by the process that signs in; contains its process id
//     change.lock        held while profiles are changed
//     write.lock         held for the milliseconds of a write (files/writing.ts)
//     .tmp-<random>      an interrupted write; the next one removes it
//     .batch-<random>/   an interrupted write of many files (files/batch.ts)
//     <key>-<random>/    the folders of sealed files after a rekey or restore (succession.ts)
//     unlocked.json      until when a keychain holds the unlocked key (custody/unlock.ts)
//
// An <id> is a keyed hash of the name (sealing/keys.ts), so that file names reveal no profiles.
// Reading takes no lock, since files are replaced atomically; its cost does not depend on the number
// of profiles; a list reads the index. Locks are taken in the order sign-in, change, write.

import { assertionLife, longestConfirmation, type Session } from "../model/credentials.ts";
import { Failure } from "../model/failure.ts";
import type { Profile } from "../model/profile.ts";
import type {
  Confirmation,
  FolderAllowance,
  NamedPolicy,
  NarrowedSession,
  ProofRecords,
  ServeClient,
  TakenSerial,
} from "../model/proofs.ts";
import type { System } from "../system/system.ts";
import { storeHome } from "./files/home.ts";
import type { StoreKeys } from "./sealing/keys.ts";
import { sameProfile, type Sources } from "./sealing/records.ts";
import { type Shared, sharedOn } from "./files/shared.ts";
import { type SignInLock, signInLock } from "./files/signin_lock.ts";
import type { Damaged, Listed, Outlined, OutlineOf } from "./listing.ts";
import { type Current, dropIndex, following, type OpenedStore, openedWith } from "./opened.ts";
import { fetchKeys, readStoreFile, type StoreFile, storeFilePath } from "./store_file.ts";
import { write } from "./files/writing.ts";

export type { Damaged, Listed, Outlined } from "./listing.ts";

export function profilesIn(listed: readonly Listed[]): Profile[] {
  return listed.flatMap((each) => "profile" in each ? [each.profile] : []);
}

export interface Saving {
  readonly profile: Profile;
  /** Whether to replace a profile with the same name. */
  readonly replace: boolean;
}

/**
 * The encrypted profiles and sessions. Every operation throws `Failure` with code `files` if the
 * system refuses; reading also throws `store-open`, `store-newer` and `store-damaged` for files
 * that cannot be trusted. Names are case-insensitive. If the store is rekeyed or restored meanwhile,
 * every operation continues with the new key; `change` waits for it.
 */
export interface Store {
  readonly home: string;
  /** The same store; if it must be opened again, gets the key through `system`. */
  as(system: System): Store;
  /** Opens one file. */
  profile(name: string): Promise<Profile | undefined>;
  /** All profiles, sorted by name; damaged ones last. */
  profiles(): Promise<Listed[]>;
  /** The same without secrets, at little more than the cost of one file. */
  outlines(outlineOf: OutlineOf): Promise<(Outlined | Damaged)[]>;
  /** A replaced profile's session stays, if its fingerprint fits. @throws {Failure} `exists` */
  saveProfile(profile: Profile, options: { readonly replace: boolean }): Promise<void>;
  /**
   * Saves many profiles at little more than the cost of one, and returns why some were skipped:
   * `exists`, or too large. If interrupted, the first ones are saved and the others unchanged. Call it inside
   * `change`.
   */
  saveProfiles(saving: readonly Saving[]): Promise<ReadonlyMap<Profile, Failure>>;
  /** Removes a profile and its sessions, damaged or not; false if there was neither. */
  removeProfile(name: string): Promise<boolean>;
  removeAll(): Promise<void>;
  /**
   * Renames a profile with its sessions, and saves the profiles `also`, which refer to it by the new
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
  /** The kept narrower sessions of a profile, the newest first, whether or not they still fit it. */
  narrowed(name: string): Promise<readonly NarrowedSession[]>;
  /** Saves a narrower session as `saveSession` does. */
  saveNarrowed(name: string, made: NarrowedSession): Promise<void>;
  /** Session policies by name, which ignores case. */
  readonly policies: Shared<NamedPolicy>;
  /** Allowed `.athm` files, by a digest of the path. */
  readonly folders: Shared<FolderAllowance>;
  /** Clients of `athm serve` by the hash of their token. */
  readonly clients: Shared<ServeClient>;
  /** What people answered before a use. */
  readonly confirmations: Shared<Confirmation>;
  /** The highest serial numbers taken, by series. */
  readonly taken: Shared<TakenSerial>;
  readonly shared: { readonly [K in keyof ProofRecords]: Shared<ProofRecords[K]> };
  /** Removes the session and the narrower ones. */
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
  return file && opening(system, file, await fetchKeys(system, file), sources);
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
    return opening(system, file, keys, sources);
  }
  await undo();
  const first = await openStore(system, sources);
  if (first) return first;
  throw new Failure("files", `the store ${path} was removed while athm created it`);
}

function opening(system: System, file: StoreFile, keys: StoreKeys, sources: Sources): Store {
  return storeIn(system, sources, { opened: openedWith(system, file, keys, sources) });
}

function storeIn(system: System, sources: Sources, current: Current): Store {
  const { files } = system;
  const { home } = current.opened.file;
  const on = following(system, sources, current);

  return {
    home,
    as: (other) => storeIn(other, sources, current),
    policies: sharedOn((work) => on((all) => work(all.policies, all.change, all.stays)), {
      strict: true,
    }),
    folders: sharedOn((work) => on((all) => work(all.folders, all.change, all.stays)), {
      strict: false,
    }),
    clients: sharedOn((work) => on((all) => work(all.clients, all.change, all.stays)), {
      strict: true,
    }),
    confirmations: sharedOn((work) => on((all) => work(all.confirmations, all.change, all.stays)), {
      strict: false,
      // One from the future was made while the clock was ahead.
      lives: ({ at }) => at <= system.now() && system.now() < at + longestConfirmation,
    }),
    taken: sharedOn((work) => on((all) => work(all.taken, all.change, all.stays)), {
      strict: true,
    }),
    shared: {
      sessions: sharedOn((work) => on((all) => work(all.sessions, all.change, all.stays)), {
        strict: true,
      }),
      assertions: sharedOn((work) => on((all) => work(all.assertions, all.change, all.stays)), {
        strict: false,
        // Longer than AWS accepts one: it was made while the clock was ahead.
        lives: ({ expires }) => expires > system.now() && expires <= system.now() + assertionLife,
      }),
      portals: sharedOn((work) => on((all) => work(all.portals, all.change, all.stays)), {
        strict: false,
      }),
      consoles: sharedOn((work) => on((all) => work(all.consoles, all.change, all.stays)), {
        strict: false,
      }),
      registries: sharedOn((work) => on((all) => work(all.registries, all.change, all.stays)), {
        strict: false,
      }),
    },
    profile: (name) =>
      on(async ({ profiles, stays }) => {
        const profile = await profiles.find(name);
        if (!profile) stays();
        return profile;
      }),
    profiles: () => on(async (opened) => (await import("./listing.ts")).listProfiles(opened)),
    outlines: (outlineOf) =>
      on(async (opened) => (await import("./listing.ts")).listOutlines(system, opened, outlineOf)),
    saveProfile: (profile, { replace }) =>
      on(async ({ profiles, change }) => {
        const { folder, path, bytes } = await profiles.sealed(profile.name, profile);
        await change((writer) => {
          if (!replace && files.facts(path)) {
            throw takenBy(profile);
          }
          writer.replace(folder, path, bytes);
        });
      }),
    saveProfiles: (saving) =>
      on(async ({ profiles, change }) => {
        const { replaceAll } = await import("./files/batch.ts");
        const refused = new Map<Profile, Failure>();
        const sealed = await Promise.all(saving.map(async ({ profile, replace }) => {
          try {
            const record = await profiles.sealed(profile.name, profile);
            if (!replace && files.facts(record.path)) throw takenBy(profile);
            return record;
          } catch (error) {
            if (!(error instanceof Failure) || error.code === "files") throw error;
            refused.set(profile, error);
          }
        }));
        await replaceAll(system, home, sealed.filter((each) => each !== undefined), change);
        return refused;
      }),
    removeProfile: (name) =>
      on(async ({ profiles, sessions, narrowed, change }) => {
        const shelves = [narrowed, sessions, profiles];
        const paths = await Promise.all(shelves.map((shelf) => shelf.path(name)));
        // Sessions first: if interrupted, no credentials stay without their profile.
        return await change(({ remove }) => paths.map(remove).includes(true));
      }),
    removeAll: () =>
      on(async ({ portals, assertions, confirmations, clients, folders, registries, ...rest }) => {
        const { consoles, narrowed, sessions, policies, profiles, change } = rest;
        const proofs = [consoles, portals, assertions, confirmations, clients, folders, registries];
        const all = [...proofs, narrowed, sessions, policies, profiles];
        await change(({ remove }) => {
          dropIndex(system, home);
          for (const one of all) {
            one.ids().map(one.pathOf).forEach(remove);
          }
        });
      }),
    renameProfile: (name, next, also) => on((opened) => renameProfile(opened, name, next, also)),
    session: (name, fingerprint) =>
      on(async ({ sessions, stays }) => {
        const kept = await sessions.find(name);
        if (!kept) stays();
        return kept?.fingerprint === fingerprint ? kept.session : undefined;
      }),
    saveSession: (name, session, fingerprint) =>
      on(async ({ profiles, sessions, change }) => {
        const profile = await profiles.path(name);
        const { folder, path, bytes } = await sessions.sealed(name, { session, fingerprint });
        await change((writer) => {
          if (files.facts(profile)) writer.replace(folder, path, bytes);
        });
      }),
    narrowed: (name) =>
      on(async ({ narrowed, stays }) => {
        const record = await narrowed.find(name);
        if (!record) stays();
        return record?.kept ?? [];
      }),
    saveNarrowed: (name, made) =>
      on(async (opened) => {
        const { saveNarrowed } = await import("./narrowed.ts");
        await saveNarrowed(system, opened, name, made);
      }),
    removeSession: (name) =>
      on(async ({ sessions, narrowed, change }) => {
        const paths = await Promise.all([narrowed.path(name), sessions.path(name)]);
        return await change(({ remove }) => paths.map(remove).includes(true));
      }),
    async change(work) {
      const lock = await files.lock(files.join(home, "change.lock"));
      try {
        (await import("./files/batch.ts")).removeBatches(system, home);
        // The process that had the lock may have rekeyed the store.
        await on(({ stays }) => Promise.resolve(stays()));
        return await work();
      } finally {
        lock.release();
      }
    },
    signInLock: (id) =>
      on(async ({ sessions, keys }) => {
        // Check before the person signs in, not when saving the result.
        sessions.look();
        return await signInLock(system, home, keys, id);
      }),
  };
}

async function renameProfile(
  { profiles, sessions, narrowed, stays, change }: OpenedStore,
  name: string,
  next: string,
  also: readonly Profile[],
): Promise<void> {
  const old = await profiles.find(name);
  if (!old) {
    stays();
    throw new Failure("not-found", `profile ${JSON.stringify(name)} not found`);
  }
  const renamed = { ...old, name: next };
  const [from, oldSession, oldNarrowed, to] = await Promise.all([
    profiles.path(name),
    sessions.path(name),
    narrowed.path(name),
    profiles.path(next),
  ]);
  const there = from === to ? undefined : await profiles.find(next);
  // An interrupted rename leaves the same profile under both names: finish it.
  if (there && !sameProfile(there, renamed)) {
    throw taken(next, `run athm aws rm ${next} to remove it`);
  }
  // A damaged session is not worth an error: the next use makes another.
  const passDamage = (error: unknown) => {
    if (error instanceof Failure && error.code !== "files") return undefined;
    throw error;
  };
  const session = await sessions.find(name).catch(passDamage);
  const narrower = await narrowed.find(name).catch(passDamage);
  const fresh = await Promise.all([
    profiles.sealed(next, renamed),
    ...(session ? [sessions.sealed(next, session)] : []),
    ...(narrower ? [narrowed.sealed(next, narrower)] : []),
    ...also.map((profile) => profiles.sealed(profile.name, profile)),
  ]);
  await change((writer) => {
    for (const { folder, path, bytes } of fresh) writer.replace(folder, path, bytes);
    if (from === to) return;
    writer.remove(oldNarrowed);
    writer.remove(oldSession);
    writer.remove(from);
  });
}

function takenBy({ name }: Profile): Failure {
  return taken(name, `athm aws add ${name} --force replaces it`);
}

function taken(name: string, hint: string): Failure {
  return new Failure("exists", `profile ${JSON.stringify(name)} already exists`, hint);
}
