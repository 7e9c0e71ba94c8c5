import type { Command } from "../../line/command.ts";
import { readAwsFiles } from "../../migration/aws_files.ts";
import { planAwsVault } from "../../migration/aws_vault.ts";
import { backends, findVault } from "../../migration/vault.ts";
import { carryOut, chosenNames, importOptions, storedRoster } from "./importing.ts";

/** `athm import aws-vault`: imports its keys with their settings in `~/.aws/config`. */
export const command: Command = {
  count: [0, Infinity],
  completes: "nothing",
  options: [
    { name: "backend", value: "B", choices: backends, help: "backend of aws-vault" },
    ...importOptions,
  ],
  examples: ["athm import aws-vault --dry-run", "athm import aws-vault && athm import aws-config"],
  work: async (line, system) => {
    const { operands, values } = line;
    const { config } = await readAwsFiles(system);
    const vault = await findVault(system, values.text("backend"), config, operands);
    const others = vault.leftOut.map(({ from }) => from);
    const names = chosenNames(vault.names, operands, values, vault.where, others);
    const roster = await storedRoster(system);
    const how = { asked: operands, dry: values.has("dry-run") };
    const plan = await planAwsVault(vault, names, config, how);
    const { code } = await carryOut(system, line, plan, roster, vault.where);
    return code;
  },
};
