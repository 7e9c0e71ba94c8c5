import { defaultMinTtl } from "../model/credentials.ts";
import { formatTimeLeft } from "../model/duration.ts";
import { Failure, quote, usage } from "../model/failure.ts";
import { defined } from "../model/fields.ts";
import { shellEnvironment } from "../delivery/environment.ts";
import {
  current,
  loading,
  selectingOptions,
  type ShellState,
  shellState,
  unloading,
  type Used,
  waiting,
} from "../delivery/shell_state.ts";
import { codedShells, shellCode } from "./shell_code.ts";
import { type Command, grouped, type Line } from "../line/command.ts";
import { shells } from "../line/shells.ts";
import { type Values, valuesOf } from "../line/values.ts";
import type { System } from "../system/system.ts";
import { withoutPrompts } from "../system/unattended.ts";
import { childRegion, makingNames, obtain, storedOptions } from "./profile/obtain.ts";
import { minTtlOf, narrowingOptions, policyText } from "./profile/options.ts";

/** Milliseconds until the prompt tries again. */
const pauses = { atLeast: 60_000, expired: 300_000 };

const own = grouped("For the shell function", [
  { name: "shell", value: "SHELL", choices: codedShells, help: "print what this shell evaluates" },
  { name: "renew", help: "renew what is loaded, without prompts" },
]);

/** `athm use NAME`: loads a profile into this shell, through the function of `shell-init`. */
export const command: Command = {
  count: [0, 1],
  completes: "profile",
  options: [
    { name: "off", help: "remove the profile from this shell" },
    { name: "rotate", help: "force a new session first" },
    ...storedOptions.filter(({ name }) => name !== "rotate"),
    ...own,
  ],
  examples: [
    "athm use example",
    "athm use example --read-only",
    "athm use -          # the one before",
    "athm use --off",
  ],
  work: async (line, system) => {
    const { values, operands: [given] } = line;
    const shell = values.text("shell");
    if (shell === undefined) throw withoutFunction(system);
    const state = shellState(system.env);
    if (values.has("off")) {
      const other = given ?? values.given.find((name) => !["off", "shell"].includes(name));
      if (other !== undefined) throw usage(`--off does not accept ${JSON.stringify(other)}`);
      const change = unloading(state, system.env);
      if (change) system.out(shellCode(shell, change));
      else system.say("athm: no profile is loaded in this shell");
      return 0;
    }
    if (values.has("renew")) {
      await renew(line, system, shell, state);
      return 0;
    }
    await load(line, system, shell, state);
    return 0;
  },
};

/** Without the shell function, nothing could be loaded into the shell. */
function withoutFunction({ env, platform }: System): Failure {
  const name = platform === "windows" ? "powershell" : env.get("SHELL")?.split("/").at(-1);
  const { load, startFile } = shells.find((each) => each.name === name) ?? shells[0]!;
  return usage(
    "athm use requires athm's shell function",
    `add this line to ${startFile}, and run it: ${load}`,
  );
}

async function load(line: Line, system: System, shell: string, state: ShellState): Promise<void> {
  const { values, operands: [given] } = line;
  const typed = selection(values, system);
  const back = given === "-" ? earlier(state) : undefined;
  const options = back ? over(back.options, typed) : typed;
  const once = ["rotate", "mfa-code"].filter((name) => values.has(name));
  const wanted = {
    ...options,
    ...Object.fromEntries(once.map((name) => [name, values.all(name)])),
  };
  const { text, name, from, left } = await loaded(line, system, {
    profile: back ? back.profile : given,
    wanted,
    options,
    state,
    shell,
  });
  system.out(text);
  if (!system.terminal.stderrIsTerminal) return;
  const origin = from === undefined ? "" : `, from ${from}`;
  system.say(`athm: ${name}${origin}: credentials in this shell for ${left}`);
}

const restricting = narrowingOptions.map(({ name }) => name);

