/**
 * Shells that are on this machine, or that can be had.
 *
 * @module
 */

/** The path of a program on PATH, or nothing. */
export function onPath(name: string): string | undefined {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    try {
      const path = `${folder}/${name}`;
      if (Deno.statSync(path).isFile) return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

const nuVersion = "0.115.1";

/** Nushell on PATH, else from npm in a folder that is kept; a sentence where there is none. */
export async function findNu(): Promise<{ readonly path: string } | string> {
  const there = onPath("nu");
  if (there) return { path: there };
  const arch = { x86_64: "x64", aarch64: "arm64" }[Deno.build.arch as string];
  if (Deno.build.os !== "linux" || !arch) return "there is no nu on this machine";
  const folder = `${Deno.env.get("TMPDIR") ?? "/tmp"}/athm-interop-nu-${nuVersion}`;
  const path = `${folder}/package/bin/nu`;
  if (await works(path, "--version")) return { path };
  await Deno.mkdir(folder, { recursive: true });
  const name = `@nushell/linux-${arch}@${nuVersion}`;
  const got = await works("npm", "pack", "--silent", "--pack-destination", folder, name);
  if (!got) return `${name} could not be had from npm`;
  for (const { name } of Deno.readDirSync(folder)) {
    if (name.endsWith(".tgz")) await works("tar", "xzf", `${folder}/${name}`, "-C", folder);
  }
  return await works(path, "--version") ? { path } : "nu from npm does not run on this machine";
}

async function works(program: string, ...args: readonly string[]): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(program, {
      args: [...args],
      stdin: "null",
      stdout: "null",
      stderr: "null",
      signal: AbortSignal.timeout(180_000),
    }).output();
    return success;
  } catch {
    return false;
  }
}
