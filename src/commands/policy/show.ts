import { parseName } from "../../model/names.ts";
import type { Command } from "../../line/command.ts";
import { openStore } from "../../session/stores.ts";
import { noPolicy } from "./named.ts";

/** `athm policy show NAME`: prints the policy as it was added. */
export const command: Command = {
  count: [1, 1],
  options: [],
  completes: "policy",
  work: async ({ operands: [name = ""] }, system) => {
    parseName(name);
    const store = await openStore(system);
    const found = await store?.policies.find(name);
    if (!found) throw await noPolicy(name, store);
    system.out(found.policy.replace(/\n*$/, "\n"));
    return 0;
  },
};
