import type { Command } from "../../line/command.ts";
import { suggestion } from "../../model/names.ts";
import { usage } from "../../model/failure.ts";
import { changeCustody, custodyKinds, tidy } from "../../store/recustody.ts";
import { guardKey } from "../profile/guard.ts";
import { untilItStays } from "../../store/opened.ts";
import { storeFileOf } from "./opening.ts";

/** `athm store custody KIND`: changes how the store's key is held. */
export const command: Command = {
  count: [1, 1],
  options: [],
  examples: [
    "athm store custody keychain      # the system keychain holds the key",
    "athm store custody passphrase    # or change the passphrase",
    "athm store custody file          # the key is in store.json, for anyone who can read your files",
  ],
  work: async (line, system) => {
    const [kind = ""] = line.operands;
    if (!custodyKinds.includes(kind)) {
      throw usage(
        `unknown custody ${JSON.stringify(kind)}${suggestion(kind, custodyKinds)}`,
        `use one of ${custodyKinds.join(", ")}`,
      );
    }
    const done = await untilItStays(async () => {
      const file = storeFileOf(system);
      if (file.custody.kind !== kind || kind === "passphrase") {
        await guardKey(line, system, file);
        return await changeCustody(system, file, kind);
      }
      await tidy(system, file, false);
      return undefined;
    });
    if (!done) {
      system.say(`athm: the custody is already ${kind}`);
      return 0;
    }
    await system.audit({ event: "custody" });
    system.say(`athm: the custody of the store's key is now: ${kind}`);
    if (done.notice !== undefined) system.say(done.notice);
    if (system.env.get("ATHM_KEY") !== undefined) {
      system.say("athm: ATHM_KEY is still set and also opens the store");
    }
    return 0;
  },
};
