import { naturally } from "../../model/natural.ts";
import type { Command } from "../../line/command.ts";
import { openStore } from "../../session/stores.ts";

/** `athm policy ls`: prints the names of the stored policies. */
export const command: Command = {
  count: [0, 0],
  options: [],
  work: async (_line, system) => {
    const store = await openStore(system);
    const names = (await store?.policies.all() ?? []).map(({ name }) => name).sort(naturally);
    for (const name of names) system.out(`${name}\n`);
    if (!names.length) {
      system.say("athm: no policies yet; run athm policy add NAME FILE to add one");
    }
    return 0;
  },
};
