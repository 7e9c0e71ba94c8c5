import type { Format } from "./format.ts";

/**
 * Text as one word of fish. Between single quotes a backslash has a meaning before a backslash and
 * before a single quote, and nothing else has any.
 * https://fishshell.com/docs/current/language.html#quotes
 */
export function quoteFish(text: string): string {
  return `'${text.replaceAll(/[\\']/g, "\\$&")}'`;
}

/** For `source` in fish. */
export const fish: Format = {
  name: "fish",
  help: "fish",
  load: "athm aws export example --format fish | source",
  print: ({ set, unset }) =>
    erase(unset) +
    Object.entries(set).map(([name, value]) => `set -gx ${name} ${quoteFish(value)}\n`).join(""),
  remove: erase,
};

/** `set -e` calls it an error when a variable is not there, and goes on with the next. */
function erase(names: readonly string[]): string {
  return `set -e ${names.join(" ")}; or true\n`;
}
