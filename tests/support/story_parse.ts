/**
 * Parses a story's text. The format is described in `tests/stories/README.md`.
 *
 * Unknown text is an error, never skipped, and so is a check that could not fail.
 *
 * @module
 */

import type {
  CallCheck,
  FileCheck,
  Line,
  Move,
  Setup,
  Step,
  Story,
  Stream,
  StreamCheck,
} from "./story_types.ts";
import { setupProblem } from "./story_words.ts";
import { keyNames } from "./terminal_session.ts";

/** The story's text is wrong; the message begins with `FILE:LINE: `. */
export class StorySyntaxError extends Error {
  override readonly name = "StorySyntaxError";

  constructor(file: string, line: number, problem: string) {
    super(`${file}:${line}: ${problem}`);
    this.stack = this.message;
  }
}

interface StepDraft {
  line: number;
  command: string;
  tty: boolean;
  stdin: Line[] | undefined;
  exit: number | undefined;
  said: Record<Stream, { mark: string; at: Line }[]>;
  moves: Move[];
  secretOk: Set<Stream>;
  calls: Line[] | undefined;
  someCalls: CallCheck[];
  files: FileCheck[];
}

const streamLine = /^(out|err|screen)(\||~|!~|\*)(?: (.*)|)$/;
const moveLine = /^(see|type)\|(?: (.*)|)$/;

