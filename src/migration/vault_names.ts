import { Failure } from "../model/failure.ts";

export interface Vault {
  readonly where: string;
  readonly names: readonly string[];
  /** True if the names are guesses, to be tried. */
  readonly guessed: boolean;
  /**
   * The data of one, as JSON text.
   *
   * @throws {Failure} `source` if it cannot be opened, `not-found` if it does not exist;
   * `store-key`, `needs-person` or `cancelled` if no item can be opened.
   */
  readonly open: (name: string) => Promise<string>;
}

const mostItems = 20_000;

/** aws-vault's other items: sessions, in the formats of all versions, and SSO tokens. */
const others = [
  /^[^,]+,[^,]+,[^,]*,[0-9]+$/,
  /^session,[^,]+,[^,]*,[0-9]{2,}$/,
  /^session:[^ ]+:[^ ]*:[^:]+$/,
  /^.+ session \([0-9]+\)$/,
  /^oidc:/,
];

/** The names of keys. @throws {Failure} `source` if there are too many. */
export function vaultNames(all: readonly string[]): readonly string[] {
  const names = all.filter((name) => name !== "" && !others.some((other) => other.test(name)));
  if (names.length <= mostItems) return names;
  throw new Failure(
    "source",
    `aws-vault has more than ${mostItems} items, which exceeds athm's limit`,
  );
}
