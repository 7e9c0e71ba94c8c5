/**
 * What a story says, as data.
 *
 * @module
 */

/** A line of the story and what it says. */
export interface Line {
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
}

/** What a stream of a step must hold. */
export interface StreamCheck {
  /** `out|`: the whole stream, line by line. Present also when nothing is said: then it is empty. */
  readonly exact?: readonly Line[];
  /** `out~`: for each of these regular expressions, some line matches. */
  readonly some: readonly Line[];
  /** `out!~`: no line matches any of these. */
  readonly none: readonly Line[];
}

/** What a person does at the terminal, in order. */
export interface Move extends Line {
  readonly kind: "see" | "type" | "key" | "paste";
}

/** What must be found, or not, below the home folder. */
export interface FileCheck extends Line {
  readonly kind: "has-file" | "no-file" | "same-files";
  /** The glob, relative to the home folder. */
  readonly glob: string;
  /** Permission bits that every match must have; only of `has-file`. */
  readonly mode?: number;
}

/** A call that must be among those of a step, or must not. */
export interface CallCheck extends Line {
  readonly wanted: boolean;
}

/** The streams of a step. At a terminal there is one: the screen. */
export type Stream = "out" | "err" | "screen";

/** A command and all that is expected of it. */
export interface Step {
  readonly kind: "step";
  readonly line: number;
  readonly command: string;
  readonly tty: boolean;
  /** Lines for standard input; `undefined` gives it `/dev/null`. */
  readonly stdin?: readonly Line[];
  readonly exit: number;
  readonly streams: Readonly<Record<Stream, StreamCheck>>;
  readonly moves: readonly Move[];
  readonly secretOk: ReadonlySet<Stream>;
  /** Exactly these calls, in order; `undefined`: not checked. */
  readonly calls?: readonly Line[];
  /** `calls~` and `calls!~`: some call is like this, or none is. */
  readonly someCalls: readonly CallCheck[];
  readonly files: readonly FileCheck[];
}

/** A line that prepares something for the steps below it. */
export interface Setup {
  readonly kind: "setup";
  readonly line: number;
  readonly word: string;
  /** What stands after the word, without `NAME=value` options for the words that take them. */
  readonly args: readonly string[];
  readonly options: ReadonlyMap<string, string>;
  /** The text after the word as it stands. */
  readonly rest: string;
  /** The `| ` lines that follow. */
  readonly body: readonly string[];
}

/** A story file, read. */
export interface Story {
  /** The path to name in failures. */
  readonly file: string;
  /** The first comment: what the story is about. */
  readonly purpose: string;
  readonly items: readonly (Setup | Step)[];
}
