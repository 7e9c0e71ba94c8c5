import { type Format, plainValue } from "./format.ts";

/**
 * Lines for a `.env` file, without quotes: Docker treats quotes as part of the value, and dotenv for
 * Node.js and Python expands `$NAME` between them.
 */
export const dotenv: Format = {
  name: "env",
  help: "dotenv files",
  load: "docker run --env-file <(athm aws export example --format env) IMAGE",
  print: ({ set }) =>
    Object.entries(set).map(([name, value]) => `${name}=${plainValue("env", name, value)}\n`)
      .join(""),
  remove: { why: "a dotenv file cannot unset variables; delete its lines" },
};
