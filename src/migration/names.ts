import { usage } from "../model/failure.ts";
import { nameKey } from "../model/names.ts";

const longest = 64;

/** The prefix must make every name legal. @throws {Failure} `usage` */
export function checkPrefix(prefix: string): string {
  if (prefix === "" || /^[A-Za-z0-9][A-Za-z0-9._@-]{0,31}$/.test(prefix)) return prefix;
  throw usage(
    `--prefix ${JSON.stringify(prefix.slice(0, 40))} is not a valid prefix`,
    "use 1 to 32 letters, digits and ._@-, beginning with a letter or digit",
  );
}

/** Converts text to a legal NAME. */
export function legalName(text: string): string {
  const name = text.replace(/[^A-Za-z0-9._@-]+/gu, "-").replace(/^[^A-Za-z0-9]+/, "");
  return name.slice(0, longest) || "profile";
}

/** A NAME for each text. Legal ones stay; collisions, ignoring case, get a number. */
export function legalNames(texts: readonly string[], prefix: string): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  const isLegal = (text: string) => legalName(prefix + text) === prefix + text;
  for (const text of [...texts.filter(isLegal), ...texts.filter((each) => !isLegal(each))]) {
    if (names.has(text)) continue;
    const wanted = legalName(prefix + text);
    let name = wanted;
    for (let count = 2; taken.has(nameKey(name)); count++) {
      const suffix = `-${count}`;
      name = wanted.slice(0, longest - suffix.length) + suffix;
    }
    taken.add(nameKey(name));
    names.set(text, name);
  }
  return names;
}
