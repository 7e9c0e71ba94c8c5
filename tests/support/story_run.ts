/**
 * Runs a story: each step in an isolated world, followed by its checks.
 *
 * @module
 */

import { type FakeAws, startFakeAws } from "./fake_aws.ts";
import { commandsIn, mention } from "./hint_commands.ts";
import {
  callProblems,
  fileProblems,
  type Problem,
  someCallProblems,
  streamProblems,
} from "./story_check.ts";
import { type Entry, matching, walk } from "./story_files.ts";
import type { Step, Story, Stream } from "./story_types.ts";
import { runShell } from "./story_process.ts";
import { type SecretFinder, secretFinder } from "./story_secrets.ts";
import { expand, expandPattern, prepare } from "./story_setup.ts";
import { SetupError, type World } from "./story_world.ts";
import { anywhereVariables } from "./story_anywhere.ts";
import { pastedCode, signinVariables } from "./story_signin.ts";
import { ssoVariables } from "./story_sso.ts";
import { type Move, type PtyTool, runAtTerminal } from "./terminal_session.ts";

/** How stories are run. */
export interface StoryOptions {
  /** The folder that holds `athm`: the first in `PATH`. */
  readonly programs: string;
  /** How to open a terminal; `undefined`: a story ends, as skipped, at its first `$tty` step. */
  readonly pty: PtyTool | undefined;
  /** Runs with `ATHM_DEBUG=1`, and removes the trace before it compares stderr. */
  readonly trace?: boolean;
  /** Keeps the story's folder and prints its path. */
  readonly keep?: boolean;
  /** Milliseconds a step; default 30,000. */
  readonly limit?: number;
}

/** The outcome of a story that did not fail. */
export interface StoryResult {
  /** Why the rest was skipped. */
  readonly skipped?: string;
  /** Number of trace lines. */
  readonly traceLines: number;
}

/** A check failed; the message has the place, the command, the expectation and the actual result. */
export class StoryFailure extends Error {
  override readonly name = "StoryFailure";

  constructor(message: string) {
    super(message);
    // The runner's own stack frames do not help.
    this.stack = `${this.name}: ${message}`;
  }
}

/** The beginning of a trace line, as documented for `athm --debug`. */
const traceStart = "athm: debug: ";

/** What a step did. */
interface Deed {
  readonly exit: number;
  /** Everything that was shown. */
  readonly raw: Readonly<Record<Stream, string>>;
  /** The same without the trace, for comparison. */
  readonly streams: Readonly<Record<Stream, string>>;
  readonly problems: readonly Problem[];
  readonly left: readonly string[];
  readonly timedOut: boolean;
  readonly traceLines: number;
  /** Argument lists of started programs, without the step's own secrets. */
  readonly argumentLists: readonly string[];
}

/** Runs a story. Rejects with a {@link StoryFailure} at the first step that does not match. */
export async function runStory(story: Story, options: StoryOptions): Promise<StoryResult> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "athm-story-" }));
  let lifetime = () => undefined as number | undefined;
  const aws = await startFakeAws({ sessionLifetime: (asked) => lifetime() ?? asked });
  const world = await newWorld(root, aws, options);
  try {
    lifetime = () => world.lifetime;
    const finder = secretFinder(
      () => [...aws.secrets(), ...world.secrets, ...world.saml?.provider.given ?? []],
    );
    let traceLines = 0;
    for (const item of story.items) {
      if (item.kind === "setup") {
        await prepare(world, item).catch((error) => {
          if (!(error instanceof SetupError)) throw error;
          throw new StoryFailure(`${story.file}:${item.line}: ${error.message}`);
        });
        continue;
      }
      if (item.tty && !options.pty) {
        const skipped = `the steps from ${story.file}:${item.line} on`;
        return { skipped, traceLines };
      }
      traceLines += await runStep(story, item, world, finder, options);
    }
    return { traceLines };
  } finally {
    for (const close of world.closing) await close();
    await aws[Symbol.asyncDispose]();
    if (options.keep) {
      Deno.stderr.writeSync(new TextEncoder().encode(`kept: ${root} (${story.file})\n`));
    } else await Deno.remove(root, { recursive: true });
  }
}

