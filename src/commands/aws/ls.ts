import type { Failure } from "../../model/failure.ts";
import type { Command } from "../../line/command.ts";
import { outlinesIn } from "../../session/outlines.ts";
import { openStore } from "../../session/stores.ts";
import { foundIn, profileTable, rowsOf } from "../profile/rows.ts";
import { warn, warnOfCertificate } from "../profile/warnings.ts";

/** `athm aws ls`: lists profiles and the remaining time of their sessions. */
export const command: Command = {
  count: [0, 0],
  options: [{ name: "json", help: "print a JSON array" }],
  work: async ({ values }, system) => {
    const store = await openStore(system);
    const listed = store ? await outlinesIn(store) : [];
    const damaged: Failure[] = [];
    const outlines = listed.filter((each) => "outline" in each);
    // The next sign-in replaces a damaged session.
    const found = store ? await foundIn(system, store, outlines, damaged) : [];
    const rows = rowsOf(system, found);
    for (const each of listed) {
      if (!("damaged" in each)) continue;
      // A profile based on it may have reported it with its name.
      const told = damaged.some(({ message }) => message.includes(each.file));
      if (!told) damaged.push(each.damaged);
    }
    if (values.has("json")) {
      const plain = rows.map(({ left: _, ...row }) => row);
      system.out(JSON.stringify(plain, undefined, 2) + "\n");
    } else if (rows.length) {
      system.out(profileTable(system, rows, system.terminal.width()));
    } else if (!damaged.length) {
      system.say("athm: no profiles yet; run athm aws add NAME to create one");
    }
    for (const { outline } of found) warnOfCertificate(system, outline);
    return warn(system, damaged);
  },
};
