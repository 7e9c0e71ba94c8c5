import { usage } from "../../../model/failure.ts";
import { formats } from "../../../formats/all_formats.ts";
import type { Command, Line } from "../../../line/command.ts";
import {
  checkDatabase,
  type Database,
  databaseToken,
  passwordVariables,
} from "../../../tokens/rds.ts";
import { handingOut, tokenOptions, tokenOrigin } from "./origin.ts";

/** Formats that can express a token; it contains `%` and `&`, which the others cannot. */
const printing = formats.filter(({ name }) => ["sh", "fish", "powershell", "nu"].includes(name));

/** `athm aws token rds --host H --port P --user U [NAME]`: prints a database user's password. */
export const command: Command = {
  count: [0, 1],
  options: [
    { name: "host", value: "H", help: "endpoint of the database; required" },
    { name: "port", value: "P", help: "its port; required" },
    { name: "user", value: "U", help: "database user; required" },
    { name: "env", help: `print commands that set ${passwordVariables.join(" and ")}` },
    {
      name: "format",
      value: "F",
      choices: printing.map(({ name }) => name),
      help: "with --env: output format (default: sh)",
    },
    ...tokenOptions("region of the database, if its host name has none"),
  ],
  examples: [
    "athm aws token rds --host db.example.com --port 5432 --user app example",
    'eval "$(athm aws token rds --host db.example.com --port 5432 --user app --env example)"',
  ],
  work: async (line, system) => {
    const database = databaseIn(line);
    const { values } = line;
    if (values.has("format") && !values.has("env")) throw usage("--format requires --env");
    const format = printing.find(({ name }) => name === (values.text("format") ?? "sh"));
    const origin = await tokenOrigin(line, system, line.operands, { offer: true });
    return await handingOut(system, origin, "rds", async () => {
      const token = await databaseToken(system, origin, database, origin.region);
      if (!values.has("env") || !format) return `${token}\n`;
      const set = Object.fromEntries(passwordVariables.map((name) => [name, token]));
      return format.print({ session: origin.session, set, unset: passwordVariables });
    });
  },
};

function databaseIn({ values }: Line): Database {
  const given = (name: keyof Database) => {
    const text = values.text(name);
    if (text !== undefined) return text;
    throw usage(
      `--${name} is required`,
      "name the database and its user: --host HOST --port PORT --user USER",
    );
  };
  return checkDatabase({ host: given("host"), port: given("port"), user: given("user") });
}
