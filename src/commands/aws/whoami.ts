import type { Command } from "../../line/command.ts";
import { callerIdentity } from "../../session/sign_in/identity.ts";
import { obtain, obtainOptions } from "../profile/obtain.ts";

/** `athm aws whoami NAME`: prints the identity that AWS sees. */
export const command: Command = {
  count: [0, 1],
  options: [{ name: "json", help: "print a JSON object" }, ...obtainOptions],
  work: async (line, system) => {
    const { profile, session } = await obtain(line, system, { inherits: true });
    const { arn, account, userId } = await callerIdentity(system, profile, session);
    system.out(
      line.values.has("json")
        ? JSON.stringify({ arn, account, userId }, undefined, 2) + "\n"
        : `${arn}\n`,
    );
    return 0;
  },
};
