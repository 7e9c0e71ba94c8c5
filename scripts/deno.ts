/**
 * Runs Deno and git for the scripts.
 *
 * @module
 */

/** The checkout's folder. Windows' paths have a drive where URLs have a slash before it. */
export const root: string = decodeURIComponent(new URL("../", import.meta.url).pathname)
  .replace(/\/$/, "").replace(/^\/(?=[A-Za-z]:)/, "");

/** The same file's path from the root; on Windows that begins with a drive, or a backslash. */
export function absolute(path: string): string {
  return /^([A-Za-z]:)?[\\/]/.test(path) ? path : `${Deno.cwd()}/${path}`;
}

/** Something that a script cannot do, told in a sentence and with what helps. */
export class ScriptFailure extends Error {
  readonly hint: string | undefined;
  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** Runs this Deno; throws when it fails, after it has said why itself. */
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

/** What a program prints, without the last line's end. */
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

/** Where to get the programs that scripts need. */
const sources: Readonly<Record<string, string>> = {
  git: "install git with your system's packages, or from git-scm.com",
};

async function spawned<T>(program: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new ScriptFailure(`${program} is not installed`, sources[program]);
  }
}

/** Runs a script's work and ends with 1 and a sentence where it refuses. */
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

/** A line on standard error. */
export function tell(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** A line on standard output. */
export function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
