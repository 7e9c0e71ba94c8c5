import { Failure, quote } from "../model/failure.ts";
import { storeVariables } from "../model/variables.ts";
import type { System } from "../system/system.ts";
import { readLimited } from "./aws_files.ts";

/**
 * A function that replaces a file atomically with the same mode; follows a symbolic link.
 * @param variable names the file, for the message if a link cannot be resolved
 * @param fresh the mode of a new file
 * @throws {Failure} `files`, here or from the function, with the file unchanged
 */
export async function replacement(
  system: System,
  path: string,
  variable: string,
  fresh = 0o600,
): Promise<(bytes: Uint8Array) => Promise<void>> {
  const { files } = system;
  const real = files.facts(path)?.kind === "link" ? await linked(system, path, variable) : path;
  const mode = files.facts(real)?.mode ?? fresh;
  clearUp(system, real);
  return async (bytes) => {
    const next = real + unfinished + system.random(8).toHex();
    try {
      files.create(next, bytes, mode);
      await keepMode(system, next, mode);
      files.rename(next, real);
    } catch (error) {
      try {
        files.remove(next);
      } catch {
        // Keep the first error. A leftover holds no more than the file itself.
      }
      throw error;
    }
  };
}

/**
 * Replaces a file that was read as `before`, in a folder that is created if necessary.
 *
 * @throws {Failure} `files`, also if it was changed meanwhile; it is then unchanged
 */
export async function replaceRead(
  system: System,
  path: string,
  variable: string,
  { before, after }: { readonly before: Uint8Array; readonly after: Uint8Array | string },
): Promise<void> {
  const { files } = system;
  // For a symbolic link, its target must be writable.
  const facts = files.facts(files.real(path) ?? path);
  if (facts?.kind === "file" && facts.mode !== undefined && (facts.mode & 0o200) === 0) {
    throw new Failure("files", `${path} is read-only`, `chmod u+w ${quote(path)}`);
  }
  const folder = path.slice(0, folderEnd(system, path));
  if (folder && !files.facts(folder)) files.makeFolder(folder, 0o700);
  const replace = await replacement(system, path, variable);
  const now = readLimited(system, path) ?? new Uint8Array();
  if (now.length !== before.length || now.some((byte, at) => byte !== before[at])) {
    throw new Failure(
      "files",
      `${path} changed in the meantime; athm did not modify it`,
      "run it again",
    );
  }
  await replace(typeof after === "string" ? new TextEncoder().encode(after) : after);
}

/** A text file of at most `limit` bytes, for `replaceRead`; empty if it does not exist. */
export function readText(
  system: System,
  path: string,
  limit: number,
): { readonly before: Uint8Array; readonly text: string } {
  const before = readLimited(system, path, limit) ?? new Uint8Array();
  return { before, text: new TextDecoder().decode(before) };
}

const unfinished = ".athm-new-";

/** Where a path's folder ends; only on Windows is a backslash a separator. */
export function folderEnd({ files }: System, path: string): number {
  return Math.max(path.lastIndexOf("/"), path.lastIndexOf(files.join("", "")), 0);
}

/** Removes leftovers of a killed process, which may contain keys. */
function clearUp(system: System, real: string): void {
  const { files } = system;
  const cut = folderEnd(system, real) + 1;
  const [folder, begin] = [real.slice(0, cut), real.slice(cut) + unfinished];
  const rest = /^[0-9a-f]{16}$/;
  for (const name of files.list(folder)) {
    if (name.startsWith(begin) && rest.test(name.slice(begin.length))) files.remove(folder + name);
  }
}

async function linked(
  { children, platform }: System,
  path: string,
  variable: string,
): Promise<string> {
  const refused = new Failure(
    "files",
    `cannot resolve the symbolic link ${path}`,
    `set ${variable} to the file itself`,
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

/** The umask may have removed bits of the old file's mode. */
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
    throw new Failure("files", `cannot set the mode of ${path}`);
  }
}
