import { Failure, quote } from "../../model/failure.ts";
import type { Command } from "../../line/command.ts";
import { mergedSections } from "../../migration/aws_config.ts";
import { namesWithKeys, planAwsCredentials } from "../../migration/aws_credentials.ts";
import { type AwsFiles, readAwsFiles } from "../../migration/aws_files.ts";
import { removeKeys } from "../../migration/credentials_file.ts";
import type { Incoming } from "../../migration/plan.ts";
import { openStore } from "../../session/stores.ts";
import type { System } from "../../system/system.ts";
import { sameProfile } from "../../store/sealing/records.ts";
import { carryOut, chosenNames, importOptions, storedRoster } from "./importing.ts";

/** `athm import aws-credentials`: imports keys of `~/.aws/credentials`, and can remove them. */
export const command: Command = {
  count: [0, Infinity],
  completes: "nothing",
  options: [
    { name: "remove", help: "remove imported keys from the file after a backup, without a prompt" },
    ...importOptions,
  ],
  examples: ["athm import aws-credentials --dry-run", "athm import aws-credentials --remove"],
  work: async (line, system) => {
    const { operands, values } = line;
    const files = await readAwsFiles(system);
    const { credentialsPath, credentials, leftOut } = files;
    const others = [...credentials.keys(), ...leftOut.credentials.map(({ from }) => from)];
    const names = chosenNames(namesWithKeys(files), operands, values, credentialsPath, others);
    const roster = await storedRoster(system);
    const plan = planAwsCredentials(files, names);
    const { code, kept } = await carryOut(system, line, plan, roster, credentialsPath);
    if (!kept.length) return code;
    const sure = await stored(system, kept);
    const prefix = values.text("prefix");
    const same = [...operands, ...prefix === undefined ? [] : ["--prefix", prefix]];
    if (!await agreed(system, values.has("remove"), files, sure, same)) return code;
    const { removed, left, backup } = await removeKeys(
      system,
      credentialsPath,
      sure,
      files.credentials,
    );
    for (const { name, why } of left) system.say(`athm: ${name} remains in the file: ${why}`);
    if (backup !== undefined) {
      system.say(`athm: removed ${removed.join(", ")} from ${credentialsPath}`);
      system.say(
        `athm: hint: once everything works, remove the backup that contains the keys: rm ${
          quote(backup)
        }`,
      );
    }
    return left.length ? 1 : code;
  },
};

/** Only keys that the store returns unchanged may be removed from the file. */
async function stored(system: System, kept: readonly Incoming[]): Promise<string[]> {
  const store = await openStore(system);
  const sure: string[] = [];
  const read = await Promise.all(kept.map(({ name }) => store?.profile(name)));
  for (const [at, { from, name, profile }] of kept.entries()) {
    const there = read[at];
    if (!there || !profile || !sameProfile(there, profile)) {
      throw new Failure("files", `the store cannot read ${name} back; nothing was removed`);
    }
    sure.push(from);
  }
  return sure;
}

async function agreed(
  { terminal, say }: System,
  remove: boolean,
  files: AwsFiles,
  names: readonly string[],
  same: readonly string[],
): Promise<boolean> {
  const standing = [...mergedSections(files)].filter(([, section]) =>
    names.includes(section.get("source_profile") ?? "")
  ).map(([name]) => name);
  const path = files.credentialsPath;
  if (!remove && !terminal.canAsk) {
    const again = ["--remove", ...same.map(quote)].join(" ");
    say(
      `athm: hint: the keys are still in ${path}; remove them with athm import aws-credentials ${again}`,
    );
    return false;
  }
  if (standing.length) {
    say(`athm: without these keys, other tools can no longer use ${standing.join(", ")}`);
  }
  if (remove) return true;
  const answer = await terminal.ask(
    `Remove the keys of ${names.join(", ")} from ${path}? A backup is kept next to it [y/N] `,
  );
  return /^y(es)?$/i.test(answer);
}
