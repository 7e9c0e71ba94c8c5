import { promptsDisabled, quote, usage } from "../../model/failure.ts";
import type { Command } from "../../line/command.ts";
import type { Values } from "../../line/values.ts";
import { checkPrefix } from "../../migration/names.ts";
import { rosterOf } from "../../migration/plan.ts";
import { parseTeamFile } from "../../migration/team/parse.ts";
import { keepImported } from "../../session/adding.ts";
import { openOrCreateStore, openStore, profilesIn } from "../../session/stores.ts";
import { refuseNoise } from "../../system/quiet_yaml.ts";
import type { System } from "../../system/system.ts";
import { networkOptions } from "../profile/options.ts";
import { importOptions, saveImported } from "./importing.ts";
import { compared, differenceLines, gone, type TeamChange } from "./team/difference.ts";
import { exportFile } from "./team/export.ts";
import { profilesOf } from "./team/ordered.ts";
import { refuseOlder, seriesOf, take } from "./team/serial.ts";
import { signedFile } from "./team/signed_file.ts";

/** `athm import file FILE|URL`: imports profiles from a file for a team, or exports such a file. */
export const command: Command = {
  count: [0, Infinity],
  completes: "file",
  options: [
    {
      name: "signed-by",
      value: "KEYFILE",
      completes: "file",
      help: "SSH public keys, one of which must have signed the file; required for a URL",
    },
    ...importOptions,
    { name: "yes", help: "do not prompt" },
    ...networkOptions.filter(({ name }) => name === "ca-bundle"),
    { name: "export", help: "print such a file with the profiles NAME…, or all; without secrets" },
  ],
  examples: [
    "athm import file https://example.com/athm.yaml --signed-by team.pub",
    "athm import file athm.yaml --dry-run",
    "athm import file --export > athm.yaml",
  ],
  work: async (line, system) => {
    const { operands, values } = line;
    if (values.has("export")) return await exportFile(operands, values, system);
    const [where, ...more] = operands;
    if (where === undefined || more.length) {
      throw usage(
        "athm import file requires one FILE or URL",
        "to print a file of your profiles, run athm import file --export",
      );
    }
    refuseNoise(system);
    const prefix = checkPrefix(values.text("prefix") ?? "");
    const { bytes, signer, keys } = await signedFile(where, values, system);
    const file = parseTeamFile(bytes, where);
    const series = seriesOf(system, where, file, signer, keys);
    const store = await openStore(system);
    if (store) await refuseOlder(where, file, series, store);
    const profiles = await profilesOf(file, where, prefix, system);
    const roster = rosterOf(profilesIn(await store?.profiles() ?? []));
    const all = await compared(profiles, roster, series, values.has("force"));
    const lines = differenceLines(all, gone(all, roster, series, prefix));
    const skipped = all.filter(({ state }) => state === "left");
    const by = signer ? `, signed by ${signer.fingerprint} ${signer.comment}`.trimEnd() : "";
    system.say(`athm: ${where} has the serial number ${file.serial}${by}`);
    if (!lines.length) system.say(`athm: nothing to import in ${where}`);
    if (values.has("dry-run")) {
      system.out(lines.map((line) => `${line}\n`).join(""));
      return skipped.length ? 1 : 0;
    }
    lines.forEach(system.say);
    if (!await agreed(system, all, where, values)) {
      system.say("athm: nothing was imported");
      return 1;
    }
    // Another process may have changed a profile since: that is not undone.
    const saving = all.flatMap(({ profile, state, there: replaced }) =>
      state === "new" || state === "changed"
        ? [{ profile, replace: state === "changed", replaced }]
        : []
    );
    // Nothing to save is no reason to create a store.
    const target = store ?? (saving.length ? await openOrCreateStore(system) : undefined);
    if (target) await take(where, file, series, target);
    // If one is not saved, the next import tries again.
    const moved = all.flatMap(({ moved, there: replaced }) =>
      moved ? [{ profile: moved, replace: true, replaced }] : []
    );
    const refused = new Map([
      ...target && moved.length ? await keepImported(system, target, moved) : [],
      ...await saveImported(line, system, saving, target),
    ]);
    for (const [{ name }, { message }] of refused) system.say(`athm: skipped ${name}: ${message}`);
    const count = (state: TeamChange["state"]) =>
      all.filter((each) => each.state === state && !refused.has(each.moved ?? each.profile)).length;
    const left = skipped.length + refused.size;
    system.say(
      `athm: ${count("new")} imported, ${count("changed")} changed, ${
        count("same")
      } unchanged, ${left} skipped`,
    );
    return left ? 1 : 0;
  },
};

async function agreed(
  { terminal }: System,
  all: readonly TeamChange[],
  where: string,
  values: Values,
): Promise<boolean> {
  const counts = (["new", "changed"] as const).flatMap((state) => {
    const { length } = all.filter((each) => each.state === state);
    return length ? [`${length} ${state}`] : [];
  });
  if (!counts.length || values.has("yes")) return true;
  if (!terminal.canAsk) {
    const same = values.given.flatMap((name) => [`--${name}`, ...values.all(name).filter(Boolean)]);
    const line = [where, ...same].map(quote).join(" ");
    throw promptsDisabled(
      "import file requires confirmation",
      `run athm import file ${line} --yes`,
    );
  }
  const one = all.filter(({ state }) => state === "new" || state === "changed").length === 1;
  const answer = await terminal.ask(
    `Import ${counts.join(" and ")} ${one ? "profile" : "profiles"}? [y/N] `,
  );
  return /^y(es)?$/i.test(answer);
}
