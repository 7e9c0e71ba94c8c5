import type { Command } from "../../line/command.ts";
import { processDocument } from "../../formats/json.ts";
import { obtain, obtainOptions, withGoodLife } from "../profile/obtain.ts";

/** `athm aws process NAME`: prints the credential_process document for SDKs. */
export const command: Command = {
  count: [0, 1],
  options: [...obtainOptions],
  examples: [
    "credential_process = athm aws process example     # in ~/.aws/config, as aws configure writes it",
  ],
  work: async (line, system) => {
    const obtained = await obtain(line, system, { offer: false, inherits: true });
    const { name, narrowed } = obtained;
    const session = await withGoodLife(line, system, obtained);
    system.giveUpNetwork();
    system.out(processDocument(session));
    await system.audit({ event: "process", profile: name, session, narrowed });
    return 0;
  },
};
