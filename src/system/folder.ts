import { Failure } from "../model/failure.ts";
import type { Files } from "./files.ts";
import type { System } from "./system.ts";

/**
 * Removes a folder with all that is in it; symbolic links in it are removed and not followed. Nothing
 * happens when there is none.
 *
 * @throws {Failure} `files`, with a part of it gone.
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

/** Tidies up where the reason for it is what the person is told: what could not be removed is traced. */
export function tidied({ trace }: Pick<System, "trace">, tidy: () => void): void {
  try {
    tidy();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    trace("not tidied up", { code: error.code, why: error.message });
  }
}
