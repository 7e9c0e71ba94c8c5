/**
 * A story as data.
 *
 * @module
 */

/** A line of the story, parsed. */
export interface Line {
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
}

/** The expected content of a stream. */
export interface StreamCheck {
  /** `out|`: the whole stream, line by line. Present and empty if the story says nothing. */
  readonly exact?: readonly Line[];
  /** `out~`: for each of these regular expressions, some line matches. */
  readonly some: readonly Line[];
  /** `out!~`: no line matches any of these. */
  readonly none: readonly Line[];
}

/** A user's actions on the terminal, in order. */
export interface Move extends Line {
  readonly kind: "see" | "type" | "key" | "paste";
}

/** Files that must or must not exist below the home folder. */
export interface FileCheck extends Line {
  readonly kind: "has-file" | "no-file" | "same-files";
  /** The glob, relative to the home folder. */
  readonly glob: string;
  /** Permission bits that every match must have; only of `has-file`. */
  readonly mode?: number;
}

/** A call that a step must or must not make. */
export interface CallCheck extends Line {
  readonly wanted: boolean;
}

/** The streams of a step. On a terminal there is one: the screen. */
export type Stream = "out" | "err" | "screen";

/** A command and its expected results. */
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
  /** `calls~` and `calls!~`: some call matches, or none does. */
  readonly someCalls: readonly CallCheck[];
  readonly files: readonly FileCheck[];
}

/** A setup line for the steps below it. */
export interface Setup {
  readonly kind: "setup";
  readonly line: number;
  readonly word: string;
  /** The words after the first, without `NAME=value` options if it accepts them. */
  readonly args: readonly string[];
  readonly options: ReadonlyMap<string, string>;
  /** The raw text after the word. */
  readonly rest: string;
  /** The `| ` lines that follow. */
  readonly body: readonly string[];
}

/** A parsed story file. */
export interface Story {
  /** The path to name in failures. */
  readonly file: string;
  /** The first comment: what the story is about. */
  readonly purpose: string;
  readonly items: readonly (Setup | Step)[];
}
