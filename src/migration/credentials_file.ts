import { Failure } from "../model/failure.ts";
import { storeVariables } from "../model/variables.ts";
import type { System } from "../system/system.ts";
import { parseCredentials, readLimited, type Sections } from "./aws_files.ts";
import { withoutKeys } from "./credentials_edit.ts";

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
  if (!before) throw new Failure("files", `${path} is gone`);
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (!same(await parseCredentials(text(before), path), seen)) {
    throw new Failure(
      "files",
      `${path} was changed meanwhile, so nothing was removed from it`,
      "run the import again with --remove",
    );
  }
  const { bytes, removed, left } = withoutKeys(before, names);
  if (!removed.length) return { removed, left };
  // The SDK's own reading says whether what is gone is what was to go.
  if (!same(await parseCredentials(text(bytes), path), expected(seen, removed))) {
    throw new Failure(
      "files",
      `${path} is written in a way that athm does not change safely; nothing was removed`,
      "remove the keys by hand",
    );
  }
  const real = files.facts(path)?.kind === "link" ? await linked(system, path) : path;
  const mode = files.facts(real)?.mode ?? 0o600;
  clearUp(system, real);
  const backup = `${path}.athm-backup-${stamp(system.now())}`;
  files.create(backup, before, 0o600);
  const fresh = real + unfinished + system.random(8).toHex();
  try {
    files.create(fresh, bytes, mode);
    await keepMode(system, fresh, mode);
    files.rename(fresh, real);
  } catch (error) {
    try {
      files.remove(fresh);
    } catch {
      // The first error is the one to tell. What may stay holds no more than the file itself.
    }
    throw error;
  }
  return { removed, left, backup };
}

const unfinished = ".athm-new-";

/** What an import that was killed left: it holds keys, so it goes. */
function clearUp({ files }: System, real: string): void {
  const cut = Math.max(real.lastIndexOf("/"), real.lastIndexOf("\\")) + 1;
  const [folder, begin] = [real.slice(0, cut), real.slice(cut) + unfinished];
  const rest = /^[0-9a-f]{16}$/;
  for (const name of files.list(folder)) {
    if (name.startsWith(begin) && rest.test(name.slice(begin.length))) files.remove(folder + name);
  }
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

/** Where a symbolic link leads, through all that follow it. */
async function linked({ children, platform }: System, path: string): Promise<string> {
  const refused = new Failure(
    "files",
    `cannot tell where the symbolic link ${path} leads`,
    "name the file itself in AWS_SHARED_CREDENTIALS_FILE",
  );
  if (platform === "windows") throw refused;
  const { code, stdout } = await children.help({
    command: "readlink",
    args: ["-f", path],
    set: {},
    unset: storeVariables,
    seconds: 10,
    bytes: 16 * 1024,
  });
  const real = stdout.replace(/\n$/, "");
  if (code !== 0 || !real.startsWith("/")) throw refused;
  return real;
}

/** The process's umask may have taken away what the old file allowed. */
async function keepMode({ files, children, platform }: System, path: string, mode: number) {
  if (platform === "windows" || files.facts(path)?.mode === mode) return;
  const { code } = await children.help({
    command: "chmod",
    args: [mode.toString(8), path],
    set: {},
    unset: storeVariables,
    seconds: 10,
    bytes: 1024,
  });
  if (code !== 0) {
    throw new Failure("files", `cannot give ${path} the mode of the file it replaces`);
  }
}

/** `YYYYMMDDHHMMSS`, in UTC. */
function stamp(now: number): string {
  return new Date(now).toISOString().replace(/\D/g, "").slice(0, 14);
}
