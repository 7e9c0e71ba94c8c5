import { formatTimeLeft } from "../../model/duration.ts";
import { Failure } from "../../model/failure.ts";
import { rfc3339, type Session } from "../../model/credentials.ts";
import type { Command, Line } from "../../line/command.ts";
import { runChild } from "../../delivery/child.ts";
import { childEnvironment, type EnvironmentChange } from "../../delivery/environment.ts";
import type { System } from "../../system/system.ts";
import type { Connecting } from "../../tokens/exec_rds.ts";
import { renewBeside } from "../../session/renewal/beside.ts";
import { childRegion, obtain, obtainOptions, type RenewableSession } from "../profile/obtain.ts";

/** `athm aws exec NAME COMMAND`: runs a command with the session's credentials. */
export const command: Command = {
  count: [0, 1],
  runsProgram: true,
  options: [
    { name: "server", help: "serve credentials from a local address instead of setting keys" },
    {
      name: "rds",
      value: "USER@HOST:PORT",
      help: "also set what psql and mysql need to connect, with an RDS token as the password",
    },
    {
      name: "explain",
      help: "print to stderr where the profile comes from, and which variables are set and unset",
    },
    ...obtainOptions,
  ],
  examples: [
    "athm aws exec example aws s3 ls",
    "athm aws exec example --rotate -- aws s3 ls",
    "athm aws exec example --read-only -- ./agent.sh",
    "athm aws exec example --rds app@db.example.com:5432 -- psql orders",
    "athm aws exec example                # a subshell",
    "athm aws exec --ambient --role-arn arn:aws:iam::123456789012:role/ci -- make deploy",
  ],
  work: async (line, system) => {
    const region = await childRegion(line);
    const given = line.values.text("rds");
    const connecting = given === undefined
      ? undefined
      : (await import("../../tokens/exec_rds.ts")).connecting(given);
    const obtained = await obtain(line, system, { renews: true, inherits: true }).catch((error) => {
      throw withName(line, error);
    });
    try {
      return await runWith(line, system, obtained, region, connecting);
    } finally {
      obtained.end();
    }
  },
};

/** A program's name in place of NAME. Does not quote its arguments, which may be secret. */
function withName({ operands: [name = ""], program, separated }: Line, error: unknown): unknown {
  const isProgram = error instanceof Failure && error.code === "not-found" && program.length > 0 &&
    !separated &&
    error.message === `profile ${JSON.stringify(name)} not found`;
  return isProgram
    ? new Failure(
      error.code,
      error.message,
      `name a profile first: athm aws exec NAME -- ${name} …`,
    )
    : error;
}

async function runWith(
  line: Line,
  system: System,
  obtained: RenewableSession,
  region: string | undefined,
  connecting: Connecting | undefined,
): Promise<number> {
  const { values } = line;
  const { profile, session, name, narrowed } = obtained;
  const program = line.program.length ? line.program : await withoutProgram(line, system, obtained);
  if (!program) return 0;
  const { network } = profile;
  const settings = { profile: name, region: region ?? network.region, fips: network.fips };
  let told: Promise<void> | undefined;
  const ended = new AbortController();
  const beside = renewBeside(system, session, obtained.renewal, ended.signal);
  const server = values.has("server")
    ? (await import("../../delivery/child_server.ts")).serveChild(system, settings, beside.current)
    : undefined;
  try {
    const own = server?.environment ?? childEnvironment({ ...settings, session });
    const more = await connecting?.(system, obtained, settings.region);
    const state = obtained.inherited ? await inheritedState(system, session) : undefined;
    const environment = more || state ? { ...own, set: { ...own.set, ...more, ...state } } : own;
    if (values.has("explain")) explain(system, environment, obtained);
    return await runChild(system, program, environment, () => {
      told = system.audit({ event: "exec", profile: name, session, narrowed, command: program[0] });
    });
  } finally {
    // An interrupted renewal is harmless: saving is atomic.
    ended.abort();
    await server?.close();
    // Written concurrently with the program, which may have ended first.
    await told;
  }
}

/** Keeps the shell's restriction for athm's commands in the child, which may have a newer key. */
async function inheritedState({ env }: System, { accessKeyId }: Session) {
  const { rekeyed, shellState } = await import("../../delivery/shell_state.ts");
  return accessKeyId === env.get("AWS_ACCESS_KEY_ID")
    ? undefined
    : rekeyed(shellState(env), accessKeyId);
}

/** The default program: a subshell on a terminal, else none. */
async function withoutProgram(
  { values }: Line,
  system: System,
  { session, name = "temporary session" }: RenewableSession,
): Promise<readonly string[] | undefined> {
  const { terminal, env, platform } = system;
  const life = formatTimeLeft(session.expires - system.now());
  const until = `${rfc3339(session.expires)} (${life})`;
  if (values.has("rotate")) {
    system.say(`athm: ${name}: new session until ${until}`);
    return undefined;
  }
  if (!terminal.stdinIsTerminal || !terminal.stdoutIsTerminal) return undefined;
  system.say(`athm: ${name}: subshell with credentials until ${until}; "exit" leaves it`);
  const { platforms } = await import("../../system/platforms.ts");
  return [platforms[platform].subshell(env)];
}

function explain(
  system: System,
  { set, unset }: EnvironmentChange,
  { name, from, narrowed }: RenewableSession,
): void {
  if (from !== undefined) {
    const restricted = narrowed === undefined ? "" : `, ${narrowed}`;
    system.say(`athm: profile ${name}, from ${from}${restricted}`);
  }
  for (const name of Object.keys(set)) system.say(`athm: set ${name}`);
  for (const name of unset) {
    const there = system.env.get(name) !== undefined;
    system.say(`athm: unset ${name}${there ? "" : " (was not set)"}`);
  }
}
