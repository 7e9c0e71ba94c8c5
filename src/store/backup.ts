// A backup is one file, encrypted with its own passphrase (sealing/passphrase_seal.ts, type
// `athm-backup`). `length` in its header is the content's size in bytes, which distinguishes a
// truncated file from a wrong passphrase. The content is JSON, with records as in
// sealing/records.ts, including secrets:
//
//     {"made":1767225600000,"profiles":[…],"sessions":[{"name":"example","record":{…}}],
//      "policies":[…],"taken":[…]}
//
// An empty `policies` or `taken` is left out, so that an older athm can read it.

import { Misfit } from "../model/decode.ts";
import { Failure, promptsDisabled, valueOr } from "../model/failure.ts";
import { nameKey } from "../model/names.ts";
import type { SessionRecord } from "../model/proofs.ts";
import type { System } from "../system/system.ts";
import { passphraseIn } from "./custody/passphrase.ts";
import { askNew, openWith, sealedHeader, sealWith, tries } from "./sealing/passphrase_seal.ts";
import {
  decodePolicy,
  decodeProfile,
  decodeSession,
  decodeTaken,
  encodeRecord,
  sameProfile,
  type Sources,
} from "./sealing/records.ts";
import type { Opened } from "./sealing/sealed.ts";
import type { Content } from "./content.ts";

const variable = "ATHM_BACKUP_PASSPHRASE_FILE";
const inFile = `set ${variable} to a file that contains it`;

/** Bytes: some 100,000 profiles. */
const limit = 64 * 1024 * 1024;

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

type Backed = Pick<Content, "profiles" | "sessions" | "policies" | "taken">;

export async function sealBackup(
  { profiles, sessions, policies, taken }: Backed,
  made: number,
  words: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const records = [...sessions].map(([name, record]) =>
    `{"name":${JSON.stringify(name)},"record":${text(encodeRecord(record))}}`
  );
  const extra = Object.entries({ policies, taken }).filter(([, list]) => list.length).map(
    ([name, list]) => `,"${name}":[${list.map((each) => text(encodeRecord(each))).join()}]`,
  );
  const content = new TextEncoder().encode(
    `{"made":${made},"profiles":[${profiles.map((each) => text(encodeRecord(each))).join()}],` +
      `"sessions":[${records.join()}]${extra.join("")}}`,
  );
  const sealed = await sealWith(words, "athm-backup", content, { length: content.length });
  content.fill(0);
  return new TextEncoder().encode(`${sealed}\n`);
}

export function writeBackup(
  { files, random }: System,
  path: string,
  bytes: Uint8Array,
  { replace }: { readonly replace: boolean },
): void {
  refuseTaken(files, path, replace);
  removeParts(files, path);
  // A name that no other file has.
  const part = `${path}.athm-${random(12).toHex()}.part`;
  try {
    files.create(part, bytes, 0o600);
    files.rename(part, path);
  } catch (error) {
    try {
      files.remove(part);
    } catch {
      // Keep the first error.
    }
    throw error;
  }
}

/** Removes what killed backups to this path left behind. */
function removeParts(files: System["files"], path: string): void {
  const separator = files.join("", "");
  const end = Math.max(path.lastIndexOf("/"), path.lastIndexOf(separator));
  const [folder, name] = [path.slice(0, end) || separator, path.slice(end + 1)];
  const left = namesIn(files, folder).filter((each) =>
    each.startsWith(name) && /^\.athm-[0-9a-f]{24}\.part$/.test(each.slice(name.length))
  );
  for (const each of left) files.remove(`${path}${each.slice(name.length)}`);
}

/** A folder may be writable but not readable: leftovers stay then. */
function namesIn(files: System["files"], folder: string): string[] {
  return valueOr(() => files.list(folder), []);
}

/** @throws {Failure} `exists`. */
export function refuseTaken(files: System["files"], path: string, replace: boolean): void {
  const facts = files.facts(path);
  if (!facts || (replace && facts.kind === "file")) return;
  throw new Failure(
    "exists",
    `${path} already exists`,
    facts.kind === "file" ? "--force replaces it" : "specify a file",
  );
}

export async function newBackupPassphrase(system: System): Promise<string> {
  const given = givenPassphrase(system);
  if (given !== undefined) return given;
  if (!system.terminal.canAsk) {
    throw promptsDisabled("a backup requires its own passphrase", inFile);
  }
  const words = await askNew(system, "Passphrase for the backup: ");
  if (words !== undefined) return words;
  throw new Failure("store-key", "the passphrase of a backup must not be empty");
}

/**
 * @throws {Failure} `not-found`; `store-damaged` if it was cut short or is not a backup;
 * `store-newer`; `store-key` for a wrong passphrase; `needs-person`
 */
export async function readBackup(system: System, path: string, sources: Sources): Promise<Content> {
  const facts = system.files.facts(path);
  if (facts?.kind === "folder") {
    throw new Failure("not-found", `${path} is a folder`, "specify the path of a backup file");
  }
  if (facts && facts.size > limit) throw notABackup(path);
  const bytes = system.files.read(path);
  if (!bytes) throw new Failure("not-found", `file ${path} not found`);
  const sealed = text(bytes).trimEnd();
  const header = await sealedHeader("athm-backup", sealed);
  if (!header) throw notABackup(path);
  if (header.v !== 1) throw newerBackup(path);
  if (!isWhole(sealed, header.length)) {
    throw new Failure(
      "store-damaged",
      `the backup ${path} is truncated or modified`,
      "copy it again from the original",
    );
  }
  const content = await opened(system, path, sealed);
  const read = decoded(content, sources);
  content.fill(0);
  if (read === "newer") throw newerBackup(path);
  if (read === "damaged") throw notABackup(path);
  return read;
}

