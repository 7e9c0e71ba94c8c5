/**
 * athm for Linux without glibc, such as Alpine: Deno has no runtime for musl, so the archive includes
 * glibc's loader and the six libraries that the runtime links, 3 MB. They are in their own folder and
 * no variable points to them, so the programs that athm starts are not affected.
 *
 * The loader's path must be absolute and be written into the runtime before `deno compile` appends the
 * program. It is padded with slashes, so that `install.sh` can overwrite it in place with another
 * folder's.
 *
 * @module
 */
import { printed, ScriptFailure } from "../deno.ts";
import type { Packed } from "./archive.ts";
import type { SystemPackage } from "./sbom.ts";
import type { Target } from "./targets.ts";

/** The loader's default folder, unless `install.sh` writes another one into the program. */
export const libraryFolder = "/usr/local/lib/athm";

/** Characters of the loader's path in the program; the kernel takes 4,096 (PATH_MAX). */
const pathLength = 255;

/** glibc and libgcc of one processor, from the packages of Debian or Ubuntu on this machine. */
interface Glibc {
  readonly loader: string;
  /** Uses the first that exists: for this processor, then for another one. */
  readonly places: readonly { readonly folder: string; readonly packages: readonly string[] }[];
}

const libraries = [
  ...["libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libgcc_s.so.1"],
];

const glibcs: Readonly<Record<string, Glibc>> = {
  "x86_64-unknown-linux-gnu": {
    loader: "ld-linux-x86-64.so.2",
    places: [
      { folder: "/lib/x86_64-linux-gnu", packages: ["libc6:amd64", "libgcc-s1:amd64"] },
      {
        folder: "/usr/x86_64-linux-gnu/lib",
        packages: ["libc6-amd64-cross", "libgcc-s1-amd64-cross"],
      },
    ],
  },
  "aarch64-unknown-linux-gnu": {
    loader: "ld-linux-aarch64.so.1",
    places: [
      { folder: "/lib/aarch64-linux-gnu", packages: ["libc6:arm64", "libgcc-s1:arm64"] },
      {
        folder: "/usr/aarch64-linux-gnu/lib",
        packages: ["libc6-arm64-cross", "libgcc-s1-arm64-cross"],
      },
    ],
  },
};

function glibcOf({ triple, name }: Target): Glibc {
  const found = glibcs[triple];
  if (!found) throw new ScriptFailure(`no glibc is known for ${name}`);
  return found;
}

/** The path that is written into the program: slashes in a row count as one. */
function paddedPath(loader: string): string {
  const slashes = "/".repeat(pathLength - libraryFolder.length - loader.length);
  return `${libraryFolder}${slashes}${loader}`;
}

/**
 * A copy of the runtime that finds its loader and libraries in athm's folder.
 *
 * @param work a folder for it
 * @throws {ScriptFailure}
 */
export async function patchedRuntime(target: Target, work: string): Promise<string> {
  const { loader } = glibcOf(target);
  const patched = `${work}/denort-${target.name}`;
  await Deno.copyFile(await runtimeOf(target, work), patched);
  await Deno.chmod(patched, 0o755);
  const search = `$ORIGIN/../lib/athm:${libraryFolder}`;
  await printed("patchelf", [
    ...["--set-interpreter", paddedPath(loader), "--set-rpath", search],
    patched,
  ], work);
  return patched;
}

/** The runtime that `deno compile` uses for the target: `DENORT_BIN`, else the one that it downloaded. */
async function runtimeOf({ triple }: Target, work: string): Promise<string> {
  const given = Deno.env.get("DENORT_BIN");
  if (given) return given;
  await Deno.writeTextFile(`${work}/empty.ts`, "");
  // Compiling downloads it into Deno's cache.
  await printed(Deno.execPath(), [
    ...["compile", "--quiet", "--no-config", "--target", triple],
    ...["--output", `${work}/empty`, `${work}/empty.ts`],
  ], work);
  const { denoDir } = JSON.parse(await printed(Deno.execPath(), ["info", "--json"], work));
  const zip = `${denoDir}/dl/release/v${Deno.version.deno}/denort-${triple}.zip`;
  await printed("unzip", ["-q", "-o", zip, "denort", "-d", work], work);
  return `${work}/denort`;
}

