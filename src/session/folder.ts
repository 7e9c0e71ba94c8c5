import { Failure } from "../model/failure.ts";
import {
  folderFileLimit,
  folderFileName,
  folderKey,
  parseFolderFile,
} from "../model/folder_profile.ts";
import { nameKey } from "../model/names.ts";
import { plain } from "../model/shown_command.ts";
import type { FolderAllowance } from "../model/proofs.ts";
import { type FileFacts, hasNoRight } from "../system/files.ts";
import type { System } from "../system/system.ts";
import type { Store } from "./stores.ts";

/** A `.athm` file that names a profile. */
export interface FolderFile {
  readonly path: string;
  /** Not to be used before the person allowed the file. */
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * The nearest `.athm` file upwards from the current folder. Opens no other file and runs nothing.
 *
 * @throws {Failure} `source` for a file that is not acceptable, even if another one is farther up:
 * otherwise it would be unclear which one counts
 */
export function folderFile(system: System): FolderFile | undefined {
  const { files } = system;
  for (const folder of upwards(system)) {
    const path = files.join(folder, folderFileName);
    const facts = factsOf(system, path);
    if (!facts) continue;
    const problem = problemOf(facts, system.userId());
    if (problem !== undefined) throw unacceptable(path, problem);
    const bytes = files.read(path);
    if (!bytes) continue;
    const parsed = parseFolderFile(bytes);
    if ("problem" in parsed) throw unacceptable(path, parsed.problem);
    return { path, name: parsed.name, bytes };
  }
  return undefined;
}

function* upwards({ files }: System): Generator<string> {
  const separator = files.join("", "");
  let folder = files.real(".");
  if (folder === undefined) return; // it was removed
  if (folder.endsWith(separator)) folder = folder.slice(0, -separator.length);
  for (;;) {
    yield folder;
    const end = folder.lastIndexOf(separator);
    if (end < 0) return;
    folder = folder.slice(0, end);
  }
}

/** Nothing for a folder of that name, and in a folder above that the user may not enter. */
function factsOf({ files }: System, path: string): FileFacts | undefined {
  try {
    const facts = files.facts(path);
    return facts?.kind === "folder" ? undefined : facts;
  } catch (error) {
    if (error instanceof Failure && hasNoRight(error)) return undefined;
    throw error;
  }
}

function problemOf({ kind, owner, size }: FileFacts, own: number | undefined): string | undefined {
  if (kind === "link") return "is a symbolic link";
  if (kind !== "file") return "is not a regular file";
  if (own !== undefined && owner !== undefined && owner !== own) {
    return `belongs to another user (uid ${owner})`;
  }
  return size > folderFileLimit ? `is larger than ${folderFileLimit} bytes` : undefined;
}

function unacceptable(path: string, problem: string): Failure {
  return new Failure(
    "source",
    `the file ${plain(path)} ${problem}`,
    "name the profile in the command, or set ATHM_PROFILE",
  );
}

export type Allowed = "allowed" | "changed" | "unknown";

/** Whether the person allowed this file with this content. */
export async function allowedState(store: Store, file: FolderFile): Promise<Allowed> {
  const found = await store.folders.find(folderKey(file.path));
  if (!found || found.path !== file.path) return "unknown";
  return found.digest === await digestOf(file.bytes) ? "allowed" : "changed";
}

/** The allowed files that name this profile. */
export async function allowedNaming(
  system: System,
  store: Store,
  profile: string,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { path, digest } of await store.folders.all()) {
    const facts = factsOf(system, path);
    if (!facts || problemOf(facts, system.userId()) !== undefined) continue;
    const bytes = system.files.read(path);
    if (!bytes || digest !== await digestOf(bytes)) continue;
    const parsed = parseFolderFile(bytes);
    if ("name" in parsed && nameKey(parsed.name) === nameKey(profile)) found.push(path);
  }
  return found;
}

export async function allow(store: Store, { path, bytes }: FolderFile): Promise<void> {
  const allowance: FolderAllowance = { path, digest: await digestOf(bytes) };
  await store.folders.save(folderKey(path), allowance);
}

/**
 * Takes back what was allowed for the nearest `.athm` file, acceptable or not, or removed.
 * @returns its path, and whether it was allowed; nothing if there is no such file
 */
export async function deny(
  system: System,
  store: Store | undefined,
): Promise<{ readonly path: string; readonly was: boolean } | undefined> {
  const { files } = system;
  for (const folder of upwards(system)) {
    const path = files.join(folder, folderFileName);
    const was = await store?.folders.remove(folderKey(path)) ?? false;
    if (was || factsOf(system, path)) return { path, was };
  }
  return undefined;
}

async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
