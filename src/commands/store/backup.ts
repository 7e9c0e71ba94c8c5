import type { Command } from "../../line/command.ts";
import { newBackupPassphrase, refuseTaken, sealBackup, writeBackup } from "../../store/backup.ts";
import { guardStore } from "../profile/guard.ts";
import { decodeSource } from "../../sources/all_sources.ts";
import { openedWith, untilItStays } from "../../store/opened.ts";
import { fetchKeys } from "../../store/store_file.ts";
import { contentOf } from "../../store/content.ts";
import { counted, sharedNames, storeFileOf } from "./opening.ts";

/** `athm store backup FILE`: writes a file encrypted with its own passphrase. */
export const command: Command = {
  count: [1, 1],
  options: [{ name: "force", help: "replace an existing file" }],
  examples: [
    "athm store backup athm-2026.backup",
    "ATHM_BACKUP_PASSPHRASE_FILE=/run/secrets/backup athm store backup /backups/athm.backup",
  ],
  work: async (line, system) => {
    const { operands: [name = ""], values } = line;
    const replace = values.has("force");
    const path = system.files.absolute(name);
    storeFileOf(system);
    // Fail before any prompt or read.
    refuseTaken(system.files, path, replace);
    const content = await untilItStays(async () => {
      const file = storeFileOf(system);
      const opened = openedWith(system, file, await fetchKeys(system, file), decodeSource);
      const content = await contentOf(opened, sharedNames, { withoutDamaged: false });
      opened.stays();
      return content;
    });
    // Anyone with the backup's passphrase can read every key in it.
    await guardStore(line, system, content.profiles, "a backup that contains");
    const words = await newBackupPassphrase(system);
    const bytes = await sealBackup(content, system.now(), words);
    writeBackup(system, path, bytes, { replace });
    await system.audit({ event: "backup" });
    system.say(
      `athm: ${counted(content.profiles.length, content.sessions.size)} written to ${path}; ` +
        "without its passphrase it cannot be read",
    );
    return 0;
  },
};
