import { Failure } from "../../model/failure.ts";
import type { ChildSpec } from "../../system/children.ts";
import { platforms } from "../../system/platforms.ts";
import type { System } from "../../system/system.ts";

/** Of a program that helps to sign in. */
export const limits = { seconds: 60, bytes: 256 * 1024 };

/**
 * Runs a person's command line in the system's shell; stderr is passed through.
 * @throws {Failure} `source` if it fails or exceeds a limit; never quotes the output
 */
export async function askCommand(
  { children, platform }: System,
  commandLine: string,
  title: string,
  change: Pick<ChildSpec, "set" | "unset">,
): Promise<string> {
  const [command, ...args] = platforms[platform].shell(commandLine);
  const { code, stdout } = await children.help({ command, args, title, ...change, ...limits });
  if (code === 0) return stdout;
  throw new Failure(
    "source",
    `${title} failed with exit code ${code}`,
    "run it manually to see its output",
  );
}
