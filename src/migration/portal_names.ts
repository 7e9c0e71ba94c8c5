import { usage } from "../model/failure.ts";
import { nameKey } from "../model/names.ts";
import { legalName } from "./names.ts";

export interface Named {
  readonly account: string;
  readonly accountName: string;
  readonly role: string;
}

export const defaultTemplate = "{account-name}-{role}";

const fields: Readonly<Record<string, (of: Named) => string>> = {
  "account-name": ({ accountName }) => accountName,
  "account-id": ({ account }) => account,
  role: ({ role }) => role,
};

/** @throws {Failure} `usage` for an unknown field, or if all names would be equal */
export function checkTemplate(text: string): string {
  const known = Object.keys(fields).map((name) => `{${name}}`).join(", ");
  const used = Array.from(text.matchAll(/\{([^{}]*)\}/g), ([, name]) => name ?? "");
  const unknown = used.find((name) => !Object.hasOwn(fields, name));
  if (unknown !== undefined || /[{}]/.test(text.replaceAll(/\{[^{}]*\}/g, ""))) {
    throw usage(
      `unknown placeholder in --name: ${
        JSON.stringify(unknown === undefined ? text : `{${unknown}}`)
      }`,
      `use text with ${known}`,
    );
  }
  if (used.length === 0) {
    throw usage("--name produces the same name for every profile", `use text with ${known}`);
  }
  return text;
}

/** A name that identifies its account: see {@link accountText}. */
export function templateName(template: string, of: Named): string {
  return formerName(template, { ...of, accountName: accountText(of) });
}

/** The same, with a dash for every non-ASCII letter, as in earlier versions. */
export function formerName(template: string, of: Named): string {
  // One pass, so that an account called "{role}" is not expanded.
  const text = template.replaceAll(/\{([^{}]*)\}/g, (_, name: string) => fields[name]?.(of) ?? "");
  // Merge dashes: "Sandbox (EU)" must not give "Sandbox-EU--Admin".
  return legalName(text.replaceAll(/-*[^A-Za-z0-9._@-]+-*/gu, "-"));
}

/** Latin letters that NFKD does not take apart. */
const latin: ReadonlyMap<string, string> = new Map(
  "ßss ẞSS ÆAE æae ŒOE œoe ØO øo ŁL łl ĐD đd ÐD ðd ÞTh þth ĦH ħh ŦT ŧt ıi ŊNg ŋng ĸk".split(" ")
    .map(([letter = "", ...rest]) => [letter, rest.join("")]),
);

/** An account's name in ASCII; its ID follows or replaces it if letters or digits are lost. */
function accountText({ account, accountName }: Named): string {
  const text = accountName.normalize("NFKD").replaceAll(/\p{M}/gu, "")
    .replaceAll(/\P{ASCII}/gu, (letter) => latin.get(letter) ?? letter);
  if (!/[A-Za-z0-9]/.test(text)) return account;
  return /(?=\P{ASCII})[\p{L}\p{N}]/u.test(text) ? `${text}-${account}` : text;
}

/** Names that several items share, by `nameKey`. */
export function collisions<T extends Named>(
  items: readonly T[],
  nameOf: (item: T) => string,
): ReadonlyMap<string, readonly T[]> {
  const groups = Map.groupBy(items, (item) => nameKey(nameOf(item)));
  return new Map([...groups].filter(([, group]) => group.length > 1));
}

/** Ignores case: `*` is any text, `?` any character. At most the product of both lengths. */
export function fitsGlob(glob: string, text: string): boolean {
  const [pattern, characters] = [[...glob.toLowerCase()], [...text.toLowerCase()]];
  // Pattern positions reached so far.
  let places = new Set(afterStars(pattern, 0));
  for (const character of characters) {
    const next = new Set<number>();
    for (const place of places) {
      const expected = pattern[place];
      if (!["*", "?", character].includes(expected ?? "")) continue;
      const behind = expected === "*" ? place : place + 1;
      for (const each of afterStars(pattern, behind)) next.add(each);
    }
    places = next;
  }
  return places.has(pattern.length);
}

/** A position and those after stars, which may match nothing. */
function afterStars(pattern: readonly string[], place: number): number[] {
  const places = [place];
  for (let at = place; pattern[at] === "*"; at++) places.push(at + 1);
  return places;
}