/**
 * The libraries with their licenses and sources, as files of the archive.
 *
 * @param program the compiled program, in which the loader's path is looked up
 * @throws {ScriptFailure} if the packages are not installed
 */
export async function glibcFiles(
  target: Target,
  program: Uint8Array<ArrayBuffer>,
): Promise<readonly Packed[]> {
  const { loader } = glibcOf(target);
  const place = placeOf(target);
  const packed = (path: string, bytes: Uint8Array<ArrayBuffer>, executable = false): Packed => ({
    path: `lib/athm/${path}`,
    bytes,
    executable,
  });
  const files = [loader, ...libraries].map(async (name) =>
    packed(name, await Deno.readFile(`${place.folder}/${name}`), name === loader)
  );
  const licenses = place.packages.map(async (name) => {
    const bare = name.replace(/:.*$/, "");
    return packed(`${bare}.copyright`, await Deno.readFile(`/usr/share/doc/${bare}/copyright`));
  });
  const text = (path: string, content: string) => packed(path, new TextEncoder().encode(content));
  return [
    ...await Promise.all([...files, ...licenses]),
    packed("LGPL-2.1", await Deno.readFile("/usr/share/common-licenses/LGPL-2.1")),
    text("SOURCES", await sourcesOf(place.packages)),
    text("interpreter", interpreterOf(program, paddedPath(loader))),
  ];
}

/** @throws {ScriptFailure} if the packages are not installed */
function placeOf(target: Target): Glibc["places"][number] {
  const { loader, places } = glibcOf(target);
  const place = places.find(({ folder }) => isFile(`${folder}/${loader}`));
  if (place) return place;
  throw new ScriptFailure(
    `glibc for ${target.name} is not installed`,
    `apt-get install ${places.at(-1)?.packages.join(" ")}`,
  );
}

/** The packages whose libraries the target's archive has, for the bill of materials. */
export async function glibcPackages(target: Target): Promise<readonly SystemPackage[]> {
  const { packages } = placeOf(target);
  const system = await Deno.readTextFile("/etc/os-release");
  const [, distribution = "debian"] = /^ID="?(\w+)"?$/m.exec(system) ?? [];
  const format = "${Package} ${Version} ${Architecture}\\n";
  const lines = (await printed("dpkg-query", ["-W", "-f", format, ...packages], "/")).trim();
  return lines.split("\n").map((line) => {
    const [name = "", version = "", processor = ""] = line.split(" ");
    const license = name.startsWith("libgcc")
      ? "GPL-3.0-or-later WITH GCC-exception-3.1"
      : "LGPL-2.1-or-later";
    return { name, version, distribution, processor, license };
  });
}

/** Which packages the libraries are from; the LGPL asks for their sources to be named. */
async function sourcesOf(packages: readonly string[]): Promise<string> {
  const format = "${Package} ${Version}, source package ${source:Package} ${source:Version}\\n";
  const lines = await printed("dpkg-query", ["-W", "-f", format, ...packages], "/");
  return "These libraries are unmodified files of Debian or Ubuntu packages:\n\n" +
    `${lines.trim()}\n\n` +
    "Their sources: https://snapshot.debian.org/ and https://launchpad.net/ubuntu/+source/glibc\n" +
    "You may replace them by other versions of the same libraries: athm loads them at run time.\n";
}

/** `OFFSET LENGTH` of the loader's path in the program, for `install.sh`. */
export function interpreterOf(program: Uint8Array, path: string): string {
  const bytes = new TextEncoder().encode(path);
  const first = bytes[0] ?? 0;
  for (let at = program.indexOf(first); at >= 0; at = program.indexOf(first, at + 1)) {
    if (bytes.every((byte, index) => program[at + index] === byte)) {
      return `${at} ${bytes.length}\n`;
    }
  }
  throw new ScriptFailure("the program does not contain the path of its loader");
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
