import type { Command } from "../../line/command.ts";
import { lock } from "../../store/custody/unlock.ts";
import { storeFileOf } from "./opening.ts";

/** `athm store lock`: undoes `unlock`. */
export const command: Command = {
  count: [0, 0],
  options: [],
  work: async (_line, system) => {
    const was = await lock(system, storeFileOf(system));
    system.say(was ? "athm: locked" : "athm: the store was not unlocked");
    return 0;
  },
};
