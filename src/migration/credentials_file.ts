import { Failure } from "../model/failure.ts";
import type { System } from "../system/system.ts";
import { parseCredentials, readLimited, type Sections } from "./aws_files.ts";
import { withoutKeys } from "./credentials_edit.ts";
import { replacement } from "./replacement.ts";

export interface Removal {
  readonly removed: readonly string[];
  /** Unchanged sections, with the reason. */
  readonly left: readonly { readonly name: string; readonly why: string }[];
  /** A copy of the original file; absent if nothing was removed. */
  readonly backup?: string;
}

/**
 * Keeps a copy, and replaces the file atomically with the same mode; follows a symbolic link.
 * @param seen the file as it was when its keys were imported
 * @throws {Failure} `files`, with the file unchanged
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
  if (!same(await parseCredentials(text(before)), seen)) {
    throw new Failure(
      "files",
      `${path} changed in the meantime; nothing was removed`,
      "run the import again with --remove",
    );
  }
  const { bytes, removed, left } = withoutKeys(before, names);
  if (!removed.length) return { removed, left };
  // Verify with the SDK's parser that only these keys were removed.
  if (!same(await parseCredentials(text(bytes)), expected(seen, removed))) {
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

/** The sections without the keys; drops empty ones. */
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

/** The loader drops empty sections, so ignore them. */
function same(a: Sections, b: Sections): boolean {
  const plain = (sections: Sections) =>
    JSON.stringify([...sections].map(([name, section]) => [name, [...section]]).sort());
  return plain(a) === plain(b);
}

/** `YYYYMMDDHHMMSS`, in UTC. */
function stamp(now: number): string {
  return new Date(now).toISOString().replace(/\D/g, "").slice(0, 14);
}
