import type { System } from "../system/system.ts";
import type { Values } from "./values.ts";

/** What a shell completes a value with, where it is not one of a few. */
export type Completes = "profile" | "region" | "file";

/** One option: parsing, help, completion and the man page all follow from this value. */
export interface Option {
  /** Without the dashes. */
  readonly name: string;
  readonly short?: string;
  /** What stands for its value in the help; an option without one is a switch. */
  readonly value?: string;
  /** The only values that it takes. */
  readonly choices?: readonly string[];
  /** What completes its value; files where `value` says `FILE`, regions where it says `R`. */
  readonly completes?: Completes;
  /** May be given more than once. */
  readonly repeat?: true;
  /** One line, not a sentence: lower case, no full stop. */
  readonly help: string;
  /** Heading that it stands under in the help. */
  readonly group?: string;
}

/** A line of the table of commands: enough to find the command and to list it. */
export interface Entry {
  /** `aws exec` is `["aws", "exec"]`. */
  readonly path: readonly string[];
  /** One line: lower case, no full stop. */
  readonly summary: string;
  /** Operands as the help writes them. */
  readonly operands: string;
  /** The command itself; loaded when it is named, so that none pays for the others at start. */
  readonly load: () => Promise<{ readonly command: Command }>;
}

/** One command: what it takes, and the function that works. */
export interface Command {
  /** How many operands it takes: least and most. */
  readonly count: readonly [number, number];
  /** After its operands comes a program with arguments of its own, which athm does not read. */
  readonly runsProgram?: true;
  readonly options: readonly Option[];
  /** What completes its operands, where their names in the table do not say it: `NAME`, `FILE`, `a|b`. */
  readonly completes?: Completes | "nothing";
  /** Command lines for the end of its help. */
  readonly examples?: readonly string[];
  /** Does the work and returns the exit code. */
  readonly work: (line: Line, system: System) => Promise<number>;
}

/** The command line as read. */
export interface Line {
  readonly entry: Entry;
  readonly command: Command;
  readonly operands: readonly string[];
  readonly values: Values;
  /** The program to run with its arguments; empty when none was given. */
  readonly program: readonly string[];
}

/** Taken everywhere before a program's name. */
export const globalOptions: readonly Option[] = [
  { name: "help", short: "h", help: "show this help" },
  { name: "version", short: "V", help: "show the version" },
  { name: "debug", help: "print one line per event to stderr (ATHM_DEBUG=1)" },
  { name: "no-prompt", help: "never prompt (ATHM_NO_PROMPT=1)" },
];
