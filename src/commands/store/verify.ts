import type { Command } from "../../line/command.ts";
import { decodeSource } from "../../sources/all_sources.ts";
import { checkStore } from "../../store/check.ts";
import { counted, storeFileOf } from "./opening.ts";
import { Failure } from "../../model/failure.ts";
import { storeHome } from "../../store/files/home.ts";

/** `athm store verify`: opens every file and checks every mode. */
export const command: Command = {
  count: [0, 0],
  options: [{ name: "json", help: "print a JSON object" }],
  work: async ({ values }, system) => {
    const home = storeHome(system);
    const { profiles, sessions, problems } = await checkStore(system, home, decodeSource, {
      waits: true,
    });
    if (values.has("json")) {
      const found = { profiles, sessions, problems };
      system.out(JSON.stringify(found, undefined, 2) + "\n");
    } else for (const problem of problems) system.out(`${problem}\n`);
    if (problems.length) {
      const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
      throw new Failure("store-damaged", `${count} in the store ${home}`);
    }
    storeFileOf(system); // throws if there is no store
    if (values.has("json")) return 0;
    system.out(`${counted(profiles, sessions)} can be opened, and no other user has access\n`);
    return 0;
  },
};
