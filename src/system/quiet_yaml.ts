import { Failure } from "../model/failure.ts";
import type { System } from "./system.ts";

/**
 * The YAML parser prints what it reads if one of these is set, and a file may hold secrets.
 *
 * @throws {Failure} `files`
 */
export function refuseNoise({ env }: Pick<System, "env">): void {
  const set = ["LOG_STREAM", "LOG_TOKENS"].find((name) => env.get(name));
  if (set === undefined) return;
  throw new Failure(
    "files",
    `${set} is set, so the YAML parser would print the file`,
    `unset ${set}`,
  );
}
