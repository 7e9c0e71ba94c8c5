/**
 * Wiring, and the only place that turns a `Failure` into a message and an exit code.
 *
 * @module
 */
import { mostUsed } from "./commands/most_used.ts";
import type { Entry } from "./line/command.ts";
import { type Reading, readLine } from "./line/read.ts";
import { Failure, type FailureCode, usage } from "./model/failure.ts";
import type { Audit, AuditEvent, System } from "./system/system.ts";

const exitCodes: Partial<Record<FailureCode, number>> = {
  "usage": 2,
  "cancelled": 130,
  "command-not-executable": 126,
  "command-not-found": 127,
};

/** Exit codes of all other failures: `exec` reserves 1 for its command. */
const failed = { exec: 125, other: 1 };

/** Runs athm and returns its exit code; never throws. */
export async function run(args: readonly string[], world: System): Promise<number> {
  let system = world;
  let fallback = failed.other;
  try {
    const entries = await entriesFor(args);
    const reading = await readLine(args.length ? args : ["help"], entries);
    if (reading.path.join(" ") === "aws exec") fallback = failed.exec;
    const about = await aboutAthm(reading, entries, system);
    if (about !== undefined) {
      system.out(about);
      return 0;
    }
    system = await prepared(world, reading.globals);
    return await answer(reading, system);
  } catch (error) {
    const failure = error instanceof Failure ? error : undefined;
    tell(system, failure ?? unexpected(system, error));
    return exitCodes[failure?.code ?? "aws"] ?? fallback;
  }
}

/** The command that `args` begin with, or all: one of the most used ones needs no other. */
async function entriesFor(args: readonly string[]): Promise<readonly Entry[]> {
  const words = args[0] === "aws" ? args : ["aws", ...args];
  const own = mostUsed.filter(({ path }) => path.every((word, at) => words[at] === word));
  return own.length ? own : (await import("./commands/all_commands.ts")).entries;
}

/** `--help` and `--version` work even if the rest of the command line or the environment is invalid. */
async function aboutAthm(
  { path, globals, line }: Reading,
  entries: readonly Entry[],
  system: System,
): Promise<string | undefined> {
  if (globals.has("version")) return (await import("./system/version.ts")).versionText(system);
  if (!globals.has("help")) return undefined;
  const { commandHelp, groupHelp } = await import("./line/help.ts");
  return line ? commandHelp(line.entry, line.command) : groupHelp(path, entries);
}

async function answer({ path, line, problem }: Reading, system: System): Promise<number> {
  if (problem) throw problem;
  if (!line) throw incomplete(path);
  return await line.command.work(line, system);
}

function incomplete(path: readonly string[]): Failure {
  const name = ["athm", ...path].join(" ");
  return new Failure("usage", `${name} requires a command`, `run ${name} --help to list commands`);
}

/** Applies the global options and their variables to the system. */
async function prepared(world: System, globals: ReadonlySet<string>): Promise<System> {
  const { env } = world;
  const isOn = (name: string) => !["", "0", "false", undefined].includes(env.get(name));
  let system = world;
  if (globals.has("debug") || isOn("ATHM_DEBUG")) {
    const { traceTo } = await import("./system/trace.ts");
    system = { ...system, trace: traceTo(system) };
  }
  const quiet = system !== world || isOn("CI") || env.get("TERM") === "dumb";
  if (!quiet && system.terminal.stderrIsTerminal) {
    const { withProgress } = await import("./screen/progress.ts");
    system = withProgress(system);
  }
  system = { ...system, audit: auditing(system) };
  if (globals.has("no-prompt") || isOn("ATHM_NO_PROMPT") || isOn("CI")) {
    const { withoutQuestions } = await import("./system/terminal.ts");
    const { noDialog } = await import("./system/dialog.ts");
    const terminal = withoutQuestions(system.terminal);
    // What a person allowed in this terminal is not for programs that must not ask there.
    const terminalId = () => Promise.resolve(undefined);
    system = { ...system, terminal, dialog: noDialog, terminalId };
  }
  return system;
}

const uses: readonly AuditEvent["event"][] = ["exec", "export", "process", "token"];

/** Events for the audit log, as `ATHM_AUDIT` says. Loads lazily: a kept session writes nothing. */
function auditing(system: System): Audit {
  const mode = system.env.get("ATHM_AUDIT") || "on";
  if (!["on", "all", "off"].includes(mode)) {
    throw usage(
      `ATHM_AUDIT has the invalid value ${JSON.stringify(mode)}`,
      "set it to all to log every use, to off for no audit log, or unset it",
    );
  }
  let recorder: Promise<Audit> | undefined;
  return async (...events) => {
    const logged = mode === "off"
      ? []
      : events.filter(({ event }) => mode === "all" || !uses.includes(event));
    if (!logged.length) return;
    recorder ??= import("./recorder.ts").then((loaded) => loaded.recorder(system));
    await (await recorder)(...logged);
  };
}

function tell(system: System, { message, hint }: { message: string; hint: string | undefined }) {
  system.say(`athm: error: ${message}`);
  if (hint !== undefined) system.say(`athm: hint: ${hint}`);
}

/**
 * A bug in athm. The message of the error may quote anything, so show only its type; `--debug` traces
 * the stack, which contains no values.
 */
function unexpected(system: System, error: unknown) {
  const kind = error instanceof Error ? error.name : typeof error;
  for (const place of error instanceof Error ? placesOf(error) : []) {
    system.trace("at", { place: place.trim().slice(3) });
  }
  return {
    message: `internal error (${kind})`,
    hint: "run it again with --debug and report the output",
  };
}

/** The stack frames. Remove the message first: one of its lines may look like a stack frame. */
function placesOf({ message, stack = "" }: Error): readonly string[] {
  const after = stack.includes(message) ? stack.slice(stack.indexOf(message) + message.length) : "";
  return after.match(/^ +at .*/gm)?.slice(0, 12) ?? [];
}
