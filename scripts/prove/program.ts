/**
 * The program under test.
 *
 * @module
 */
import { bundle } from "../bundle.ts";
import { compileBundle, origin } from "../compile.ts";
import { absolute, printed, root, ScriptFailure } from "../deno.ts";
import { glibcFiles, patchedRuntime } from "../release/musl.ts";
import type { Target } from "../release/targets.ts";
import { debianPackages } from "./command.ts";
import { emulatorLibraries } from "./emulated.ts";

/** Which program to test; by default one compiled from this checkout. */
export interface ProgramOptions {
  readonly athm?: string | undefined;
  readonly archive?: string | undefined;
}

/**
 * A folder with the program and, if the target includes them, its libraries in `lib/athm`.
 *
 * @throws {ProofSkipped} if a tool is missing
 */
export async function programFolder(
  target: Target,
  given: ProgramOptions,
  work: string,
): Promise<string> {
  const folder = `${work}/program`;
  await Deno.mkdir(folder);
  if (given.archive !== undefined) return await unpacked(absolute(given.archive), target, folder);
  if (given.athm !== undefined) {
    await Deno.copyFile(absolute(given.athm), `${folder}/${target.program}`);
    return folder;
  }
  const build = `${work}/build`;
  await bundle(root, build, await origin(root));
  if (!target.bringsGlibc) {
    await compileBundle(build, `${folder}/athm`, target.triple);
    return folder;
  }
  await debianPackages("/usr/bin/patchelf", ["patchelf"]);
  if (target.triple !== Deno.build.target) await emulatorLibraries();
  await compileBundle(build, `${folder}/athm`, target.triple, await patchedRuntime(target, work));
  const program = await Deno.readFile(`${folder}/${target.program}`);
  await Deno.mkdir(`${folder}/lib/athm`, { recursive: true });
  for (const { path, bytes, executable } of await glibcFiles(target, program)) {
    await Deno.writeFile(`${folder}/${path}`, bytes, { mode: executable ? 0o755 : 0o644 });
  }
  return folder;
}

async function unpacked(archive: string, target: Target, folder: string): Promise<string> {
  const [program, ...args] = unpacker(archive, folder);
  await printed(program, args, folder);
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory && name.endsWith(`-${target.name}`)) return `${folder}/${name}`;
  }
  throw new ScriptFailure(`${archive} is not an archive for ${target.name}`);
}

/** Windows' own tar reads zip; GNU tar does not, and may come first on PATH there. */
function unpacker(archive: string, folder: string): readonly [string, ...string[]] {
  if (Deno.build.os === "windows") {
    const tar = `${Deno.env.get("SYSTEMROOT")}\\System32\\tar.exe`;
    return [tar, "-xf", archive, "-C", folder];
  }
  return archive.endsWith(".zip")
    ? ["unzip", "-q", archive, "-d", folder]
    : ["tar", "-xf", archive, "-C", folder];
}