async function newWorld(root: string, aws: FakeAws, options: StoryOptions): Promise<World> {
  const [home, tmp] = [`${root}/home`, `${root}/tmp`];
  for (const folder of [home, tmp]) await Deno.mkdir(folder, { mode: 0o700 });
  return {
    home,
    tmp,
    aws,
    env: new Map([
      ["PATH", `${options.programs}:/usr/bin:/bin`],
      ["HOME", home],
      ["TMPDIR", tmp],
      ["LANG", "C.UTF-8"],
      ...options.trace ? [["ATHM_DEBUG", "1"] as const] : [],
    ]),
    vars: new Map([
      ["STS", aws.url],
      ["ISSUER", aws.issuer.issuer],
      ["ISSUER_BEARER", aws.issuer.bearer],
      ["HOME", home],
      ...ssoVariables(aws),
      ...signinVariables(aws),
      ...anywhereVariables(aws),
    ]),
    secrets: [],
    secretFiles: [],
    devices: [],
    closing: [],
    lifetime: undefined,
  };
}

/** Returns the number of trace lines. */
async function runStep(
  story: Story,
  step: Step,
  world: World,
  finder: SecretFinder,
  options: StoryOptions,
): Promise<number> {
  const looksBack = step.files.some((check) => check.kind === "same-files");
  const before = looksBack ? await walk(world.home) : [];
  const callsBefore = world.aws.calls.length;
  const deed = await (step.tty ? doAtTerminal : doPlainly)(step, world, options);
  const after = await walk(world.home);
  const calls = world.aws.calls.slice(callsBefore);
  const said: readonly Stream[] = step.tty ? ["screen"] : ["out", "err"];
  const problems = [
    ...deed.timedOut ? [{ line: step.line, text: "it did not end in time and was killed" }] : [],
    ...deed.problems,
    ...deed.exit === step.exit
      ? []
      : [{ line: step.line, text: `expected exit ${step.exit}, got ${deed.exit}` }],
    ...said.flatMap((name) =>
      streamProblems(name, step.streams[name], deed.streams[name], world.vars, step.line)
    ),
    ...step.calls ? callProblems(step.calls, calls, world.vars, step.line) : [],
    ...someCallProblems(step.someCalls, calls, world.vars),
    ...fileProblems(step.files, before, after, world.vars),
    ...stackTraces(step, deed),
    ...leaks(step, deed, after, world, finder),
    ...await leftovers(step, deed, world, finder),
    ...learnHints(step, deed, world),
  ];
  for (const next of world.devices) await next();
  if (problems.length === 0) return deed.traceLines;
  throw new StoryFailure(finder.blank(report(story, step, problems, said, deed)));
}

async function doPlainly(step: Step, world: World, options: StoryOptions): Promise<Deed> {
  const stdin = step.stdin?.map((line) => expand(line.text, world.vars) + "\n").join("");
  const ran = await runShell(expand(step.command, world.vars), stdin, place(world, options));
  const err = options.trace ? withoutTrace(ran.err) : { text: ran.err, count: 0 };
  return {
    ...ran,
    raw: { out: ran.out, err: ran.err, screen: "" },
    streams: { out: ran.out, err: err.text, screen: "" },
    problems: [],
    traceLines: err.count,
  };
}

async function doAtTerminal(step: Step, world: World, options: StoryOptions): Promise<Deed> {
  const { pty } = options;
  if (!pty) throw new Error("a terminal step needs a way to a terminal");
  const moves = step.moves.map(({ kind, line, text }): Move => {
    if (kind === "type") return { kind, line, text: expand(text, world.vars) };
    if (kind === "see") {
      return { kind, line, pattern: new RegExp(expandPattern(text, world.vars), "u") };
    }
    if (kind === "paste") return { kind, line, text: pastedCode };
    return { kind, line, name: text };
  });
  const watched = await runAtTerminal(
    pty,
    expand(step.command, world.vars),
    moves,
    place(world, options),
  );
  const { stuck, screen } = watched;
  const shown = options.trace ? withoutTrace(screen) : { text: screen, count: 0 };
  const seen = stuck?.kind === "see" ? `never seen: ${stuck.pattern.source}` : "could not be typed";
  return {
    ...watched,
    raw: { out: "", err: "", screen },
    streams: { out: "", err: "", screen: shown.text },
    argumentLists: [],
    problems: stuck ? [{ line: stuck.line, text: seen }] : [],
    traceLines: shown.count,
  };
}

