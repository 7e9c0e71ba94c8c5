/**
 * Runs the programs that a ground needs.
 *
 * @module
 */
import { ProofSkipped, type Ran, type RunOptions } from "./ground.ts";

const defaultTimeout = 60_000;

/** Milliseconds for an emulated program on a busy machine. */
export const emulatedTimeout = 300_000;

/** Runs a program of this machine with only these variables. Kills it on timeout. */
export async function run(
  program: string,
  args: readonly string[],
  { env = {}, input, cwd, timeout = defaultTimeout }: RunOptions = {},
): Promise<Ran> {
  const child = new Deno.Command(program, {
    args: [...args],
    clearEnv: true,
    env: { ...env },
    ...cwd === undefined ? {} : { cwd },
    stdin: input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(timeout),
  }).spawn();
  if (input !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
  }
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** The path of an installed program. */
export async function found(program: string): Promise<string | undefined> {
  const { code, stdout } = await run("/bin/sh", ["-c", `command -v ${program}`], {
    env: { PATH: Deno.env.get("PATH") ?? "" },
  });
  return code === 0 ? stdout.trim() : undefined;
}

/**
 * Installs Debian packages unless `file` exists.
 *
 * @throws {ProofSkipped} if apt or root is missing, or the packages cannot be installed
 */
export async function debianPackages(file: string, packages: readonly string[]): Promise<void> {
  if (await Deno.stat(file).then(() => true, () => false)) return;
  const names = packages.join(" ");
  if (Deno.uid() !== 0) throw new ProofSkipped(`${names} not installed, and not running as root`);
  if (!await found("apt-get")) {
    throw new ProofSkipped(`${names} not installed, and apt-get not found`);
  }
  const env = { PATH: Deno.env.get("PATH") ?? "", DEBIAN_FRONTEND: "noninteractive" };
  const timeout = 600_000;
  await run("apt-get", ["update", "-q"], { env, timeout });
  const args = ["install", "-y", "-q", "--no-install-recommends", ...packages];
  const { code, stderr } = await run("apt-get", args, { env, timeout });
  if (code !== 0) {
    throw new ProofSkipped(`apt-get cannot install ${names}: ${stderr.trim().split("\n").at(-1)}`);
  }
}