/** What was typed replaces what it is about: another region does not widen the session. */
function over(before: Used["options"], typed: Used["options"]): Used["options"] {
  const replaced = restricting.some((name) => name in typed) ? restricting : [];
  const all = { ...before, ...Object.fromEntries(replaced.map((name) => [name, undefined])) };
  return Object.fromEntries(
    selectingOptions.flatMap((name) => {
      const values = typed[name] ?? all[name];
      return values ? [[name, values]] : [];
    }),
  );
}

function earlier({ before }: ShellState): Used {
  if (before) return before;
  throw usage("this shell has used no other profile before", "run athm use NAME");
}

/** As typed, but with the text of a policy file: the current folder may change. */
function selection(values: Values, system: System): Used["options"] {
  const policy = values.text("policy");
  const text = policy === undefined || policy.startsWith("@") ? policy : policyText(policy, system);
  return Object.fromEntries(
    selectingOptions.filter((name) => values.has(name))
      .map((name) => [name, name === "policy" && text !== undefined ? [text] : values.all(name)]),
  );
}

interface Loading {
  readonly profile: string | undefined;
  readonly options: Used["options"];
  /** The options, with those that hold for this time only. */
  readonly wanted: Used["options"];
  readonly state: ShellState;
  readonly shell: string;
  /** The only settings to load, if any. */
  readonly only?: string | undefined;
}

/** The code that loads a session, obtained as `export` does. */
async function loaded(
  typed: Line,
  system: System,
  { profile: given, options, wanted, state, shell, only }: Loading,
) {
  const known = [...typed.command.options.map(({ name }) => name), ...makingNames];
  const values = valuesOf(new Map(Object.entries(wanted)), new Set(known));
  const line = { ...typed, operands: given === undefined ? [] : [given], values };
  const region = await childRegion(line);
  const obtained = await obtain(line, system, { environment: false });
  const { profile, session, narrowed, from } = obtained;
  system.giveUpNetwork();
  const { name, network } = profile;
  const fingerprint = obtained.fingerprint?.slice(0, 32);
  if (only !== undefined && fingerprint !== only) throw otherSettings(name);
  const grant = { profile: name, session, region: region ?? network.region, fips: network.fips };
  const { minTtl = defaultMinTtl } = minTtlOf(values);
  const life = session.expires - session.issued;
  // If no session is that long, each prompt would make one.
  const early = minTtl < life ? minTtl : life / 2;
  const renewAt = Math.max(session.expires - early, system.now() + pauses.atLeast);
  const used = { profile: name, options, ...defined({ fingerprint }) };
  const change = loading(state, used, shellEnvironment(grant), renewAt);
  await system.audit({ event: "export", profile: name, session, narrowed });
  const left = formatTimeLeft(session.expires - system.now());
  return { text: shellCode(shell, change), name, from, left };
}

/** Without them, the command would load a wider session. */
function typedAgain(options: Used["options"]): string[] {
  return Object.entries(options).flatMap(([option, values]) =>
    values.map((value) => value === "" ? `--${option}` : `--${option} ${quote(value)}`)
  );
}

function otherSettings(name: string): Failure {
  return new Failure("exists", `${name} has been changed since it was loaded`);
}

/** Renews before the prompt. Reports a failure once, and again when the session has expired. */
async function renew(line: Line, system: System, shell: string, state: ShellState): Promise<void> {
  const profile = current(state, system.env);
  if (!profile) return system.out(shellCode(shell, waiting(state, 0)));
  const { profile: name, options, fingerprint: only } = profile;
  try {
    const wanted = { profile: name, options, wanted: options, state, shell, only };
    system.out((await loaded(line, withoutPrompts(system), wanted)).text);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const now = system.now();
    const expires = Date.parse(system.env.get("AWS_CREDENTIAL_EXPIRATION") ?? "");
    const left = expires > now ? `expires in ${formatTimeLeft(expires - now)}` : "has expired";
    system.say(
      `athm: warning: the session of ${name} ${left}, and was not renewed: ${error.message}`,
    );
    const restricted = [name, ...typedAgain(options)].join(" ");
    system.say(`athm: hint: run athm use ${restricted}`);
    const next = expires > now ? expires : error.passing ? now + pauses.expired : 0;
    system.out(shellCode(shell, waiting(state, next)));
  }
}