function place(world: World, options: StoryOptions) {
  return { cwd: world.home, env: world.env, limit: options.limit ?? 30_000 };
}

function withoutTrace(text: string): { text: string; count: number } {
  const lines = text.split("\n");
  const rest = lines.filter((line) => !line.startsWith(traceStart));
  return { text: rest.join("\n"), count: lines.length - rest.length };
}

/** Errors that a user can cause have a message; a stack trace is for athm's developers. */
function stackTraces(step: Step, deed: Deed): Problem[] {
  const isTrace = /^\s+at .*(?::\d+:\d+|<anonymous>|\.ts\b|\.js\b)|^error: Uncaught/m;
  return [deed.raw.err, deed.raw.screen].some((text) => isTrace.test(text))
    ? [{ line: step.line, text: "a stack trace was shown" }]
    : [];
}

/** The canary: searches output, files, file names and links for secrets. */
function leaks(
  step: Step,
  deed: Deed,
  files: readonly Entry[],
  world: World,
  finder: SecretFinder,
): Problem[] {
  const streams: readonly Stream[] = ["out", "err", "screen"];
  const shown = streams.filter((name) => !step.secretOk.has(name))
    .filter((name) => finder.found(deed.raw[name])).map((name) => `in ${name}`);
  const allowed = new Set(
    world.secretFiles.flatMap((glob) => matching(files, glob)).map((entry) => entry.path),
  );
  const kept = files.filter((entry) => !allowed.has(entry.path))
    .filter((entry) => finder.found(entry.content)).map((entry) => `in the file ${entry.path}`);
  const named = files.filter((entry) => finder.found(entry.path))
    .map((entry) => `in the name of the ${entry.kind} ${entry.path}`);
  // athm is not responsible for what the story itself types.
  const typed = finder.found(expand(step.command, world.vars));
  const argued = typed ? [] : deed.argumentLists.filter(finder.found)
    .map((list) => `in the arguments of ${list.split(" ", 1)}`);
  return [...shown, ...kept, ...named, ...argued]
    .map((where) => ({ line: step.line, text: `there is a secret ${where}` }));
}

/** The commands in the hints become `$HINT`, `$HINT2`, …; one that no list holds is a problem. */
function learnHints(step: Step, { streams }: Deed, { vars }: World): Problem[] {
  const hints = Array.from(
    streams.err.matchAll(/^athm: hint: (.*\bathm .*)$/gm),
    ([, hint = ""]) => hint,
  );
  const found = hints.map((hint) => ({ hint, commands: commandsIn(hint) }));
  found.flatMap(({ commands = [] }) => commands).forEach((command, index) =>
    vars.set(index === 0 ? "HINT" : `HINT${index + 1}`, command)
  );
  return found.filter(({ hint, commands }) => mention.test(hint) && !commands)
    .map(({ hint }) => ({ line: step.line, text: `not in hint_commands.txt: ${hint}` }));
}

async function leftovers(
  step: Step,
  deed: Deed,
  world: World,
  finder: SecretFinder,
): Promise<Problem[]> {
  const files = await walk(world.tmp);
  return [
    ...deed.left.map((name) => `left running: ${name}`),
    ...files.map((entry) =>
      `left in TMPDIR: ${entry.path}${finder.found(entry.content) ? ", with a secret in it" : ""}`
    ),
  ].map((text) => ({ line: step.line, text }));
}

function report(
  story: Story,
  step: Step,
  problems: readonly Problem[],
  said: readonly Stream[],
  deed: Deed,
): string {
  const indent = (text: string) => text.trimEnd().replace(/^/gm, "      ");
  return [
    `${story.file}:${step.line}: ${step.tty ? "$tty" : "$"} ${step.command}`,
    ...problems.map(({ line, text }) =>
      `  ${story.file}:${line}: ${text.replaceAll("\n", "\n  ")}`
    ),
    ...said.flatMap((name) =>
      deed.raw[name] === "" ? [] : [`    ${name} was:`, indent(deed.raw[name])]
    ),
  ].join("\n");
}
