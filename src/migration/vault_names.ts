import { Failure } from "../model/failure.ts";
import type { Skipped } from "./plan.ts";

export interface Vault {
  readonly where: string;
  readonly names: readonly string[];
  /** Items that are not keys. */
  readonly leftOut: readonly Skipped[];
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

const session = "a temporary session of aws-vault";

/** aws-vault's other items: sessions, in the formats of all versions, and SSO tokens. */
const others: readonly (readonly [RegExp, string])[] = [
  [/^[^,]+,[^,]+,[^,]*,[0-9]+$/, session],
  [/^session,[^,]+,[^,]*,[0-9]{2,}$/, session],
  [/^session:[^ ]+:[^ ]*:[^:]+$/, session],
  [/^.+ session \([0-9]+\)$/, session],
  [/^oidc:/, "an SSO token of aws-vault"],
  [/^$/, "it has no name"],
];

/** The names of keys, and the others. @throws {Failure} `source` if there are too many. */
export function vaultNames(all: readonly string[]): Pick<Vault, "names" | "leftOut"> {
  const names: string[] = [];
  const leftOut: Skipped[] = [];
  for (const from of all) {
    const why = others.find(([pattern]) => pattern.test(from))?.[1];
    if (why === undefined) names.push(from);
    else leftOut.push({ from, why, failed: false });
  }
  if (names.length <= mostItems) return { names, leftOut };
  throw new Failure(
    "source",
    `aws-vault has more than ${mostItems} items, which exceeds athm's limit`,
  );
}
