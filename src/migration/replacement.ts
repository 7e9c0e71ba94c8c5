import { Failure } from "../model/failure.ts";
import { storeVariables } from "../model/variables.ts";
import type { System } from "../system/system.ts";

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
