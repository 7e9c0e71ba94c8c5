import type { Session } from "../model/credentials.ts";
import { Failure } from "../model/failure.ts";

export interface Exported {
  readonly name?: string | undefined;
  readonly session: Session;
  readonly region?: string | undefined;
  /** Variables to set, in order. */
  readonly set: Readonly<Record<string, string>>;
  readonly unset: readonly string[];
}

export interface Format {
  readonly name: string;
  readonly help: string;
  /** The command line that loads it, for the profile `example`. */
  readonly load?: string;
  /** The text for stdout. @throws {Failure} `usage` for a value that it cannot express */
  print(exported: Exported): string;
  /** Prints what removes the variables, or the reason why the format cannot. */
  readonly remove: ((names: readonly string[]) => string) | { readonly why: string };
  /** Also appended to a file, after standard output. */
  readonly file?: FormatFile;
}

/** A format that needs only the variables. */
export interface ShellFormat extends Format {
  print(change: Pick<Exported, "set" | "unset">): string;
}

export interface FormatFile {
  readonly variable: string;
  /** Where that variable is set, for the message if it is missing. */
  readonly owner: string;
  /** @param mark unguessable letters and digits */
  print(exported: Exported, mark: string): string;
}

/** Characters that every parser of unquoted `NAME=value` lines reads literally. */
const plain = /^[A-Za-z0-9_.\/:=+,@-]+$/;

/**
 * A value for formats whose parsers disagree about quoting: unquoted, or rejected.
 * @throws {Failure} `usage`; the message does not quote the value, which may be a secret
 */
export function plainValue(format: string, name: string, value: string): string {
  if (plain.test(value)) return value;
  throw unsayable(format, name);
}

export function unsayable(format: string, name: string): Failure {
  return new Failure(
    "usage",
    `--format ${format}: ${name} contains a character that parsers handle differently`,
    "use another --format, such as json",
  );
}
