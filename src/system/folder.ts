import { Failure } from "../model/failure.ts";
import type { Files } from "./files.ts";
import type { System } from "./system.ts";

/**
 * Removes a folder recursively, without following symbolic links. Ignores a missing folder.
 *
 * @throws {Failure} `files`, possibly after removing a part.
 */
export function removeFolder(
  files: Pick<Files, "facts" | "list" | "remove" | "join">,
  path: string,
) {
  const facts = files.facts(path);
  if (!facts) return;
  if (facts.kind === "folder") {
    for (const name of files.list(path)) removeFolder(files, files.join(path, name));
  }
  files.remove(path);
}

/** Cleans up after an error: only traces further failures, so that the first one is reported. */
export function tidied({ trace }: Pick<System, "trace">, tidy: () => void): void {
  try {
    tidy();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    trace("not tidied up", { code: error.code, why: error.message });
  }
}
