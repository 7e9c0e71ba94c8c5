/**
 * The real clients of AWS that are on this machine, or that can be had.
 *
 * @module
 */

export interface AwsClients {
  /** A Python that has boto3. */
  readonly python: string;
  /** The AWS CLI. */
  readonly aws: string;
}

async function said(program: string, ...args: readonly string[]): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(program, {
      args: [...args],
      stdin: "null",
      stderr: "null",
      signal: AbortSignal.timeout(120_000),
    }).output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    return undefined;
  }
}

async function clientsOf(python: string): Promise<AwsClients | undefined> {
  const found = await said(python, "-c", "import boto3, sys; print(sys.executable)");
  if (!found) return undefined;
  for (const aws of [found.replace(/[^/]*$/, "aws"), await said("which", "aws")]) {
    if (aws && await said(aws, "--version")) return { python: found, aws };
  }
  return undefined;
}

/** Those on PATH, else from PyPI in a folder that is kept; a sentence where there are none. */
export async function findAwsClients(): Promise<AwsClients | string> {
  const there = await clientsOf("python3");
  if (there) return there;
  const temporary = Deno.env.get("TMPDIR") ?? "/tmp";
  const folder = `${temporary}/athm-interop-clients`;
  const kept = await clientsOf(`${folder}/bin/python`);
  if (kept) return kept;
  if (await said("python3", "-m", "venv", folder) === undefined) {
    return "there is no python3 that makes a venv";
  }
  await said(`${folder}/bin/pip`, "install", "-q", "--timeout", "10", "boto3", "awscli");
  return await clientsOf(`${folder}/bin/python`) ?? "boto3 and awscli could not be had from PyPI";
}
