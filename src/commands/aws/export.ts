import { Failure, usage } from "../../model/failure.ts";
import type { Command } from "../../line/command.ts";
import { sessionVariableNames, shellEnvironment } from "../../delivery/environment.ts";
import type { FormatFile } from "../../formats/format.ts";
import { formats } from "../../formats/all_formats.ts";
import type { System } from "../../system/system.ts";
import { childRegion, obtain, obtainOptions } from "../profile/obtain.ts";

const names = formats.map(({ name }) => name);

/** `athm aws export NAME`: prints code that loads the session into a shell, or removes it. */
export const command: Command = {
  count: [0, 1],
  options: [
    { name: "format", value: "F", choices: names, help: "output format (default: sh)" },
    { name: "unset", help: "print commands that unset the variables" },
    ...obtainOptions,
  ],
  examples: [
    ...formats.flatMap(({ load, help }) => load === undefined ? [] : [`${load}  # ${help}`]),
    'eval "$(athm aws export --unset)"',
  ],
  work: async (line, system) => {
    const { values } = line;
    const format = formats.find(({ name }) => name === (values.text("format") ?? names[0]));
    if (!format) throw new Error("the line was read against these formats");
    if (values.has("unset")) {
      if (typeof format.remove !== "function") {
        throw usage(`--unset is not allowed with --format ${format.name}: ${format.remove.why}`);
      }
      system.out(format.remove(sessionVariableNames));
      return 0;
    }
    const append = format.file && appender(system, format.name, format.file);
    const region = await childRegion(line);
    const { profile, session, name, narrowed } = await obtain(line, system, { inherits: true });
    system.giveUpNetwork();
    const { network } = profile;
    const grant = { profile: name, session, region: region ?? network.region, fips: network.fips };
    const exported = { name, session, region: grant.region, ...shellEnvironment(grant) };
    system.out(format.print(exported));
    append?.((file) => file.print(exported, `athm_${system.random(16).toHex()}`));
    await system.audit({ event: "export", profile: name, session, narrowed });
    return 0;
  },
};

/** Appends to a format's file, checked before anything is signed in to or printed. */
function appender({ env, files }: System, format: string, file: FormatFile) {
  const path = env.get(file.variable);
  if (!path) {
    throw usage(
      `--format ${format} requires ${file.variable}, which is set in ${file.owner}`,
      "use another --format elsewhere",
    );
  }
  const absolute = files.absolute(path);
  if (!files.facts(absolute)) {
    throw new Failure("files", `file ${path} in ${file.variable} not found`);
  }
  // Fail now if it is not writable, not after printing values.
  files.append(absolute, new Uint8Array());
  return (text: (file: FormatFile) => string) =>
    files.append(absolute, new TextEncoder().encode(text(file)));
}
