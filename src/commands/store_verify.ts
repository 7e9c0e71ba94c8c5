import type { Command } from "../line/command.ts";
import { checkStore } from "../store/check.ts";
import { counted, storeFileOf } from "./store_opening.ts";
import { Failure } from "../model/failure.ts";
import { storeHome } from "../store/home.ts";

/** `athm store verify`: opens every file and looks at every mode. */
export const command: Command = {
  count: [0, 0],
  options: [],
  work: async (_line, system) => {
    const home = storeHome(system);
    const { profiles, sessions, problems } = await checkStore(system, home);
    for (const problem of problems) system.out(`${problem}\n`);
    if (problems.length) {
      const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
      throw new Failure("store-damaged", `${count} in the store ${home}`);
    }
    storeFileOf(system); // or there is none
    system.out(`${counted(profiles, sessions)} open, and nobody else has access\n`);
    return 0;
  },
};
