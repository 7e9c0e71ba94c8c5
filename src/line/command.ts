import type { System } from "../system/system.ts";
import type { Values } from "./values.ts";

/** How a shell completes a value without fixed choices. */
export type Completes =
  | "profile"
  | "region"
  | "file"
  /** A named policy. */
  | "policy"
  /** A client of `athm serve`, or also a profile. */
  | "client"
  | "served";

/** An option, from which parsing, help, completion and the man page are derived. */
export interface Option {
  readonly name: string;
  readonly short?: string;
  /** The placeholder for its value in the help; without it the option is a switch. */
  readonly value?: string;
  readonly choices?: readonly string[];
  /** Its value if none is typed. The next word is its value only if it begins with a digit. */
  readonly implied?: string;
  /** How to complete its value; default: files for `FILE`, regions for `R`. */
  readonly completes?: Completes;
  readonly repeat?: true;
  /** One line: lower case, no full stop. */
  readonly help: string;
  readonly group?: string;
}

export interface Entry {
  readonly path: readonly string[];
  readonly summary: string;
  readonly operands: string;
  /** Loads the command lazily, so that startup does not pay for the others. */
  readonly load: () => Promise<{ readonly command: Command }>;
}

export function entry(
  words: string,
  operands: string,
  summary: string,
  load: Entry["load"],
): Entry {
  return { path: words.split(" "), operands, summary, load };
}

/** The path of a command with its next word. A command of `aws` needs no `aws` before it. */
export function pathWith(
  path: readonly string[],
  word: string,
  entries: readonly Entry[],
): readonly string[] {
  const isFirst = path.length === 0 && !entries.some((each) => each.path[0] === word);
  const isShort = isFirst && entries.some(({ path: own }) => own[0] === "aws" && own[1] === word);
  return isShort ? ["aws", word] : [...path, word];
}

/** Whether commands begin so: a command may also be a group, as `serve` and `serve token add`. */
export function hasBelow(entries: readonly Entry[], path: readonly string[]): boolean {
  return entries.some((each) => path.every((word, at) => each.path[at] === word));
}

export interface Command {
  readonly count: readonly [number, number];
  /** After its operands comes a program with its own arguments, which athm does not parse. */
  readonly runsProgram?: true;
  readonly options: readonly Option[];
  /** How to complete its operands; default: by `NAME`, `FILE` or `a|b` in the table. */
  readonly completes?: Completes | "nothing";
  readonly examples?: readonly string[];
  readonly work: (line: Line, system: System) => Promise<number>;
}

export interface Line {
  readonly entry: Entry;
  readonly command: Command;
  readonly operands: readonly string[];
  readonly values: Values;
  /** The program to run with its arguments; may be empty. */
  readonly program: readonly string[];
  /** True if `--` precedes the program. */
  readonly separated: boolean;
}

export const globalOptions: readonly Option[] = [
  { name: "help", short: "h", help: "show this help" },
  { name: "version", short: "V", help: "show the version" },
  { name: "debug", help: "print one line per event to stderr (ATHM_DEBUG=1)" },
  { name: "no-prompt", help: "never prompt (ATHM_NO_PROMPT=1)" },
];

export function grouped(group: string, options: readonly Option[]): Option[] {
  return options.map((option) => ({ ...option, group }));
}
