/**
 * Generates the man pages from the tables of commands and options: `deno task man [--outdir FOLDER]`, by
 * default into `dist/man`. `athm.1` is the overview, and each command has a page: `man athm-aws-exec`.
 *
 * The pages are in man(7). Their date is `SOURCE_DATE_EPOCH` (seconds since 1970) for reproducible
 * output, else today.
 *
 * @module
 */
import settings from "../deno.json" with { type: "json" };
import { entries } from "../src/commands/all_commands.ts";
import { type Command, type Entry, globalOptions, type Option } from "../src/line/command.ts";

export interface Page {
  readonly file: string;
  readonly text: string;
}

const summary = "temporary AWS credentials for every login, kept encrypted and always fresh";

const exitCodes: readonly (readonly [code: string, meaning: string])[] = [
  ["0", "done"],
  ["1", "error: see the message"],
  ["2", "usage error: unknown command, option or value"],
  ["125", "exec only: athm failed before it started the command"],
  ["126, 127", "exec only: the command is not executable, or not found"],
  ["128+n", "exec only: signal n killed the command"],
  ["130", "Ctrl-C at a prompt"],
];

const variables: readonly (readonly [names: string, meaning: string])[] = [
  ["ATHM_HOME", "the store's folder"],
  ["ATHM_PROFILE", "the default for NAME; exec sets it for the command"],
  ["ATHM_KEY", "the store's key, 32 bytes in base64; for CI"],
  ["ATHM_PASSPHRASE, ATHM_PASSPHRASE_FILE", "the store's passphrase, or a file that contains it"],
  ["ATHM_BACKUP_PASSPHRASE_FILE", "a file that contains the passphrase of a backup"],
  ["ATHM_NO_PROMPT, CI", "never prompt, like --no-prompt"],
  ["ATHM_DEBUG", "log events to stderr, like --debug"],
  ["ATHM_AUDIT", "all: log every use; off: disable the audit log"],
  ["ATHM_BROWSER", "the browser for SAML sign-in (Chromium-based) and login --in"],
  ["BROWSER", "the browser for all other pages"],
  ["AWS_REGION, AWS_DEFAULT_REGION", "the default for --region"],
  ["AWS_CA_BUNDLE", "additional certificates to trust"],
  ["AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE", "the AWS CLI's config and credentials files"],
  ["HTTPS_PROXY, HTTP_PROXY, NO_PROXY", "the proxy, and hosts that bypass it"],
  ["NO_COLOR", "disable colors"],
];

const places: readonly (readonly [path: string, meaning: string])[] = [
  ["$XDG_DATA_HOME/athm, ~/.local/share/athm", "the store (Linux)"],
  ["~/Library/Application Support/athm", "the store (macOS)"],
  ["%LOCALAPPDATA%\\athm", "the store (Windows)"],
];

/** All pages. @param date such as `2026-01-01` */
export async function manual(date: string): Promise<readonly Page[]> {
  const loaded = await Promise.all(
    entries.map(async (entry) => ({ entry, command: (await entry.load()).command })),
  );
  return [
    { file: "athm.1", text: mainPage(date) },
    ...loaded.map(({ entry, command }) => ({
      file: `${pageName(entry)}.1`,
      text: commandPage(entry, command, date),
    })),
  ];
}

function pageName({ path }: Entry): string {
  return ["athm", ...path].join("-");
}

function mainPage(date: string): string {
  return page("athm", summary, date, [
    ...section("SYNOPSIS"),
    `.B athm`,
    `.I COMMAND`,
    `.RI [ OPTION \\&...]`,
    ...section("COMMANDS"),
    ...entries.flatMap((entry) => [
      ".TP",
      `.B ${roff(["athm", ...entry.path].join(" "))}`,
      ...entry.operands ? [`.I ${roff(entry.operands)}`] : [],
      ".br",
      `${roff(entry.summary)}; see`,
      `.BR ${roff(pageName(entry))} (1)`,
    ]),
    ".PP",
    roff("The word aws may be omitted: athm exec is athm aws exec."),
    ...section("OPTIONS"),
    ...globalOptions.flatMap(optionLines),
    ...section("EXIT STATUS"),
    ...terms(exitCodes),
    ...section("ENVIRONMENT"),
    ...terms(variables),
    ...section("FILES"),
    ...terms(places),
  ]);
}

