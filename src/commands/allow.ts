import { Failure } from "../model/failure.ts";
import { folderFileName } from "../model/folder_profile.ts";
import { plain } from "../model/shown_command.ts";
import type { Command } from "../line/command.ts";
import { allow, folderFile } from "../session/folder.ts";
import { noProfile, profileNamed } from "../session/keep.ts";
import { openStore } from "../session/stores.ts";

/** `athm allow`: lets the nearest `.athm` file, as it is now, choose the profile. */
export const command: Command = {
  count: [0, 0],
  options: [],
  examples: ["athm allow      # after: echo example > .athm"],
  work: async (_line, system) => {
    const file = folderFile(system);
    if (!file) {
      throw new Failure(
        "not-found",
        `no ${folderFileName} file in this folder or above`,
        `write the name of a profile into ${folderFileName} first`,
      );
    }
    const path = plain(file.path);
    const store = await openStore(system);
    if (!store) throw noProfile(file.name, [], path);
    const { name } = await profileNamed(store, file.name, path);
    await allow(store, file);
    system.say(`athm: ${path} chooses the profile ${name} now, until it changes`);
    return 0;
  },
};
