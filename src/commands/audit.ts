import { logLines, verify } from "../audit/verify.ts";
import type { LogFields } from "../audit/chain.ts";
import { type LogFile, readLog } from "../audit/log.ts";
import { usage } from "../model/failure.ts";
import { nameKey, parseLabel, parseName, suggestion } from "../model/names.ts";
import type { Command } from "../line/command.ts";
import { type Column, tableText } from "../screen/columns.ts";
import { homeExists, storeHome } from "../store/files/home.ts";
import type { System } from "../system/system.ts";

/** `athm audit`: the log of sign-ins, renewals and changes; `athm audit verify`: whether it is intact. */
export const command: Command = {
  count: [0, 1],
  options: [
    { name: "json", help: "print one JSON object per line" },
    { name: "profile", value: "NAME", completes: "profile", help: "only entries of this profile" },
    { name: "client", value: "LABEL", completes: "client", help: "only entries of this client" },
    { name: "last", value: "N", help: "only the last N entries" },
  ],
  examples: ["athm audit --last 20", "athm audit verify", "athm audit --profile example --json"],
  work: async ({ operands: [word], values }, system) => {
    if (word !== undefined && word !== "verify") {
      const meant = suggestion(word, ["verify"]);
      throw usage(`unexpected argument ${JSON.stringify(word)}${meant}`, "run athm audit --help");
    }
    if (word && values.given.length) {
      throw usage(`athm audit verify does not accept --${values.given[0]}`);
    }
    const [name, count] = [values.text("profile"), values.text("last")];
    const label = values.text("client");
    if (name !== undefined) parseName(name);
    if (label !== undefined) parseLabel(label);
    if (count !== undefined && !/^[1-9]\d{0,8}$/.test(count)) {
      throw usage(`--last ${JSON.stringify(count)} is not a number of entries`);
    }
    const home = storeHome(system);
    const files = homeExists(system, home) ? await readLog(system, home) : [];
    if (word) return await verified(system, files);

    const lines = await logLines(files);
    const entries = lines.flatMap(({ fields }) => fields ? [fields] : [])
      .filter((each) => name === undefined || concerns([each.profile, each.to], name))
      .filter((each) => label === undefined || concerns([each.client], label))
      .filter(({ event }) => values.has("json") || event !== "begin")
      .slice(-Number(count ?? lines.length));
    if (values.has("json")) {
      system.out(entries.map((each) => JSON.stringify(each) + "\n").join(""));
    } else if (entries.length) {
      const shown = fields.filter((field) =>
        field !== "client" || entries.some((each) => each["client"] !== undefined)
      );
      const rows = entries.map((each) => cells(each, shown));
      system.out(tableText(shown.map(columnOf), rows, system.terminal.width()));
    } else system.say("athm: no matching entries in the audit log");
    if (lines.some(({ fields }) => !fields)) {
      system.say("athm: warning: some lines cannot be parsed; run athm audit verify for details");
    }
    return 0;
  },
};

function concerns(fields: readonly unknown[], name: string): boolean {
  return fields.some((each) => typeof each === "string" && nameKey(each) === nameKey(name));
}

async function verified(system: System, files: readonly LogFile[]): Promise<number> {
  const { lines, troubles, notes } = await verify(files);
  for (const { file, line, what } of notes) system.say(`athm: note: ${file} line ${line} ${what}`);
  for (const { file, line, what } of troubles) {
    system.say(`athm: error: ${file} line ${line} ${what}`);
  }
  if (troubles.length) return 1;
  const names = files.map(({ name }) => name).join(", ");
  const whole = `athm: ${names}: ${lines} ${lines === 1 ? "line" : "lines"}, the chain is intact`;
  system.say(lines ? whole : "athm: no audit log yet");
  system.say(
    "athm: this does not detect lines removed from the end, or a log that was rewritten entirely; " +
      "AWS CloudTrail records every sign-in by its request ID",
  );
  return 0;
}

/** The client only if there is one. */
const fields = [
  ...["time", "event", "profile", "client", "account", "role", "session"],
  ...["expires", "command", "pid", "request"],
];

/** Columns that a narrow terminal drops first. */
const leaving = ["request", "pid", "session", "expires", "command", "account", "role"];

function columnOf(name: string): Column {
  return {
    title: name.toUpperCase(),
    ...["profile", "client", "role", "session", "command", "request"].includes(name)
      ? { least: 8 }
      : {},
    leaves: leaving.indexOf(name) + 1,
  };
}

function cells(entry: LogFields, shown: readonly string[]): string[] {
  const profile = entry.to ? `${entry.profile} > ${entry.to}` : entry.profile;
  const all: LogFields = { ...entry, profile };
  // Anyone who can write the log could otherwise send control sequences to a terminal.
  return shown.map((name) => String(all[name] ?? "-").replaceAll(/[^\x20-\x7e]/g, "?"));
}
