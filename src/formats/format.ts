import type { Session } from "../model/credentials.ts";

/** What a format is made from. */
export interface Exported {
  readonly session: Session;
  /** Variables to set, in order. */
  readonly set: Readonly<Record<string, string>>;
  /** Variables that would lead to other credentials. */
  readonly unset: readonly string[];
}

/** Credentials as text. */
export interface Format {
  readonly name: string;
  /** One line for the help. */
  readonly help: string;
  print(exported: Exported): string;
  /** What removes the variables again; absent where the format has no such thing. */
  readonly remove?: (names: readonly string[]) => string;
}
