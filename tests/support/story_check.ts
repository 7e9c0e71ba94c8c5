/**
 * Compares a step's results with the story. Pure: returns problems as text.
 *
 * @module
 */

import type { Call } from "./fake_aws.ts";
import type { Entry } from "./story_files.ts";
import { matching } from "./story_files.ts";
import type { CallCheck, FileCheck, Line, StreamCheck } from "./story_types.ts";
import { expand, expandPattern } from "./story_setup.ts";

/** A difference from the story. */
export interface Problem {
  /** The story's line. */
  readonly line: number;
  readonly text: string;
}

type Vars = ReadonlyMap<string, string>;

const noNewline = " (no newline at the end)";

/** The lines of a stream; a last line without a newline counts, and differs from one with it. */
export function linesOf(text: string): string[] {
  const lines = text.split("\n");
  const last = lines.pop() ?? "";
  return last === "" ? lines : [...lines, last + noNewline];
}

/** Removes the end-of-line mark, for patterns. */
function content(line: string): string {
  return line.endsWith(noNewline) ? line.slice(0, -noNewline.length) : line;
}

/**
 * Compares a stream. `at` is the step's line, reported if the story says nothing about the stream.
 */
export function streamProblems(
  name: string,
  check: StreamCheck,
  text: string,
  vars: Vars,
  at: number,
): Problem[] {
  const lines = linesOf(text);
  const problems: Problem[] = [];
  if (check.exact) {
    const expected = check.exact.map((line) => expand(line.text, vars));
    const length = Math.max(lines.length, expected.length);
    const first = Array.from({ length }, (_, index) => index)
      .find((index) => lines[index] !== expected[index]);
    if (first !== undefined) {
      const [want, got] = [expected[first], lines[first]];
      problems.push({
        line: check.exact[first]?.line ?? check.exact.at(-1)?.line ?? at,
        text: `${name}, line ${first + 1}:\n` +
          `  expected ${want === undefined ? "no more lines" : JSON.stringify(want)}\n` +
          `  got      ${got === undefined ? "no more lines" : JSON.stringify(got)}`,
      });
    }
  }
  const matches = (line: Line) => {
    const pattern = new RegExp(expandPattern(line.text, vars), "u");
    return lines.find((one) => pattern.test(content(one)));
  };
  for (const some of check.some) {
    if (matches(some) === undefined) {
      problems.push({ line: some.line, text: `no line of ${name} matches ${some.text}` });
    }
  }
  for (const none of check.none) {
    const found = matches(none);
    if (found !== undefined) {
      const shown = JSON.stringify(content(found));
      problems.push({ line: none.line, text: `${name} must not match ${none.text}: ${shown}` });
    }
  }
  return problems;
}

/** Compares the requests of a step with its `calls` lines. */
export function callProblems(
  expected: readonly Line[],
  calls: readonly Call[],
  vars: Vars,
  at: number,
): Problem[] {
  const length = Math.max(expected.length, calls.length);
  for (let index = 0; index < length; index++) {
    const [want, got] = [expected[index], calls[index]];
    const problem = callProblem(want && expand(want.text, vars), got);
    if (problem !== undefined) {
      const all = calls.map((call) => call.action).join(", ") || "none";
      const line = want?.line ?? expected.at(-1)?.line ?? at;
      return [{ line, text: `call ${index + 1}: ${problem}; all calls: ${all}` }];
    }
  }
  return [];
}

function callProblem(want: string | undefined, got: Call | undefined): string | undefined {
  if (want === undefined) return `expected no more, got ${got?.action}`;
  if (got === undefined) return `expected ${want}, got no more`;
  const [action, ...details] = want.split(" ");
  if (action !== got.action) return `expected ${action}, got ${got.action}`;
  const known: Readonly<Record<string, string>> = {
    ...got.params,
    region: got.region,
    status: String(got.status),
  };
  for (const detail of details) {
    const at = detail.indexOf("=");
    const [name, value] = at < 0
      ? [detail, undefined]
      : [detail.slice(0, at), detail.slice(at + 1)];
    const actual = name.startsWith("!") ? undefined : known[name];
    if (name.startsWith("!")) {
      if (known[name.slice(1)] !== undefined) return `${name.slice(1)} must not be sent`;
    } else if (actual === undefined || (value !== undefined && value !== actual)) {
      return `expected ${detail}, got ${actual === undefined ? "none" : `${name}=${actual}`}`;
    }
  }
  return undefined;
}

/** Compares the requests of a step with its `calls~` and `calls!~` lines. */
export function someCallProblems(
  checks: readonly CallCheck[],
  calls: readonly Call[],
  vars: Vars,
): Problem[] {
  return checks.flatMap(({ wanted, text, line }): Problem[] => {
    const expanded = expand(text, vars);
    const found = calls.some((call) => callProblem(expanded, call) === undefined);
    if (found === wanted) return [];
    const all = calls.map((call) => call.action).join(", ") || "none";
    return [{ line, text: `${wanted ? "no call" : "a call"} is ${text}; all calls: ${all}` }];
  });
}

const octal = (mode: number) => "0" + (mode & 0o777).toString(8).padStart(3, "0");

/** Compares the files below the home folder after a step with its lines about files. */
export function fileProblems(
  checks: readonly FileCheck[],
  before: readonly Entry[],
  after: readonly Entry[],
  vars: Vars,
): Problem[] {
  return checks.flatMap(({ kind, glob, mode, line }): Problem[] => {
    const expanded = expand(glob, vars);
    const found = matching(after, expanded);
    if (kind === "no-file") {
      return found.map((entry) => ({ line, text: `there must be no ${entry.path}` }));
    }
    if (kind === "same-files") {
      const changed = changes(matching(before, expanded), found);
      return changed.map((path) => ({ line, text: `${path} was changed by this step` }));
    }
    if (found.length === 0) return [{ line, text: `there is no ${glob}` }];
    return found.filter((entry) => mode !== undefined && (entry.mode & 0o777) !== mode)
      .map((entry) => ({
        line,
        text: `${entry.path} has mode ${octal(entry.mode)}, not ${octal(mode ?? 0)}`,
      }));
  });
}

/** Paths that were added, removed, or changed in kind, mode or content. */
function changes(before: readonly Entry[], after: readonly Entry[]): string[] {
  const describe = (entry: Entry) => `${entry.kind} ${entry.mode} ${entry.content}`;
  const old = new Map(before.map((entry) => [entry.path, describe(entry)]));
  const now = new Map(after.map((entry) => [entry.path, describe(entry)]));
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((path) => old.get(path) !== now.get(path));
}
