/**
 * Bundles athm and compiles it for this system: `deno task compile [--output FILE]`.
 *
 * `ATHM_COMPILE_DENO` names another Deno to compile with, and `DENORT_BIN` a runtime to use, for
 * machines that cannot download the runtime.
 *
 * @module
 */
import { bundle } from "./bundle.ts";
import { absolute, deno, printed, root, script, ScriptFailure } from "./deno.ts";

/** Makes the binary `output` from this checkout. */
export async function compile(output: string): Promise<void> {
  const build = `${root}/build`;
  await bundle(root, build, await origin(root));
  await compileBundle(build, output);
}

/**
 * Makes a binary from a bundle; without a target for this system.
 *
 * @throws {ScriptFailure}
 */
export async function compileBundle(
  build: string,
  output: string,
  target?: string,
): Promise<void> {
  const args = [
    ...["compile", "--quiet", "--no-check", "-P", "--no-prompt", "--config", "deno.json"],
    // Deno keeps its code cache in the common temporary folder, where others could plant code for it.
    "--no-code-cache",
    ...(target === undefined ? [] : ["--target", target]),
    ...["--include", ".", "--output", output, "main.js"],
  ];
  try {
    // The binary trusts what the system trusts besides Mozilla's list: companies install their own.
    await deno(compiler(), args, build, { DENO_TLS_CA_STORE: "mozilla,system" });
  } catch (error) {
    if (!(error instanceof ScriptFailure)) throw error;
    throw new ScriptFailure(
      `deno compile made no binary${target === undefined ? "" : ` for ${target}`}`,
      "where Deno's runtime cannot be downloaded, DENORT_BIN=FILE names the one for the target, " +
        "and ATHM_COMPILE_DENO=FILE the Deno that goes with it",
    );
  }
}

/** The Deno that compiles. */
export function compiler(): string {
  return Deno.env.get("ATHM_COMPILE_DENO") || Deno.execPath();
}

/** `commit 0123abc…`, and whether files differ from it. */
export async function origin(tree: string): Promise<string> {
  try {
    const commit = await printed("git", ["rev-parse", "HEAD"], tree);
    const changed = await printed("git", ["status", "--porcelain"], tree);
    return `commit ${commit}${changed === "" ? "" : " with changes"}`;
  } catch (error) {
    // A source archive has no history.
    if (error instanceof ScriptFailure) return "commit not known";
    throw error;
  }
}

if (import.meta.main) {
  await script(async () => {
    const [option, file = `${root}/dist/athm`] = Deno.args;
    if (option !== undefined && option !== "--output") {
      throw new ScriptFailure(`there is no option ${option}`, "deno task compile [--output FILE]");
    }
    await Deno.mkdir(`${root}/dist`, { recursive: true });
    await compile(absolute(file));
  });
}
