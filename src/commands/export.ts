import { usage } from "../model/failure.ts";
import type { Command } from "../line/command.ts";
import {
  credentialVariables,
  sessionVariableNames,
  sessionVariables,
} from "../delivery/environment.ts";
import { formats } from "../formats/table.ts";
import { childRegion, obtain, obtainOptions } from "./obtain.ts";

const names = formats.map(({ name }) => name);

/** `athm aws export NAME`: prints what loads the session into a shell, or what removes it again. */
export const command: Command = {
  count: [0, 1],
  options: [
    { name: "format", value: "F", choices: names, help: "how to print it (default: sh)" },
    { name: "unset", help: "print what removes the variables again" },
    ...obtainOptions,
  ],
  examples: ['eval "$(athm aws export example)"', 'eval "$(athm aws export --unset)"'],
  work: async (line, system) => {
    const { values } = line;
    const format = formats.find(({ name }) => name === (values.text("format") ?? names[0]));
    if (!format) throw new Error("the line was read against these formats");
    if (values.has("unset")) {
      if (!format.remove) throw usage(`--unset: the format ${format.name} has nothing to remove`);
      system.out(format.remove(sessionVariableNames));
      return 0;
    }
    const region = await childRegion(line);
    const { profile, session, name } = await obtain(line, system);
    system.giveUpNetwork();
    const { network } = profile;
    const grant = {
      profile: name,
      session,
      region: region ?? network.region,
      fips: network.fips,
    };
    // What an earlier session left in the shell and this one does not replace.
    const left = network.fips ? [] : ["AWS_USE_FIPS_ENDPOINT"];
    const unset = [...credentialVariables, ...left];
    system.out(format.print({ session, set: sessionVariables(grant), unset }));
    await system.audit({ event: "export", profile: name, session });
    return 0;
  },
};
