/**
 * AWS's own clients: those that `deno task peers` installed, else those of this machine.
 *
 * @module
 */
import { peersFolder } from "../../scripts/test/peers.ts";
import { ran } from "./programs.ts";

export interface AwsClients {
  /** A Python that has boto3. */
  readonly python: string;
  /** The AWS CLI. */
  readonly aws: string;
}

/** The clients, or the reason for skipping tests with them. */
export async function findAwsClients(): Promise<AwsClients | string> {
  for (const name of [`${peersFolder}/python/bin/python`, "python3"]) {
    const python = await said(name, "-c", "import boto3, sys; print(sys.executable)");
    if (!python) continue;
    for (const aws of [python.replace(/[^/]*$/, "aws"), await said("which", "aws")]) {
      if (aws && await said(aws, "--version")) return { python, aws };
    }
    return "AWS CLI v1 is not installed";
  }
  return "boto3 is not installed";
}

async function said(program: string, ...args: readonly string[]): Promise<string | undefined> {
  const outcome = await ran(program, args);
  return outcome?.code === 0 ? outcome.out.trim() : undefined;
}

/**
 * A Python whose botocore signs in to the console, which needs AWS's C runtime: the newest from PyPI in
 * a folder that is kept; a sentence where there is none.
 */
export async function findSigninPython(): Promise<{ readonly python: string } | string> {
  const folder = `${Deno.env.get("TMPDIR") ?? "/tmp"}/athm-interop-signin`;
  const python = `${folder}/bin/python`;
  const probe = ["-c", "import awscrt.crypto; from botocore.credentials import LoginProvider"];
  if (await said(python, ...probe) !== undefined) return { python };
  if (await said("python3", "-m", "venv", folder) === undefined) {
    return "there is no python3 that makes a venv";
  }
  await said(`${folder}/bin/pip`, "install", "-q", "--timeout", "10", "boto3[crt]");
  if (await said(python, ...probe) !== undefined) return { python };
  return "boto3[crt] could not be had from PyPI";
}
