import type { Command } from "../../line/command.ts";
import { nameKey } from "../../model/names.ts";
import { guardProfiles } from "../profile/guard.ts";
import { decodeSource } from "../../sources/all_sources.ts";
import { merged, readBackup } from "../../store/backup.ts";
import { fetchKeys, readStoreFile } from "../../store/store_file.ts";
import { openOrCreateStore } from "../../session/stores.ts";
import { type OpenedStore, openedWith, untilItStays } from "../../store/opened.ts";
import { contentOf } from "../../store/content.ts";
import { sameProfile } from "../../store/sealing/records.ts";
import { succeed } from "../../store/succession.ts";
import { storeHome } from "../../store/files/home.ts";
import { counted, sharedNames, storeFileOf } from "./opening.ts";

/** `athm store restore FILE`: merges a backup into the store, all or nothing. */
export const command: Command = {
  count: [1, 1],
  options: [{
    name: "force",
    help: "replace profiles with other settings, and drop files that cannot be opened",
  }],
  work: async (line, system) => {
    const { operands: [name = ""], values } = line;
    const replace = values.has("force");
    const backup = await readBackup(system, system.files.absolute(name), decodeSource);
    // Create a store only after the backup was opened.
    if (!readStoreFile(system, storeHome(system))) await openOrCreateStore(system);
    const guardRestored = async (opened: OpenedStore) => {
      const { profiles } = await contentOf(opened, sharedNames, { withoutDamaged: replace });
      const known = new Map(profiles.map((each) => [nameKey(each.name), each]));
      const made = backup.profiles.filter((each) => {
        const there = known.get(nameKey(each.name));
        // Without --force, other settings are an error.
        return !there || (replace && !sameProfile(there, each));
      });
      const changed = made.map(({ name }) => name);
      await guardProfiles(line, system, profiles, { changed, made });
    };
    const { file } = await untilItStays(async () => {
      const file = storeFileOf(system);
      const keys = await fetchKeys(system, file);
      await guardRestored(openedWith(system, file, keys, decodeSource));
      return await succeed(system, file, {
        keys,
        sources: decodeSource,
        content: async (shelves) => {
          const there = await contentOf(shelves, sharedNames, { withoutDamaged: replace });
          return merged(there, backup, { replace });
        },
      });
    });
    await system.audit({ event: "restore" });
    const what = counted(backup.profiles.length, backup.sessions.size);
    system.say(`athm: restored ${what} into ${file.home}`);
    return 0;
  },
};
