import { Failure, usage } from "../../model/failure.ts";
import type { Command } from "../../line/command.ts";
import { askedRepository, gitCredential, gitInputLimit } from "../../tokens/codecommit.ts";
import { handingOut, tokenOptions, tokenOrigin } from "./token/origin.ts";

const operations = ["get", "store", "erase"];

/** `athm aws git-credential [NAME] get`: answers Git's question for a CodeCommit password. */
export const command: Command = {
  count: [1, 2],
  options: tokenOptions("region of STS; the host name has that of the repository"),
  completes: "profile",
  examples: ["git config --global credential.helper '!athm aws git-credential example'"],
  work: async (line, system) => {
    const operation = line.operands.at(-1) ?? "";
    if (!operations.includes(operation)) {
      throw usage(
        "athm aws git-credential requires an operation: get, store or erase",
        "Git adds it: git config credential.helper '!athm aws git-credential NAME'",
      );
    }
    // Each call makes a new password, so there is nothing to store or erase.
    if (operation !== "get") return 0;
    const input = await system.readInput(gitInputLimit);
    if (!input) throw new Failure("files", `Git sent more than ${gitInputLimit} bytes`);
    const repository = askedRepository(new TextDecoder().decode(input));
    // Without an answer, Git asks other helpers and the person.
    if (!repository) return 0;
    const origin = await tokenOrigin(line, system, line.operands.slice(0, -1), { offer: false });
    return await handingOut(
      system,
      origin,
      "codecommit",
      () => gitCredential(system, origin, repository),
    );
  },
};
