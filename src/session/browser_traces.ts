import type { Profile } from "../model/profile.ts";
import { browserFolder, browserProfileName } from "../sources/saml_name.ts";
import { storeHome } from "../store/home.ts";
import { removeFolder, tidied } from "../system/folder.ts";
import type { System } from "../system/system.ts";

/**
 * Looks where the browser's own profile is that a sign-in to these settings would use, and returns what
 * removes it again if this sign-in made it: it holds the provider's cookies. One that was there before
 * belongs to a stored profile, one that is locked is in use; both stay.
 */
export async function browserTraces(
  system: System,
  { source }: Pick<Profile, "source">,
): Promise<() => void> {
  if (source.kind !== "saml" || source.via !== "browser") return () => {};
  const { files } = system;
  const home = storeHome(system);
  const folder = browserFolder(system, home, await browserProfileName(source));
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
      const all = browserFolder(system, home);
      if (files.list(all).length === 0) files.remove(all);
    });
}
