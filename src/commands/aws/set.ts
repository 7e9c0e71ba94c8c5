import { Failure, usage } from "../../model/failure.ts";
import { parseName } from "../../model/names.ts";
import type { Profile } from "../../model/profile.ts";
import type { Command } from "../../line/command.ts";
import { type Values, valuesOf } from "../../line/values.ts";
import { keepProfile } from "../../session/adding.ts";
import { noProfile, profileNamed } from "../../session/keep.ts";
import { endpointOf } from "../../session/sign_in/network.ts";
import { openStore } from "../../session/stores.ts";
import { factsOf, sourceOf, sourceOptions } from "../../sources/all_sources.ts";
import { sameProfile } from "../../store/sealing/records.ts";
import type { System } from "../../system/system.ts";
import { guardProfiles, profilesOf } from "../profile/guard.ts";
import {
  confirmOption,
  mfaCodeOf,
  mfaCodeOption,
  networkOptions,
  roleOptions,
} from "../profile/options.ts";
import { sayProfile } from "../profile/rows.ts";
import { optionsOf, refuseIdle, settingsOf } from "../profile/settings.ts";

const changeable = [...roleOptions, ...networkOptions, confirmOption];
const names = changeable.map(({ name }) => name);
const known = new Set([...sourceOptions, ...changeable].map(({ name }) => name));

/** `athm aws set NAME`: changes single settings of a profile, and signs in with them. */
export const command: Command = {
  count: [1, 1],
  options: [
    ...changeable,
    { name: "unset", value: "OPTION", choices: names, repeat: true, help: "remove a setting" },
    mfaCodeOption,
    { name: "no-login", help: "save without signing in" },
  ],
  examples: [
    "athm aws set example --region eu-west-1",
    "athm aws set example --duration 1h --unset external-id",
    "athm aws set example --confirm 1h",
  ],
  work: async (line, system) => {
    const { operands, values } = line;
    const name = parseName(operands[0] ?? "");
    const unset = values.all("unset");
    const given = names.filter((each) => values.has(each));
    const both = given.find((each) => unset.includes(each));
    if (both !== undefined) {
      throw usage(`--${both} cannot be combined with --unset ${both}`);
    }
    if (!given.length && !unset.length) {
      throw usage(
        "athm aws set requires a setting to change",
        `for example: athm aws set ${name} --region eu-west-1; athm aws set --help lists the settings`,
      );
    }
    const store = await openStore(system);
    if (!store) throw noProfile(name, []);
    const before = await profileNamed(store, name);
    const settings = new Map(optionsOf(before));
    for (const option of unset) settings.delete(option);
    const kept = new Set(settings.keys());
    for (const option of given) settings.set(option, values.all(option));
    const settled = withSettings(
      before,
      valuesOf(settings, known),
      system,
      (option) => kept.has(option) && !given.includes(option),
    );
    const { origin, ...own } = before;
    if (sameProfile(own, settled)) {
      system.say(`athm: ${before.name} already has these settings`);
      return 0;
    }
    // Sessions stay as they are if only `confirm` changes.
    const isSameSession = [...given, ...unset].every((each) => each === confirmOption.name);
    // A team file no longer owns a profile that was changed here in any other way.
    const after = { ...settled, ...isSameSession && origin && { origin } };
    await guardProfiles(line, system, await profilesOf(store), { changed: [name], made: [after] });
    const { profile, session } = await keepProfile(system, after, {
      store,
      openStore: () => Promise.resolve(store),
      replace: true,
      replaced: before,
      login: !isSameSession && !values.has("no-login"),
      ...mfaCodeOf(values),
    });
    await system.audit({ event: "set", profile: before.name, session });
    sayProfile(system, { profile, session });
    return 0;
  },
};

/** The profile with other settings. The hint names a conflicting setting. */
function withSettings(
  { name, source }: Profile,
  values: Values,
  system: System,
  isKept: (option: string) => boolean,
): Profile {
  try {
    const kind = sourceOf(source);
    const profile = {
      name,
      source,
      ...settingsOf(values, system, kind),
    };
    kind.check?.(values);
    refuseIdle(profile);
    // With a base, inherited settings count too; they are checked before saving.
    if (factsOf(source).base === undefined) endpointOf(system, profile);
    return profile;
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "usage") throw error;
    const named = Array.from(error.message.matchAll(/--([a-z-]+)/g), ([, option = ""]) => option);
    const way = named.find(isKept);
    throw way === undefined ? error : usage(error.message, `add --unset ${way}`);
  }
}
