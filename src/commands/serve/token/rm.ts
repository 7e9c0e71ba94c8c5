import { parseLabel } from "../../../model/names.ts";
import type { Command } from "../../../line/command.ts";
import { defaultLabel } from "../../../session/serving/serving.ts";
import { openStore } from "../../../session/stores.ts";
import { clientNamed, noClient } from "../client.ts";
import { tokenPath } from "../token_file.ts";

/** `athm serve token rm LABEL`: ends a client's token; a running server rejects it from now on. */
export const command: Command = {
  count: [1, 1],
  options: [],
  completes: "client",
  work: async ({ operands: [label = ""] }, system) => {
    parseLabel(label);
    const store = await openStore(system);
    if (!store) throw await noClient(label, undefined);
    const removed = await store.change(async () => {
      if (label.toLowerCase() === defaultLabel) {
        return system.files.remove(tokenPath(system, store, undefined)) ? defaultLabel : undefined;
      }
      const client = await clientNamed(store, label);
      if (!client) return undefined;
      await store.clients.remove(client.tokenHash);
      system.files.remove(tokenPath(system, store, undefined, label));
      return client.label;
    });
    if (removed === undefined) throw await noClient(label, store);
    await system.audit({ event: "client-rm", client: removed });
    system.say(
      removed === defaultLabel
        ? "athm: removed the token of default; the next athm serve makes another, " +
          "unless it has --clients-only"
        : `athm: removed ${removed}; credentials that it has already fetched last until they expire`,
    );
    return 0;
  },
};
