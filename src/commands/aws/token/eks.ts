import type { Command } from "../../../line/command.ts";
import { checkCluster, execCredential } from "../../../tokens/eks.ts";
import { handingOut, tokenOptions, tokenOrigin } from "./origin.ts";

/** `athm aws token eks CLUSTER [NAME]`: prints the credential that kubectl's exec plugins print. */
export const command: Command = {
  count: [1, 2],
  options: tokenOptions("region of the cluster"),
  examples: [
    "athm aws token eks production example",
    "athm aws token eks production example --region us-west-2",
  ],
  work: async (line, system) => {
    const [cluster = "", ...operands] = line.operands;
    checkCluster(cluster);
    const info = system.env.get("KUBERNETES_EXEC_INFO");
    const origin = await tokenOrigin(line, system, operands, { offer: false });
    const { region } = origin;
    return await handingOut(
      system,
      origin,
      "eks",
      () => execCredential(system, origin, { cluster, region, info }),
    );
  },
};
