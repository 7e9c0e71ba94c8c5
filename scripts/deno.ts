/**
 * Runs Deno and git for the scripts.
 *
 * @module
 */

/** The checkout's folder. On Windows, URL paths have a slash before the drive letter. */
export const root: string = decodeURIComponent(new URL("../", import.meta.url).pathname)
  .replace(/\/$/, "").replace(/^\/(?=[A-Za-z]:)/, "");

/** Makes a path absolute; on Windows an absolute path may start with a drive letter or backslash. */
export function absolute(path: string): string {
  return /^([A-Za-z]:)?[\\/]/.test(path) ? path : `${Deno.cwd()}/${path}`;
}

/** An expected error of a script, with an optional hint. */
export class ScriptFailure extends Error {
  readonly hint: string | undefined;
  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** Runs Deno, which prints its own errors; throws if it fails. */
export async function deno(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const command = new Deno.Command(program, {
    args: [...args],
    cwd,
    env: { DENO_NO_UPDATE_CHECK: "1", ...env },
    stdin: "null",
  });
  const { success } = await spawned(program, () => command.spawn().status);
  if (!success) throw new ScriptFailure(`deno ${args[0]} failed`);
}

/** The standard output of a program, without the final newline. */
export async function printed(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const command = new Deno.Command(program, { args: [...args], cwd, env, stdin: "null" });
  const { success, stdout, stderr } = await spawned(program, () => command.output());
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).replace(/\n$/, "");
  if (!success) {
    throw new ScriptFailure(
      `${program.split("/").at(-1)} ${args.join(" ")} failed: ${text(stderr)}`,
    );
  }
  return text(stdout);
}

/** How to install the programs that scripts need. */
const sources: Readonly<Record<string, string>> = {
  git: "install git with your package manager or from git-scm.com",
};

async function spawned<T>(program: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new ScriptFailure(`${program} is not installed`, sources[program]);
  }
}

/** Runs a script; prints a `Refusal` and sets the exit code to 1. */
export async function script(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ScriptFailure)) throw error;
    tell(`error: ${error.message}`);
    if (error.hint !== undefined) tell(`hint: ${error.hint}`);
    Deno.exitCode = 1;
  }
}

/** Prints a line to standard error. */
export function tell(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** Prints a line to standard output. */
export function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
