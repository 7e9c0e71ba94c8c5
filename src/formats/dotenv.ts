import { type Format, plainValue } from "./format.ts";

/**
 * Lines for a `.env` file. Docker takes quotes for a part of the value, dotenv of Node.js and Python
 * replace `$NAME` between them: so there are none.
 */
export const dotenv: Format = {
  name: "env",
  help: "dotenv files",
  load: "docker run --env-file <(athm aws export example --format env) IMAGE",
  print: ({ set }) =>
    Object.entries(set).map(([name, value]) => `${name}=${plainValue("env", name, value)}\n`)
      .join(""),
  remove: { why: "a dotenv file takes no variable away, so delete its lines" },
};
