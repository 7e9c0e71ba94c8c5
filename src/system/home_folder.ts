import { Failure } from "../model/failure.ts";
import type { System } from "./system.ts";

/**
 * The folder of the person, as the AWS SDK finds it.
 *
 * @throws {Failure} `files` where the environment does not tell.
 */
export function homeFolder({ env }: System): string {
  const home = env.get("HOME") || env.get("USERPROFILE");
  if (home) return home;
  throw new Failure("files", "HOME is not set, so the AWS files cannot be found", "set HOME");
}

/** A path with `~/` at its beginning spelt out. */
export function expanded(system: System, path: string): string {
  return /^~[\\/]/.test(path) ? system.files.join(homeFolder(system), path.slice(2)) : path;
}
