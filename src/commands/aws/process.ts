import { goodUntil, type Session } from "../../model/credentials.ts";
import { Failure } from "../../model/failure.ts";
import type { Command } from "../../line/command.ts";
import { processDocument } from "../../formats/json.ts";
import type { System } from "../../system/system.ts";
import { obtain, obtainOptions, type RenewableSession } from "../profile/obtain.ts";

/** `athm aws process NAME`: prints the credential_process document for SDKs. */
export const command: Command = {
  count: [0, 1],
  options: [...obtainOptions],
  examples: [
    "credential_process = athm aws process example     # in ~/.aws/config, as aws configure writes it",
  ],
  work: async (line, system) => {
    const obtained = await obtain(line, system, { offer: false });
    const { name, narrowed } = obtained;
    const chosen = line.values.has("min-ttl") || name === undefined;
    const session = chosen ? obtained.session : await withGoodLife(system, obtained);
    system.giveUpNetwork();
    system.out(processDocument(session));
    await system.audit({ event: "process", profile: name, session, narrowed });
    return 0;
  },
};

/** SDKs ask at every call in the last 15 minutes, so renew earlier if that needs no person. */
async function withGoodLife(
  system: System,
  { session, renewal }: RenewableSession,
): Promise<Session> {
  if (system.now() < goodUntil(session)) return session;
  try {
    return await (await renewal()).renew(session.issued);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    system.trace("not renewed early", { code: error.code });
    return session;
  }
}
