import type { Command } from "../../line/command.ts";
import { decodeSource } from "../../sources/all_sources.ts";
import { rekey } from "../../store/rekey.ts";
import { counted, sharedNames, storeFileOf } from "./opening.ts";

/** `athm store rekey`: re-encrypts everything with a new key. */
export const command: Command = {
  count: [0, 0],
  options: [],
  work: async (_line, system) => {
    const done = await rekey(system, () => storeFileOf(system), decodeSource, sharedNames);
    await system.audit({ event: "rekey" });
    if (done.kind === "finished") {
      system.say(`athm: finished the interrupted change to the key ${done.keyId}`);
      return 0;
    }
    const { profiles, sessions } = done.content;
    const what = counted(profiles.length, sessions.size);
    system.say(`athm: the store has a new key, ${done.keyId}; it encrypts ${what}`);
    return 0;
  },
};
