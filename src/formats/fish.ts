import type { ShellFormat } from "./format.ts";

/**
 * Quotes text as one word for fish. Between single quotes, only a backslash before a backslash or a
 * single quote is special.
 * https://fishshell.com/docs/current/language.html#quotes
 */
export function quoteFish(text: string): string {
  return `'${text.replaceAll(/[\\']/g, "\\$&")}'`;
}

/** For `source` in fish. */
export const fish: ShellFormat = {
  name: "fish",
  help: "fish",
  load: "athm aws export example --format fish | source",
  print: ({ set, unset }) =>
    erase(unset) +
    Object.entries(set).map(([name, value]) => `set -gx ${name} ${quoteFish(value)}\n`).join(""),
  remove: erase,
};

/**
 * Erases global variables of this shell. A universal variable belongs to the user and persists in every
 * fish, so keep it and warn. The block keeps the loop variable from leaking into the shell.
 */
function erase(names: readonly string[]): string {
  return `begin; set -l name; for name in ${names.join(" ")}; set -eg $name; set -qU $name; and ` +
    'echo "athm: warning: $name is universal and stays set; remove it with set -eU $name" >&2; ' +
    "end; end; true\n";
}
