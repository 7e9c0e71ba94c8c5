import { Failure, usage } from "../../model/failure.ts";
import { parseName } from "../../model/names.ts";
import { checkNamedPolicy } from "../../model/session_policy.ts";
import type { Command } from "../../line/command.ts";
import { openOrCreateStore } from "../../session/stores.ts";

/** Characters up to which AWS documents that it accepts a policy. */
const documented = 2048;

/** `athm policy add NAME FILE`: stores a session policy for `--policy @NAME`. */
export const command: Command = {
  count: [2, 2],
  options: [{ name: "force", help: "replace the policy of that name" }],
  examples: ["athm policy add deploy-only policy.json"],
  work: async ({ operands: [name = "", path = ""], values }, system) => {
    parseName(name);
    const bytes = system.files.read(path);
    if (!bytes) throw usage(`file ${path} not found`);
    const policy = checkNamedPolicy(new TextDecoder().decode(bytes), path);
    const store = await openOrCreateStore(system);
    await store.change(async () => {
      const there = values.has("force") ? undefined : await store.policies.find(name);
      if (there) {
        throw new Failure(
          "exists",
          `policy ${JSON.stringify(there.name)} already exists`,
          `athm policy add ${there.name} FILE --force replaces it`,
        );
      }
      await store.policies.save(name, { name, policy });
    });
    if (policy.length > documented) {
      system.say(`athm: warning: AWS may reject a policy of more than ${documented} characters`);
    }
    system.say(`athm: --policy @${name} uses this policy`);
    return 0;
  },
};
