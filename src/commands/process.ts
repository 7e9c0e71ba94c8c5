import type { Command } from "../line/command.ts";
import { processDocument } from "../formats/json.ts";
import { obtain, obtainOptions } from "./obtain.ts";

/** `athm aws process NAME`: the document that SDKs read from a credential_process. */
export const command: Command = {
  count: [0, 1],
  options: [
    ...obtainOptions,
  ],
  examples: ["credential_process = athm aws process example     # in ~/.aws/config"],
  work: async (line, system) => {
    const { name, session } = await obtain(line, system, { offer: false });
    system.giveUpNetwork();
    system.out(processDocument(session));
    await system.audit({ event: "process", profile: name, session });
    return 0;
  },
};
