import type { Command } from "../../../line/command.ts";
import { type Column, tableText } from "../../../screen/columns.ts";
import { openStore } from "../../../session/stores.ts";
import { assignmentsAt, namedPortal, portalOptions } from "./portal.ts";

const columns: readonly Column[] = [
  { title: "ACCOUNT" },
  { title: "NAME", least: 12 },
  { title: "EMAIL", least: 8, leaves: 1 },
  { title: "ROLE", least: 12 },
];

/** `athm aws sso ls START_URL`: lists the accounts and roles of an access portal. */
export const command: Command = {
  count: [1, 1],
  options: [{ name: "json", help: "print a JSON array" }, ...portalOptions],
  examples: ["athm aws sso ls https://example.awsapps.com/start --sso-region eu-west-1"],
  work: async ({ operands: [startUrl = ""], values }, system) => {
    const store = await openStore(system);
    const portal = await namedPortal(startUrl, values, system, store);
    const found = await assignmentsAt(portal, system, store);
    if (values.has("json")) {
      const rows = found.map(({ account, accountName, email = null, role }) => ({
        account,
        accountName,
        email,
        role,
      }));
      system.out(JSON.stringify(rows, undefined, 2) + "\n");
    } else if (found.length) {
      const rows = found.map(({ account, accountName, email, role }) => [
        account,
        accountName,
        email ?? "-",
        role,
      ]);
      system.out(tableText(columns, rows, system.terminal.width()));
    } else system.say("athm: this portal offers no accounts");
    return 0;
  },
};
