import type { Profile } from "../../model/profile.ts";
import { factsOf } from "../../sources/all_sources.ts";
import { storeHome } from "../../store/files/home.ts";
import { removeFolder, tidied } from "../../system/folder.ts";
import type { System } from "../../system/system.ts";

/**
 * Finds the browser profile that a sign-in with these settings would use, and returns what removes
 * it afterward: it holds the provider's cookies. One that already existed belongs to a stored
 * profile, and one that is locked is in use; both stay.
 */
export async function browserTraces(
  system: System,
  { source }: Pick<Profile, "source">,
): Promise<() => void> {
  const name = await factsOf(source).browser?.();
  if (name === undefined) return () => {};
  const { files } = system;
  const all = browserFolder(system, storeHome(system));
  const folder = files.join(all, name);
  if (files.facts(folder)) return () => {};
  return () =>
    tidied(system, () => {
      if (!files.facts(folder)) return;
      const lock = files.tryLock(files.join(folder, "lock"));
      if (!lock) return;
      try {
        removeFolder(files, folder);
      } finally {
        lock.release();
      }
      if (files.list(all).length === 0) files.remove(all);
    });
}

/** The folder of a browser profile; without a name, the parent of all of them. */
export function browserFolder(
  { files }: Pick<System, "files">,
  home: string,
  name?: string,
): string {
  return files.join(home, "browser", ...name === undefined ? [] : [name]);
}
