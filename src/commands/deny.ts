import { Failure } from "../model/failure.ts";
import { folderFileName } from "../model/folder_profile.ts";
import { plain } from "../model/shown_command.ts";
import type { Command } from "../line/command.ts";
import { deny } from "../session/folder.ts";
import { openStore } from "../session/stores.ts";

/** `athm deny`: takes back `athm allow`. */
export const command: Command = {
  count: [0, 0],
  options: [],
  work: async (_line, system) => {
    const denied = await deny(system, await openStore(system));
    if (!denied) {
      throw new Failure("not-found", `no ${folderFileName} file in this folder or above`);
    }
    const { path, was } = denied;
    system.say(`athm: ${plain(path)} ${was ? "no longer chooses a profile" : "was not allowed"}`);
    return 0;
  },
};
