import type { Format } from "./format.ts";

/**
 * For `load-env` in Nushell, which evaluates no text that comes from a program: a record in JSON.
 * What is null in it is no variable of the programs that Nushell runs.
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
