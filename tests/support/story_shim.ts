/**
 * The `athm` on the stories' `PATH`.
 *
 * @module
 */

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** The repository's folder. */
const repository = decodeURIComponent(new URL("../../", import.meta.url).pathname).slice(0, -1);

/** Deno's cache folder, which the stories' home does not have. */
export async function denoDir(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const info: unknown = JSON.parse(new TextDecoder().decode(stdout));
  if (typeof info === "object" && info && "denoDir" in info && typeof info.denoDir === "string") {
    return info.denoDir;
  }
  throw new Error("`deno info --json` doesn't say where the cache is");
}

/** Runs the binary that `ATHM_BIN` names, else the bundle of `ATHM_TEST_BUNDLE`, else `main.ts`. */
async function shim(): Promise<string> {
  const binary = Deno.env.get("ATHM_BIN");
  if (binary) return `#!/bin/sh\nexec ${quote(await Deno.realPath(binary))} "$@"\n`;
  const bundle = Deno.env.get("ATHM_TEST_BUNDLE");
  return bundle ? await denoShim(bundle, "main.js") : await sourceShim();
}

/** Runs `main.ts` as the README says. */
export const sourceShim = (): Promise<string> => denoShim(repository, "main.ts");

async function denoShim(folder: string, main: string): Promise<string> {
  return [
    "#!/bin/sh",
    `DENO_DIR=${quote(await denoDir())} DENO_NO_UPDATE_CHECK=1 exec ${quote(Deno.execPath())} \\`,
    `  run -q -P --no-prompt --config ${quote(`${folder}/deno.json`)} \\`,
    `  ${quote(`${folder}/${main}`)} "$@"`,
    "",
  ].join("\n");
}

/** The user's browser: a program that follows a URL (`browse.ts`). */
async function browser(): Promise<string> {
  return [
    "#!/bin/sh",
    `DENO_DIR=${quote(await denoDir())} DENO_NO_UPDATE_CHECK=1 exec ${quote(Deno.execPath())} \\`,
    "  run -q --no-prompt --no-config --allow-net=127.0.0.1 --allow-env=HOME --allow-write \\",
    `  ${quote(`${repository}/tests/support/browse.ts`)} "$@"`,
    "",
  ].join("\n");
}

/** A program that tries what its credentials are good for (`can.ts`). */
async function can(): Promise<string> {
  return [
    "#!/bin/sh",
    `DENO_DIR=${quote(await denoDir())} DENO_NO_UPDATE_CHECK=1 exec ${quote(Deno.execPath())} \\`,
    "  run -q --no-prompt --no-config --allow-net=127.0.0.1 --allow-env \\",
    `  ${quote(`${repository}/tests/support/can.ts`)} "$@"`,
    "",
  ].join("\n");
}

/**
 * Creates a folder with a program called `athm` with this text (default: the real one), the browser
 * `browse` and the program `can`.
 */
export async function makePrograms(text?: string): Promise<string> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "athm-programs-" }));
  await Deno.chmod(folder, 0o755);
  await Deno.writeTextFile(`${folder}/athm`, text ?? await shim(), { mode: 0o755 });
  await Deno.writeTextFile(`${folder}/browse`, await browser(), { mode: 0o755 });
  await Deno.writeTextFile(`${folder}/can`, await can(), { mode: 0o755 });
  return folder;
}
