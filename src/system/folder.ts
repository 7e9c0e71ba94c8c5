import type { Files } from "./files.ts";

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
