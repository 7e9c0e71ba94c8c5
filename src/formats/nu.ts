import type { Format } from "./format.ts";

/**
 * A JSON record for `load-env` in Nushell, which has no `eval`. Nushell does not pass null variables to
 * programs.
 * https://www.nushell.sh/commands/docs/load-env.html
 */
export const nu: Format = {
  name: "nu",
  help: "Nushell",
  load: "athm aws export example --format nu | from json | load-env",
  print: ({ set, unset }) => JSON.stringify({ ...nulls(unset), ...set }) + "\n",
  remove: (names) => JSON.stringify(nulls(names)) + "\n",
};

function nulls(names: readonly string[]): Record<string, null> {
  return Object.fromEntries(names.map((name) => [name, null]));
}
