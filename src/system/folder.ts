import { Failure } from "../model/failure.ts";
import type { Files } from "./files.ts";
import type { System } from "./system.ts";

/** Recursively, without following links; a missing folder is ignored. @throws {Failure} `files` */
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
    trace("not cleaned up", { code: error.code, why: error.message });
  }
}
