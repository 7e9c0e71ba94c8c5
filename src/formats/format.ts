import type { Session } from "../model/credentials.ts";
import { Failure } from "../model/failure.ts";

/** What a format is made from. */
export interface Exported {
  /** The profile's name; absent for a session that is stored nowhere. */
  readonly name?: string | undefined;
  readonly session: Session;
  readonly region?: string | undefined;
  /** Variables to set, in order. */
  readonly set: Readonly<Record<string, string>>;
  /** Variables that would lead to other credentials. */
  readonly unset: readonly string[];
}

/** Credentials as text. */
export interface Format {
  readonly name: string;
  /** Who reads it, for the help. */
  readonly help: string;
  /** The command line that loads it, for the profile `example`. */
  readonly load?: string;
  /**
   * What goes to standard output.
   *
   * @throws {Failure} `usage` for a value that the format cannot say.
   */
  print(exported: Exported): string;
  /** What removes the variables again, or why there is no such thing. */
  readonly remove: ((names: readonly string[]) => string) | { readonly why: string };
  /** What is added to a file besides, after standard output was written. */
  readonly file?: FormatFile;
}

/** A file that another program names for what is to be added to it. */
export interface FormatFile {
  /** The variable that holds its path. */
  readonly variable: string;
  /** What sets that variable, for the message where it is missing. */
  readonly owner: string;
  /** @param mark text that nobody can guess, of letters and digits */
  print(exported: Exported, mark: string): string;
}

/** What all readers of plain `NAME=value` lines take for themselves, without quotes. */
const plain = /^[A-Za-z0-9_.\/:=+,@-]+$/;

/**
 * A value for formats whose readers do not quote alike: as it is, or not at all. Credentials, names
 * of regions and of profiles have no other characters.
 *
 * @throws {Failure} `usage`; the value, which may be a secret, is not quoted.
 */
export function plainValue(format: string, name: string, value: string): string {
  if (plain.test(value)) return value;
  throw unsayable(format, name);
}

/** The failure for a value that a format cannot say for certain. */
export function unsayable(format: string, name: string): Failure {
  return new Failure(
    "usage",
    `--format ${format}: ${name} holds a character that its readers do not take alike`,
    "take another --format, such as json",
  );
}
