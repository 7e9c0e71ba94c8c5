import { parseName } from "../../model/names.ts";
import type { Command } from "../../line/command.ts";
import { openStore } from "../../session/stores.ts";
import { noPolicy } from "./named.ts";

/** `athm policy rm NAME`: removes the policy; sessions made with it last until they expire. */
export const command: Command = {
  count: [1, 1],
  options: [],
  completes: "policy",
  work: async ({ operands: [name = ""] }, system) => {
    parseName(name);
    const store = await openStore(system);
    if (!await store?.policies.remove(name)) throw await noPolicy(name, store);
    system.say(`athm: removed the policy ${name}`);
    return 0;
  },
};
