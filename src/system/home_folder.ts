import { Failure } from "../model/failure.ts";
import type { System } from "./system.ts";

/** @throws {Failure} `files` if no variable names it. */
export function homeFolder({ env }: Pick<System, "env">): string {
  const home = findHomeFolder({ env });
  if (home !== undefined) return home;
  throw new Failure("files", "HOME is not set: cannot find the AWS files", "set HOME");
}

export function findHomeFolder({ env }: Pick<System, "env">): string | undefined {
  return env.get("HOME") || env.get("USERPROFILE") || undefined;
}

/** Expands a leading `~/`, as AWS's tools do in variables. */
export function expanded(system: Pick<System, "env" | "files">, path: string): string {
  return /^~[\\/]/.test(path) ? system.files.join(homeFolder(system), path.slice(2)) : path;
}
