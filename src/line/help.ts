import { type Command, type Entry, globalOptions, type Option } from "./command.ts";

/** The help of the program or of the group `path`. */
export function groupHelp(path: readonly string[], entries: readonly Entry[]): string {
  const name = ["athm", ...path].join(" ");
  const inside = entries.filter((each) => path.every((word, index) => each.path[index] === word));
  const rows = inside.map((each) => {
    const words = ["athm", ...each.path, each.operands].filter(Boolean).join(" ");
    return [words, each.summary] as const;
  });
  return [
    "Temporary AWS credentials for every login, kept encrypted and always fresh.",
    "",
    `Usage: ${name} COMMAND`,
    "",
    "Commands:",
    ...columns(rows),
    "",
    "Options:",
    ...columns(globalOptions.map(optionRow)),
    "",
    `Run ${name} COMMAND --help for the options of a command.`,
    ...path.length ? [] : ["The word aws may be omitted: athm exec is athm aws exec."],
    "",
  ].join("\n");
}

export function commandHelp(entry: Entry, command: Command): string {
  const groups = new Map<string, Option[]>();
  for (const option of command.options) {
    const title = option.group ?? "Options";
    groups.set(title, [...groups.get(title) ?? [], option]);
  }
  const usage = ["athm", ...entry.path, entry.operands].filter(Boolean).join(" ");
  return [
    `${entry.summary[0]?.toUpperCase()}${entry.summary.slice(1)}.`,
    "",
    `Usage: ${usage}`,
    ...[...groups].flatMap(([title, options]) => [
      "",
      `${title}:`,
      ...columns(options.map(optionRow)),
    ]),
    "",
    "Everywhere:",
    ...columns(globalOptions.map(optionRow)),
    ...command.examples ? ["", "Examples:", ...command.examples.map((line) => `  ${line}`)] : [],
    "",
  ].join("\n");
}

function optionRow(option: Option): readonly [string, string] {
  const short = option.short ? `-${option.short}, ` : "";
  const value = option.value === undefined
    ? ""
    : option.implied === undefined
    ? ` ${option.value}`
    : ` [${option.value}]`;
  const choices = option.choices ? ` (${option.choices.join(", ")})` : "";
  const repeat = option.repeat ? " (repeatable)" : "";
  return [`${short}--${option.name}${value}`, option.help + choices + repeat];
}

const lineWidth = 100;

/** Two columns; a left cell that is too wide gets its own line. */
function columns(rows: readonly (readonly [string, string])[]): string[] {
  const most = 34;
  const width = Math.max(
    ...rows.map(([left]) => left.length).filter((length) => length <= most),
    0,
  );
  const indent = " ".repeat(width + 4);
  return rows.flatMap(([left, right]) => {
    const [first = "", ...more] = wrapped(right, lineWidth - indent.length);
    const rest = more.map((line) => indent + line);
    return left.length > width
      ? [`  ${left}`, indent + first, ...rest]
      : [`  ${left.padEnd(width)}  ${first}`, ...rest];
  });
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${line} ${word}`;
    } else lines.push(word);
  }
  return lines;
}
