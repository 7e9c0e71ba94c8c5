/**
 * Bundles athm and compiles it for this system: `deno task compile [--output FILE]`.
 *
 * For machines that cannot download Deno's runtime, `ATHM_COMPILE_DENO` sets the Deno to compile with
 * and `DENORT_BIN` the runtime to embed.
 *
 * @module
 */
import { bundle } from "./bundle.ts";
import { absolute, deno, printed, root, script, ScriptFailure } from "./deno.ts";

/** Compiles this checkout to the binary `output`. */
export async function compile(output: string): Promise<void> {
  const build = `${root}/build`;
  await bundle(root, build, await origin(root));
  await compileBundle(build, output);
}

/**
 * Compiles a bundle to a binary, by default for this system.
 *
 * @param runtime the file of Deno's runtime to use, instead of the one that Deno downloads
 * @throws {ScriptFailure}
 */
export async function compileBundle(
  build: string,
  output: string,
  target?: string,
  runtime?: string,
): Promise<void> {
  const args = [
    ...["compile", "--quiet", "--no-check", "-P", "--no-prompt", "--config", "deno.json"],
    // Deno keeps its code cache in the shared temporary folder, where other users could plant code.
    "--no-code-cache",
    ...(target === undefined ? [] : ["--target", target]),
    ...["--include", ".", "--output", output, "main.js"],
  ];
  try {
    // Trust the system's certificates besides Mozilla's: companies install their own authorities.
    await deno(compiler(), args, build, {
      DENO_TLS_CA_STORE: "mozilla,system",
      ...runtime === undefined ? {} : { DENORT_BIN: runtime },
    });
  } catch (error) {
    if (!(error instanceof ScriptFailure)) throw error;
    throw new ScriptFailure(
      `deno compile failed${target === undefined ? "" : ` for ${target}`}`,
      "if Deno's runtime cannot be downloaded, set DENORT_BIN to the runtime for the target " +
        "and ATHM_COMPILE_DENO to a Deno of the same version",
    );
  }
}

/** The Deno that compiles. */
export function compiler(): string {
  return Deno.env.get("ATHM_COMPILE_DENO") || Deno.execPath();
}

/** `commit 0123abc…`, with `with changes` if files differ from it. */
export async function origin(tree: string): Promise<string> {
  try {
    const commit = await printed("git", ["rev-parse", "HEAD"], tree);
    const changed = await printed("git", ["status", "--porcelain"], tree);
    return `commit ${commit}${changed === "" ? "" : " with changes"}`;
  } catch (error) {
    // A source archive has no history.
    if (error instanceof ScriptFailure) return "commit unknown";
    throw error;
  }
}

if (import.meta.main) {
  await script(async () => {
    const [option, file = `${root}/dist/athm`] = Deno.args;
    if (option !== undefined && option !== "--output") {
      throw new ScriptFailure(
        `unknown option ${option}`,
        "usage: deno task compile [--output FILE]",
      );
    }
    await Deno.mkdir(`${root}/dist`, { recursive: true });
    await compile(absolute(file));
  });
}