function isWhole(sealed: string, length: unknown): boolean {
  const parts = sealed.split(".");
  const [, key = "", iv = "", content = "", tag = ""] = parts;
  const sizes = [[key, 40], [iv, 12], [content, length], [tag, 16]] as const;
  return parts.length === 5 && parts.every((part) => /^[A-Za-z0-9_-]*$/.test(part)) &&
    sizes.every(([part, bytes]) => Math.floor(part.length * 6 / 8) === bytes);
}

async function opened(system: System, path: string, sealed: string) {
  const given = givenPassphrase(system);
  if (given !== undefined) {
    const content = await openWith(given, sealed);
    if (content) return content;
    throw new Failure(
      "store-key",
      `the passphrase in ${variable} does not open ${path}, or the file was modified`,
    );
  }
  if (!system.terminal.canAsk) {
    throw promptsDisabled(`the backup ${path} requires its passphrase`, inFile);
  }
  for (let left = tries; left > 0; left--) {
    const words = await system.terminal.askSecret("Passphrase of the backup: ");
    const content = await openWith(words, sealed);
    if (content) return content;
    if (left > 1) system.say("athm: wrong passphrase; try again");
  }
  throw new Failure(
    "store-key",
    `none of ${tries} passphrases opens ${path}, or the file was modified`,
  );
}

function givenPassphrase(system: System): string | undefined {
  const path = system.env.get(variable);
  if (path === undefined) return undefined;
  const words = passphraseIn(system, variable, path);
  if (words !== "") return words;
  throw new Failure("store-key", `the passphrase in ${variable} is empty`);
}

function notABackup(path: string): Failure {
  return new Failure("store-damaged", `${path} is not an athm backup`);
}

function newerBackup(path: string): Failure {
  return new Failure(
    "store-newer",
    `the backup ${path} was written by a newer version of athm`,
    "update athm",
  );
}

/** An unknown field was written by a newer athm: only athm had the passphrase. */
function decoded(bytes: Uint8Array, sources: Sources): Content | "newer" | "damaged" {
  try {
    const { made, profiles, sessions, policies = [], taken = [], ...more } = JSON.parse(
      text(bytes),
    );
    if (Object.keys(more).length > 0) return "newer";
    if (typeof made !== "number") return "damaged";
    const found = [];
    for (const each of profiles) found.push(whole(decodeProfile(recordBytes(each), sources)));
    const kept = new Map<string, SessionRecord>();
    for (const { name, record } of sessions) {
      if (typeof name !== "string") return "damaged";
      kept.set(name, whole(decodeSession(recordBytes(record))));
    }
    const named = [];
    for (const each of policies) named.push(whole(decodePolicy(recordBytes(each))));
    const serials = [];
    for (const each of taken) serials.push(whole(decodeTaken(recordBytes(each))));
    return {
      profiles: found,
      sessions: kept,
      policies: named,
      clients: [],
      taken: serials,
      narrowed: new Map(),
      folders: [],
      portals: [],
      consoles: [],
      registries: [],
    };
  } catch (error) {
    return error instanceof Misfit ? error.kind : "damaged";
  }
}

function whole<T>(opened: Opened<T>): T {
  if (opened === "newer") throw new Misfit("newer");
  if (opened === "damaged") throw new Misfit("damaged");
  return opened;
}

function recordBytes(record: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(record));
}

/** The longer session wins. @throws {Failure} `exists` if a profile differs, unless `replace` */
export function merged(
  there: Content,
  backup: Content,
  { replace }: { readonly replace: boolean },
): Content {
  const profiles = new Map(there.profiles.map((each) => [nameKey(each.name), each]));
  const taken = backup.profiles.filter((each) => {
    const own = profiles.get(nameKey(each.name));
    return own && !sameProfile(own, each);
  });
  if (taken.length && !replace) {
    throw new Failure(
      "exists",
      `the store has other settings for ${taken.map((each) => each.name).join(", ")}`,
      "--force replaces them with the backup's",
    );
  }
  for (const each of backup.profiles) profiles.set(nameKey(each.name), each);
  // Files are named without regard to case, so one name must not come twice.
  const sessions = new Map([...there.sessions].map(([name, record]) => [nameKey(name), record]));
  for (const [name, record] of backup.sessions) {
    const own = sessions.get(nameKey(name));
    if (!own || own.session.expires < record.session.expires) sessions.set(nameKey(name), record);
  }
  const policies = new Map(there.policies.map((each) => [nameKey(each.name), each]));
  for (const each of backup.policies) {
    const own = policies.get(nameKey(each.name));
    if (own && own.policy !== each.policy && !replace) {
      throw new Failure(
        "exists",
        `the store has another policy ${each.name}`,
        "--force replaces it with the backup's",
      );
    }
    policies.set(nameKey(each.name), each);
  }
  const serials = new Map(there.taken.map((each) => [each.series, each]));
  for (const each of backup.taken) {
    if (each.serial > (serials.get(each.series)?.serial ?? -1)) serials.set(each.series, each);
  }
  return {
    ...there,
    profiles: [...profiles.values()],
    sessions,
    policies: [...policies.values()],
    taken: [...serials.values()],
  };
}
