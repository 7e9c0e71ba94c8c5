/**
 * Third-party programs, and the reasons for skipping tests without them.
 *
 * @module
 */
import { peersFolder } from "../../scripts/test/peers.ts";

/** The outcome of a program. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a program to its end; `undefined` if it is not installed. */
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

/** The path of a program on PATH, or nothing. */
export function onPath(name: string): string | undefined {
  return (Deno.env.get("PATH") ?? "").split(":").map((folder) => `${folder}/${name}`).find(isFile);
}

/** The path of a program that `deno task peers` installed there, else the one on PATH, or nothing. */
export function peer(name: string, path: string): string | undefined {
  return [`${peersFolder}/${path}`, onPath(name) ?? ""].find(isFile);
}

export function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** The reason for skipping a test that requires all these programs; nothing if they are on PATH. */
export function missing(...programs: readonly string[]): string | undefined {
  const first = programs.find((program) => onPath(program) === undefined);
  return first === undefined ? undefined : `${first} is not installed`;
}

/** The reason for skipping a test at a terminal. */
export function noTerminal(pty: unknown): string | undefined {
  return pty ? undefined : "there is no pseudo-terminal";
}

/**
 * A test's name and whether it is ignored: it is if there is a reason. The reason goes into the name,
 * where `deno task test` collects it; what a test file prints while it loads is lost.
 */
export function unless(
  reason: string | undefined,
  name: string,
): { readonly name: string; readonly ignore: boolean } {
  return reason === undefined
    ? { name, ignore: false }
    : { name: `${name} [SKIPPED: ${reason}]`, ignore: true };
}

/** The path of the AWS CLI v2, or nothing; PyPI has only v1. @param also another place to look */
export async function secondCli(also = ""): Promise<string | undefined> {
  const home = `${Deno.env.get("HOME")}/bin/aws`;
  for (const path of ["/usr/bin/aws", "/usr/local/bin/aws", home, also].filter(isFile)) {
    const outcome = await ran(path, ["--version"]);
    if (outcome?.out.startsWith("aws-cli/2")) return path;
  }
  return undefined;
}
