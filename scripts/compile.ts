/**
 * Bundles athm and compiles it for this system: `deno task compile [--output FILE]`.
 *
 * The bundle is split along the dynamic imports, so that a start loads what it needs and no more.
 * `ATHM_COMPILE_DENO` names another Deno to compile with, and `DENORT_BIN` a runtime to use, for
 * machines that cannot download the runtime.
 *
 * @module
 */

const root = decodeURIComponent(new URL("../", import.meta.url).pathname);

/** Permissions and version, as the binary gets them; not the imports, which the bundle holds. */
async function compileSettings(): Promise<string> {
  const { version, permissions } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  return JSON.stringify({ version, permissions });
}

/** Makes the binary `output`; throws when a step fails. */
export async function compile(output: string): Promise<void> {
  const build = `${root}build`;
  await Deno.remove(build, { recursive: true }).catch(ignoreMissing);
  await run(Deno.execPath(), [
    ...["bundle", "--quiet", "--platform", "deno", "--code-splitting", "--minify"],
    ...["--outdir", build, `${root}main.ts`],
  ], root);
  await dropIdleImports(build);
  await Deno.writeTextFile(`${build}/deno.json`, await compileSettings());
  const compiler = Deno.env.get("ATHM_COMPILE_DENO") || Deno.execPath();
  await run(compiler, [
    ...["compile", "--quiet", "--no-check", "-P", "--no-prompt", "--config", "deno.json"],
    // Deno keeps its code cache in the common temporary folder, where others could plant code for it.
    "--no-code-cache",
    ...["--include", ".", "--output", output, "main.js"],
  ], build);
}

/**
 * The bundler has every chunk import its helpers, used or not, and these import `node:module`: Deno's
 * layer for Node, which costs as much as all else at a start. Where nothing is taken from it, the
 * import goes.
 */
async function dropIdleImports(build: string): Promise<void> {
  const texts = new Map<string, string>();
  for await (const { name } of Deno.readDir(build)) {
    texts.set(name, await Deno.readTextFile(`${build}/${name}`));
  }
  const helpers = [...texts].filter(([, text]) => /__deno_internal_createRequire\(/.test(text));
  for (const [name, text] of texts) {
    const rest = helpers.reduce((code, [helper]) => code.replace(`import"./${helper}";`, ""), text);
    if (rest !== text) await Deno.writeTextFile(`${build}/${name}`, rest);
  }
}

async function run(command: string, args: readonly string[], cwd: string): Promise<void> {
  // The binary trusts what the system trusts besides Mozilla's list: companies install their own.
  const env = { DENO_TLS_CA_STORE: "mozilla,system", DENO_NO_UPDATE_CHECK: "1" };
  const { success } = await new Deno.Command(command, { args: [...args], cwd, env }).spawn().status;
  if (success) return;
  throw new Error(
    `${
      args[0]
    } failed. Where Deno's runtime cannot be downloaded, DENORT_BIN=FILE names one, and ` +
      "ATHM_COMPILE_DENO=FILE the Deno that goes with it.",
  );
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

if (import.meta.main) {
  const [option, file = `${root}dist/athm`] = Deno.args;
  if (option !== undefined && option !== "--output") throw new Error(`unknown option ${option}`);
  await Deno.mkdir(`${root}dist`, { recursive: true });
  await compile(file.startsWith("/") ? file : `${Deno.cwd()}/${file}`);
}
