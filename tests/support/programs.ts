/**
 * Programs that others wrote, for tests that need them, and saying that they are not here.
 *
 * @module
 */

/** What a run of a program came to. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a program to its end; `undefined` where it is not installed. */
export async function ran(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Outcome | undefined> {
  try {
    const { code, stdout, stderr } = await new Deno.Command(program, {
      args: [...args],
      stdin: "null",
      ...options,
    }).output();
    const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, out: decode(stdout), err: decode(stderr) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The sentence about a program that is not installed. */
export async function missing(
  program: string,
  ...args: readonly string[]
): Promise<string | undefined> {
  return await ran(program, args) ? undefined : `${program} is not installed`;
}

/** Says why something is not tested here, where there is a reason; true then, for `ignore`. */
export function skip(what: string, why: string | undefined): boolean {
  if (why === undefined) return false;
  Deno.stdout.writeSync(new TextEncoder().encode(`SKIPPED: ${what}, since ${why}\n`));
  return true;
}
