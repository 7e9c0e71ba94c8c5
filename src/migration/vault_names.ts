import { Failure } from "../model/failure.ts";

/** Where aws-vault keeps keys. */
export interface Vault {
  /** For messages. */
  readonly where: string;
  /** Names of the keys in it. */
  readonly names: readonly string[];
  /** True where the names are only those that it may have: which of them it has, opening tells. */
  readonly guessed: boolean;
  /**
   * The data of one, as JSON text.
   *
   * @throws {Failure} `source` when it does not open, `not-found` when it is not there; `store-key`, `needs-person` or `cancelled` when
   * none of them will.
   */
  readonly open: (name: string) => Promise<string>;
}

/** The most items that are looked at. */
const mostItems = 1_000;

/** What else aws-vault keeps beside keys: sessions, in the forms of all its versions, and SSO tokens. */
const others = [
  /^[^,]+,[^,]+,[^,]*,[0-9]+$/,
  /^session,[^,]+,[^,]*,[0-9]{2,}$/,
  /^session:[^ ]+:[^ ]*:[^:]+$/,
  /^.+ session \([0-9]+\)$/,
  /^oidc:/,
];

/** Those of the names that are keys'. @throws {Failure} `source` when there are too many. */
export function vaultNames(all: readonly string[]): readonly string[] {
  const names = all.filter((name) => name !== "" && !others.some((other) => other.test(name)));
  if (names.length <= mostItems) return names;
  throw new Failure(
    "source",
    `aws-vault has more than ${mostItems} items, which exceeds athm's limit`,
  );
}
