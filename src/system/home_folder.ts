import { Failure } from "../model/failure.ts";
import type { System } from "./system.ts";

/**
 * The person's own folder.
 *
 * @throws {Failure} `files` where no variable names it.
 */
export function homeFolder({ env }: Pick<System, "env">): string {
  const home = env.get("HOME") || env.get("USERPROFILE");
  if (home) return home;
  throw new Failure("files", "HOME is not set, so the AWS files cannot be found", "set HOME");
}

/** A path with `~/` at its beginning spelt out, as AWS's tools take it in variables. */
export function expanded(system: Pick<System, "env" | "files">, path: string): string {
  return /^~[\\/]/.test(path) ? system.files.join(homeFolder(system), path.slice(2)) : path;
}
