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

/**
 * Erases what this shell has. A universal variable is the person's own, in every fish and for good: it
 * stays, and they are told. The loop's variable has a block of its own, since it would stay behind too.
 */
function erase(names: readonly string[]): string {
  return `begin; set -l name; for name in ${names.join(" ")}; set -eg $name; set -qU $name; and ` +
    'echo "athm: warning: $name stays set, since it is universal; set -eU $name takes it away" >&2; ' +
    "end; end; true\n";
}
