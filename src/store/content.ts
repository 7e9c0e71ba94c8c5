import type { ConsoleSignIn } from "../model/console_sign_in.ts";
import { Failure, isDamage } from "../model/failure.ts";
import type { PortalTokens } from "../model/portal.ts";
import type { Profile } from "../model/profile.ts";
import {
  type FolderAllowance,
  keyNoteExpires,
  keyNoteName,
  type NamedPolicy,
  type NarrowedRecord,
  type RegistryRecord,
  type ServeClient,
  type SessionRecord,
  type TakenSerial,
} from "../model/proofs.ts";
import { allOf } from "./files/shared.ts";
import type { Shelf, Shelves } from "./files/shelf.ts";

/** A store's content. Sessions have the name that they are kept under. */
export interface Content {
  readonly profiles: readonly Profile[];
  readonly sessions: ReadonlyMap<string, SessionRecord>;
  /** Narrower sessions by profile, which backups leave out. */
  readonly narrowed: ReadonlyMap<string, NarrowedRecord>;
  readonly policies: readonly NamedPolicy[];
  readonly taken: readonly TakenSerial[];
  /** Allowed `.athm` files, which backups leave out: another machine has other folders. */
  readonly folders: readonly FolderAllowance[];
  /** Clients of `athm serve`. Backups leave them out, so that restoring brings none back. */
  readonly clients: readonly ServeClient[];
  /** Sign-ins at access portals, which backups leave out. */
  readonly portals: readonly PortalTokens[];
  /** Sign-ins to the AWS console, which backups leave out too: a refresh token works once. */
  readonly consoles: readonly ConsoleSignIn[];
  /** Registries with their passwords, which backups leave out too. */
  readonly registries: readonly RegistryRecord[];
}

/** Names of shared sessions of these profiles. */
export type SharedNames = (profiles: readonly Profile[]) => Promise<readonly string[]>;

/**
 * Without unreadable sessions.
 *
 * @throws {Failure} `store-damaged`, unless these are skipped; `store-key` if it contains a key that
 * would be lost
 */
export async function contentOf(
  {
    profiles,
    sessions,
    narrowed,
    policies,
    folders,
    clients,
    taken,
    portals,
    consoles,
    registries,
  }: Shelves,
  sharedNames: SharedNames,
  options: { readonly withoutDamaged: boolean },
): Promise<Content> {
  const passDamage = (error: unknown) => {
    if (isDamage(error)) return undefined;
    throw error;
  };
  const opened = await Promise.all(
    profiles.ids().map((id) => {
      const opening = profiles.open(id);
      return options.withoutDamaged ? opening.catch(passDamage) : opening;
    }),
  );
  const found = opened.filter((profile) => profile !== undefined);
  const names = [...found.map((each) => each.name), ...await sharedNames(found)];
  // Unlike a session, these cannot be made again.
  const allIn = async <T>(shelf: Shelf<T>) => {
    const opening = shelf.ids().map((id) => {
      const found = shelf.open(id);
      return options.withoutDamaged ? found.catch(passDamage) : found;
    });
    return (await Promise.all(opening)).filter((each) => each !== undefined);
  };
  const keptIn = async <T>(shelf: Shelf<T>) =>
    new Map(
      (await Promise.all(names.map(async (name) => {
        const record = await shelf.find(name).catch(passDamage);
        return record ? [[name, record] as const] : [];
      }))).flat(),
    );
  const named = await keptIn(sessions);
  return {
    profiles: found,
    sessions: new Map([...named, ...await keyNotes(sessions, named)]),
    narrowed: await keptIn(narrowed),
    policies: await allIn(policies),
    taken: await allIn(taken),
    folders: await allOf(folders),
    clients: await allOf(clients),
    portals: await allOf(portals),
    consoles: await allOf(consoles),
    registries: await allOf(registries),
  };
}

/**
 * The new keys of interrupted rotations. No profile names them: a note does, and older ones belong
 * to the user of a kept session.
 */
async function keyNotes(
  sessions: Shelf<SessionRecord>,
  named: ReadonlyMap<string, SessionRecord>,
): Promise<ReadonlyMap<string, SessionRecord>> {
  const users = [...named.values()].flatMap(({ session }) => session.arn ?? []);
  const known = new Set(await Promise.all([...named.keys()].map(sessions.idOf)));
  const notes = new Map<string, SessionRecord>();
  for (const id of sessions.ids().filter((each) => !known.has(each))) {
    const note = await sessions.open(id).catch((error) => {
      if (!isDamage(error)) throw error;
    });
    if (note?.session.expires !== keyNoteExpires) continue;
    const names = [note.session.arn ?? [], users].flat().map(keyNoteName);
    const ids = await Promise.all(names.map(sessions.idOf));
    const name = names[ids.indexOf(id)];
    if (name === undefined) throw unfinished(note.session.accessKeyId);
    notes.set(name, note);
  }
  return notes;
}

function unfinished(accessKeyId: string): Failure {
  return new Failure(
    "store-key",
    `the store holds the new access key ${accessKeyId} of an interrupted rotation`,
    "run athm aws rotate-key NAME to finish it first, with the profile of that user",
  );
}