/** Parses a story's text. Throws a {@link StorySyntaxError} at the first error. */
export function parseStory(text: string, file: string): Story {
  const items: (Setup | Step)[] = [];
  let purpose = "";
  let draft: StepDraft | undefined;
  const fail = (line: number, problem: string): never => {
    throw new StorySyntaxError(file, line, problem);
  };
  const finish = () => {
    if (draft) items.push(finishStep(draft, fail));
    draft = undefined;
  };
  const lines = text.split("\n");
  for (let index = 0; index < lines.length; index++) {
    const at = index + 1;
    let now = lines[index] ?? "";
    if (now.startsWith("#")) purpose ||= now.replace(/^#+\s*/, "");
    if (now.trim() === "" || now.startsWith("#")) continue;
    const started = /^\$(tty)? (.*)$/.exec(now);
    if (started) {
      finish();
      let command = started[2] ?? "";
      while (command.endsWith("\\") && index + 1 < lines.length) {
        command += "\n" + (lines[++index] ?? "");
      }
      draft = newStep(at, command, started[1] !== undefined);
      continue;
    }
    const word = /^[^\s|~!*]+/.exec(now)?.[0] ?? now;
    const problem = setupProblem(now);
    if (problem === "not a setup") {
      if (!draft) fail(at, `${JSON.stringify(word)} is unknown here; it may belong under a step`);
      else readStepLine(draft, { line: at, text: now }, fail);
      continue;
    }
    if (problem !== undefined) fail(at, problem);
    finish();
    const body: string[] = [];
    for (; /^\|( |$)/.test(lines[index + 1] ?? ""); index++) {
      body.push((lines[index + 1] ?? "").slice(2));
    }
    now = now.trimEnd();
    if (body.length > 0 && word !== "file") fail(at + 1, "only `file` is followed by `| ` lines");
    items.push(setupOf(at, now, body));
  }
  finish();
  if (purpose === "") fail(1, "a story begins with a comment that says its purpose");
  if (!items.some((item) => item.kind === "step")) fail(1, "the story has no step");
  return { file, purpose, items };
}

function newStep(line: number, command: string, tty: boolean): StepDraft {
  return {
    line,
    command,
    tty,
    stdin: undefined,
    exit: undefined,
    said: { out: [], err: [], screen: [] },
    moves: [],
    secretOk: new Set(),
    calls: undefined,
    someCalls: [],
    files: [],
  };
}

function setupOf(line: number, text: string, body: readonly string[]): Setup {
  const [word = "", ...parts] = text.split(/\s+/);
  const options = new Map<string, string>();
  const args: string[] = [];
  for (const part of parts) {
    const [, name, value] = /^([a-z][a-z-]*)=(.*)$/.exec(part) ?? [];
    if (name !== undefined && value !== undefined) options.set(name, value);
    else args.push(part);
  }
  return {
    kind: "setup",
    line,
    word,
    args,
    options,
    rest: text.slice(word.length).trim(),
    body,
  };
}

type Fail = (line: number, problem: string) => never;

function readStepLine(step: StepDraft, { line, text }: Line, fail: Fail): void {
  const [, stream, mark, said = ""] = streamLine.exec(text) ?? [];
  if (stream !== undefined && mark !== undefined) {
    if (mark === "*" && said.trim() !== "") fail(line, `nothing may stand after ${stream}*`);
    if (mark.endsWith("~")) checkPattern({ line, text: said }, fail);
    step.said[stream as Stream].push({ mark, at: { line, text: said } });
    return;
  }
  const [, move, what = ""] = moveLine.exec(text) ?? [];
  if (move === "see" || move === "type") {
    if (move === "see") checkPattern({ line, text: what }, fail);
    step.moves.push({ kind: move, line, text: what });
    return;
  }
  if (text === "<" || text.startsWith("< ")) {
    (step.stdin ??= []).push({ line, text: text.slice(2) });
    return;
  }
  const [word = "", ...args] = text.trim().split(/\s+/);
  if (word === "exit" && args.length === 1 && /^\d{1,3}$/.test(args[0] ?? "")) {
    if (step.exit !== undefined) fail(line, "the step says `exit` twice");
    step.exit = Number(args[0]);
  } else if (word === "key|" && args.length === 1) {
    const key = args[0] ?? "";
    if (!keyNames.includes(key)) fail(line, `key| takes one of ${keyNames.join(", ")}`);
    step.moves.push({ kind: "key", line, text: key });
  } else if (text === "paste|") {
    step.moves.push({ kind: "paste", line, text: "" });
  } else if (word === "secret-ok" && args.length > 0) {
    for (const name of args) {
      if (name !== "out" && name !== "err" && name !== "screen") {
        fail(line, `secret-ok takes out, err or screen, not ${JSON.stringify(name)}`);
      } else step.secretOk.add(name);
    }
  } else if (word === "calls|" && args.length > 0) {
    (step.calls ??= []).push({ line, text: args.join(" ") });
  } else if ((word === "calls~" || word === "calls!~") && args.length > 0) {
    step.someCalls.push({ line, text: args.join(" "), wanted: word === "calls~" });
  } else if (word === "calls" && args.length === 1 && args[0] === "none") {
    if (step.calls) fail(line, "`calls none` cannot be combined with other calls");
    step.calls = [];
  } else if (word === "has-file" || word === "no-file" || word === "same-files") {
    const [glob, modeText, more] = args;
    const mode = /^mode=(0[0-7]{3})$/.exec(modeText ?? "")?.[1];
    const moded = word === "has-file" && mode !== undefined;
    if (glob === undefined || more !== undefined || (modeText !== undefined && !moded)) {
      return fail(line, `write \`${word} GLOB${word === "has-file" ? " [mode=0600]" : ""}\``);
    }
    step.files.push({ kind: word, line, text, glob, ...mode && { mode: parseInt(mode, 8) } });
  } else {
    fail(line, `not understood: ${JSON.stringify(text)}`);
  }
}

/** A pattern that matches everything checks nothing, or can never be satisfied. */
function checkPattern({ line, text }: Line, fail: Fail): void {
  if (text === "") fail(line, "a regular expression is missing");
  let pattern;
  try {
    pattern = new RegExp(text, "u");
  } catch (error) {
    return fail(line, error instanceof Error ? error.message : "not a regular expression");
  }
  if (pattern.test("")) fail(line, "everything matches this regular expression");
}

function finishStep(step: StepDraft, fail: Fail): Step {
  const { said, moves, line, tty } = step;
  const wrong: readonly Stream[] = tty ? ["out", "err"] : ["screen"];
  for (const stream of wrong) {
    const at = said[stream][0]?.at.line;
    if (at !== undefined) fail(at, `a ${tty ? "$tty" : "$"} step has no ${stream}`);
    if (step.secretOk.has(stream)) fail(line, `a ${tty ? "$tty" : "$"} step has no ${stream}`);
  }
  if (!tty && moves[0]) {
    fail(moves[0].line, "only a $tty step is driven by see, type, key and paste");
  }
  if (tty && step.stdin) fail(line, "a $tty step is typed at, and has no `<` lines");
  const streams = {
    out: streamCheck(said.out, fail),
    err: streamCheck(said.err, fail),
    screen: streamCheck(said.screen.length > 0 ? said.screen : [anything(line)], fail),
  };
  const looks = Object.values(streams).some((check) =>
    check.some.length > 0 || check.none.length > 0
  );
  const whole = (tty ? [streams.screen] : [streams.out, streams.err]).some((check) => check.exact);
  const sees = moves.some((move) => move.kind === "see");
  if (
    !looks && !whole && !sees && step.exit === undefined && !step.calls &&
    step.files.length + step.someCalls.length === 0
  ) {
    fail(line, "the step expects nothing that it could fail on");
  }
  const { command, secretOk, someCalls, files, exit = 0 } = step;
  const optional = {
    ...step.stdin && { stdin: step.stdin },
    ...step.calls && { calls: step.calls },
  };
  return {
    kind: "step",
    line,
    command,
    tty,
    exit,
    streams,
    moves,
    secretOk,
    someCalls,
    files,
    ...optional,
  };
}

function anything(line: number): { mark: string; at: Line } {
  return { mark: "*", at: { line, text: "" } };
}

function streamCheck(said: readonly { mark: string; at: Line }[], fail: Fail): StreamCheck {
  const of = (mark: string) => said.filter((one) => one.mark === mark).map((one) => one.at);
  const exact = of("|");
  const loose = said.find((one) => one.mark !== "|");
  if (exact.length > 0 && loose) {
    fail(loose.at.line, "the whole stream is given by `|` lines: nothing else can be said of it");
  }
  const check = { some: of("~"), none: of("!~") };
  return loose ? check : { exact, ...check };
}
