import type { Command } from "../../line/command.ts";
import { usage } from "../../model/failure.ts";
import { rfc3339 } from "../../model/credentials.ts";
import { formatDuration, parseDuration } from "../../model/duration.ts";
import { fetchKey } from "../../store/store_file.ts";
import { longestUnlock, unlock } from "../../store/custody/unlock.ts";
import { guardKey } from "../profile/guard.ts";
import { storeFileOf } from "./opening.ts";

/** `athm store unlock`: prompts for the key once and keeps it in memory for a few hours. */
export const command: Command = {
  count: [0, 0],
  options: [{ name: "for", value: "TIME", help: "how long (default 8h, at most 24h)" }],
  work: async (line, system) => {
    const { values } = line;
    const seconds = parseDuration(values.text("for") ?? "8h", "--for");
    if (seconds < 1 || seconds * 1000 > longestUnlock) {
      throw usage(
        `--for must be at most ${formatDuration(longestUnlock / 1000)} and more than zero`,
      );
    }
    const file = storeFileOf(system);
    if (!file.custody.locks) {
      system.say(`athm: the store needs no unlocking: its custody is ${file.custody.kind}`);
      return 0;
    }
    await guardKey(line, system, file);
    const key = await fetchKey(system, file);
    const until = system.now() + seconds * 1000;
    await unlock(system, file, key, until);
    key.fill(0);
    system.say(`athm: unlocked until ${rfc3339(until)}; athm store lock ends it`);
    return 0;
  },
};