function commandPage(entry: Entry, command: Command, date: string): string {
  const groups = new Map<string, Option[]>();
  for (const option of command.options) {
    const title = option.group ?? "Options";
    groups.set(title, [...groups.get(title) ?? [], option]);
  }
  return page(pageName(entry), entry.summary, date, [
    ...section("SYNOPSIS"),
    `.B ${roff(["athm", ...entry.path].join(" "))}`,
    ...entry.operands ? [`.I ${roff(entry.operands)}`] : [],
    ...command.options.length ? [".RI [ OPTION \\&...]"] : [],
    ...[...groups].flatMap(([title, options]) => [
      ...section(title.toUpperCase()),
      ...options.flatMap(optionLines),
    ]),
    ...section("EVERYWHERE"),
    ...globalOptions.flatMap(optionLines),
    ...command.examples
      ? [
        ...section("EXAMPLES"),
        ".nf",
        ...command.examples.map(roff),
        ".fi",
      ]
      : [],
    ...section("SEE ALSO"),
    ".BR athm (1)",
  ]);
}

function page(name: string, what: string, date: string, body: readonly string[]): string {
  return [
    `.TH ${quoted(name.toUpperCase())} 1 ${date} ${
      quoted(`athm ${settings.version}`)
    } "athm manual"`,
    // No hyphenation, so that text can be pasted, and no justification.
    ".nh",
    ".ad l",
    ...section("NAME"),
    `${roff(name)} \\- ${roff(what)}`,
    ...body,
    "",
  ].join("\n");
}

function section(title: string): readonly string[] {
  return [`.SH ${quoted(title)}`];
}

function optionLines(option: Option): readonly string[] {
  const { name, short, value, implied, help, choices, repeat } = option;
  const shown = implied === undefined ? value : `[${value}]`;
  const left = [...short ? [`-${short}`] : [], `--${name}`].join(", ");
  const more = (choices ? ` (${choices.join(", ")})` : "") + (repeat ? " (repeatable)" : "");
  return [
    ".TP",
    shown === undefined ? `.B ${roff(left)}` : `.BI ${quoted(`${left} `)} ${quoted(shown)}`,
    roff(help + more),
  ];
}

function terms(rows: readonly (readonly [string, string])[]): readonly string[] {
  return rows.flatMap(([term, meaning]) => [".TP", `.B ${roff(term)}`, roff(meaning)]);
}

/** Escapes plain text for roff, including a leading dot or quote (groff_char(7)). */
function roff(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll("…", "\\&...")
    .replaceAll("'", "\\(aq").replaceAll("`", "\\(ga").replaceAll("^", "\\(ha")
    .replaceAll("~", "\\(ti").replace(/^(?=[.'])/, "\\&");
}

/** Quotes text as one argument of a request. */
function quoted(text: string): string {
  return `"${roff(text).replaceAll('"', "\\(dq")}"`;
}

if (import.meta.main) {
  const [option, folder = "dist/man"] = Deno.args;
  if (option !== undefined && option !== "--outdir") throw new Error(`unknown option ${option}`);
  await Deno.mkdir(folder, { recursive: true });
  const epoch = Deno.env.get("SOURCE_DATE_EPOCH");
  const time = epoch === undefined ? Date.now() : Number(epoch) * 1000;
  const pages = await manual(new Date(time).toISOString().slice(0, 10));
  for (const { file, text } of pages) await Deno.writeTextFile(`${folder}/${file}`, text);
  await Deno.stdout.write(new TextEncoder().encode(`${pages.length} pages in ${folder}\n`));
}
