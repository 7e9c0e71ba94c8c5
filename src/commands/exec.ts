import { formatTimeLeft } from "../model/duration.ts";
import { rfc3339, type Session } from "../model/credentials.ts";
import type { Command, Line } from "../line/command.ts";
import { runChild } from "../delivery/child.ts";
import { childEnvironment, type EnvironmentChange } from "../delivery/environment.ts";
import type { System } from "../system/system.ts";
import { childRegion, obtain, obtainOptions } from "./obtain.ts";

/** `athm aws exec NAME COMMAND`: runs a command with the session's credentials. */
export const command: Command = {
  count: [0, 1],
  runsProgram: true,
  options: [
    { name: "rotate", help: "make a new session first; alone: do that and stop" },
    { name: "min-ttl", value: "TIME", help: "renew when less life is left (default 5m)" },
    { name: "explain", help: "say on stderr which variables are set and unset" },
    ...obtainOptions,
  ],
  examples: [
    "athm aws exec example aws s3 ls",
    "athm aws exec example --rotate -- aws s3 ls",
    "athm aws exec example                # a subshell",
    "athm aws exec --ambient --role-arn arn:aws:iam::123456789012:role/ci -- make deploy",
  ],
  work: async (line, system) => {
    const { values } = line;
    const region = await childRegion(line);
    const { profile, session } = await obtain(line, system);
    const program = line.program.length ? line.program : withoutProgram(line, system, session);
    if (!program) return 0;
    const environment = childEnvironment({
      profile: profile.name,
      session,
      region: region ?? profile.network.region,
      fips: profile.network.fips,
    });
    if (values.has("explain")) explain(system, environment);
    // Nothing that the child could make athm do needs a connection any more.
    system.giveUpNetwork();
    return await runChild(system, program, environment);
  },
};

/** What to run when nothing was named: a subshell on a terminal, else nothing. */
function withoutProgram(
  { values, operands }: Line,
  system: System,
  session: Session,
): readonly string[] | undefined {
  const { terminal, env, platform } = system;
  const life = formatTimeLeft(session.expires - system.now());
  const until = `${rfc3339(session.expires)} (${life})`;
  const name = operands[0] ?? "";
  if (values.has("rotate")) {
    system.say(`athm: ${name}: new session until ${until}`);
    return undefined;
  }
  if (!terminal.stdinIsTerminal || !terminal.stdoutIsTerminal) return undefined;
  system.say(`athm: ${name}: subshell with credentials until ${until}; "exit" leaves it`);
  return platform === "windows"
    ? [env.get("COMSPEC") || "cmd.exe"]
    : [env.get("SHELL") || "/bin/sh"];
}

function explain(system: System, { set, unset }: EnvironmentChange): void {
  for (const name of Object.keys(set)) system.say(`athm: set ${name}`);
  for (const name of unset) {
    const there = system.env.get(name) !== undefined;
    system.say(`athm: unset ${name}${there ? "" : " (was not set)"}`);
  }
}
