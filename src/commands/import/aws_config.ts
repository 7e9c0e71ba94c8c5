import type { Command } from "../../line/command.ts";
import { mergedSections, planAwsConfig } from "../../migration/aws_config.ts";
import { readAwsFiles } from "../../migration/aws_files.ts";
import { legalNames } from "../../migration/names.ts";
import { carryOut, chosenNames, importOptions, storedRoster } from "./importing.ts";

/** `athm import aws-config`: imports the role and Identity Center profiles of `~/.aws/config`. */
export const command: Command = {
  count: [0, Infinity],
  completes: "nothing",
  options: importOptions,
  examples: ["athm import aws-config --dry-run", "athm import aws-config --prefix work-"],
  work: async (line, system) => {
    const { operands, values } = line;
    const files = await readAwsFiles(system);
    const sections = mergedSections(files);
    const found = [...sections.keys()];
    const others = files.leftOut.config.map(({ from }) => from);
    const wanted = chosenNames(found, operands, values, files.configPath, others).keys();
    const prefix = values.text("prefix");
    const roster = await storedRoster(system);
    const plan = planAwsConfig(files, legalNames(found, prefix ?? ""), roster, { prefix, wanted });
    const { code } = await carryOut(system, line, plan, roster, files.configPath);
    return code;
  },
};
