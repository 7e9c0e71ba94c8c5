import { Failure } from "../model/failure.ts";
import type { System } from "../system/system.ts";
import { parseCredentials, readLimited, type Sections } from "./aws_files.ts";
import { withoutKeys } from "./credentials_edit.ts";
import { replacement } from "./replacement.ts";

/** What was taken out of the credentials file. */
export interface Removal {
  readonly removed: readonly string[];
  /** Sections that stayed as they are, and why. */
  readonly left: readonly { readonly name: string; readonly why: string }[];
  /** The copy of the file as it was; absent when nothing was removed. */
  readonly backup?: string;
}

/**
 * Takes the keys of these sections out of the credentials file. The file as it was stays beside it,
 * the new one takes its place at once, with its mode; a symbolic link stays and what it leads to
 * changes.
 *
 * @param seen the file as it was when its keys were imported
 * @throws {Failure} `files`, and the file is as it was
 */
export async function removeKeys(
  system: System,
  path: string,
  names: readonly string[],
  seen: Sections,
): Promise<Removal> {
  const { files } = system;
  const before = readLimited(system, path);
  if (!before) throw new Failure("files", `${path} no longer exists`);
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (!same(await parseCredentials(text(before), path), seen)) {
    throw new Failure(
      "files",
      `${path} changed in the meantime; nothing was removed`,
      "run the import again with --remove",
    );
  }
  const { bytes, removed, left } = withoutKeys(before, names);
  if (!removed.length) return { removed, left };
  // The SDK's own reading says whether what is gone is what was to go.
  if (!same(await parseCredentials(text(bytes), path), expected(seen, removed))) {
    throw new Failure(
      "files",
      `athm cannot edit ${path} safely; nothing was removed`,
      "remove the keys manually",
    );
  }
  const backup = `${path}.athm-backup-${stamp(system.now())}`;
  const replace = await replacement(system, path, "AWS_SHARED_CREDENTIALS_FILE");
  files.create(backup, before, 0o600);
  await replace(bytes);
  return { removed, left, backup };
}

/** The sections without the keys; one with nothing else in it is gone. */
function expected(seen: Sections, removed: readonly string[]): Sections {
  const sections = new Map(seen);
  for (const name of removed) {
    const section = new Map(seen.get(name));
    section.delete("aws_access_key_id");
    section.delete("aws_secret_access_key");
    if (section.size) sections.set(name, section);
    else sections.delete(name);
  }
  return sections;
}

/** The loader knows no empty sections, so neither does this. */
function same(a: Sections, b: Sections): boolean {
  const plain = (sections: Sections) =>
    JSON.stringify([...sections].map(([name, section]) => [name, [...section]]).sort());
  return plain(a) === plain(b);
}

/** `YYYYMMDDHHMMSS`, in UTC. */
function stamp(now: number): string {
  return new Date(now).toISOString().replace(/\D/g, "").slice(0, 14);
}
