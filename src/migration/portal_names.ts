import { usage } from "../model/failure.ts";
import { nameKey } from "../model/names.ts";
import { legalName } from "./names.ts";

/** What a name is made from. */
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

/**
 * `--name`, checked.
 *
 * @throws {Failure} `usage` for a field that there is not, or when all would be called alike
 */
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

/** The name of a profile, made one that athm can carry. */
export function templateName(template: string, of: Named): string {
  // One pass: an account that is called "{role}" is not looked into again.
  const text = template.replaceAll(/\{([^{}]*)\}/g, (_, name: string) => fields[name]?.(of) ?? "");
  // A dash beside what becomes a dash is one too: "Sandbox (EU)" gives no "Sandbox-EU--Admin".
  return legalName(text.replaceAll(/-*[^A-Za-z0-9._@-]+-*/gu, "-"));
}

/** Names that more than one of them would have, by `nameKey`, with all that would have them. */
export function collisions<T extends Named>(
  items: readonly T[],
  nameOf: (item: T) => string,
): ReadonlyMap<string, readonly T[]> {
  const groups = Map.groupBy(items, (item) => nameKey(nameOf(item)));
  return new Map([...groups].filter(([, group]) => group.length > 1));
}

/**
 * True when the text fits the glob, upper and lower case alike: `*` is any text, `?` any character. In
 * time that grows with the product of both lengths, whatever they are.
 */
export function fitsGlob(glob: string, text: string): boolean {
  const [pattern, characters] = [[...glob.toLowerCase()], [...text.toLowerCase()]];
  // Positions in the pattern at which what was read so far may have ended.
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

/** A place and, over stars, which may stand for nothing, those behind it. */
function afterStars(pattern: readonly string[], place: number): number[] {
  const places = [place];
  for (let at = place; pattern[at] === "*"; at++) places.push(at + 1);
  return places;
}
