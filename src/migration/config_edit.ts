import { Failure } from "../model/failure.ts";
import { nameKey } from "../model/names.ts";
import {
  type ConfigLine,
  type ConfigLines,
  type ConfigSection,
  headerOf,
  readConfigLines,
} from "./config_lines.ts";
import { joined } from "./lines.ts";
import { isOwnCommand } from "./process_command.ts";

export interface ProcessProfile {
  readonly profile: string;
  readonly command: string;
  readonly region?: string | undefined;
}

export interface ConfigEdit {
  readonly bytes: Uint8Array;
  /** Removed and added lines, to show. */
  readonly changes: readonly string[];
  /** Settings that SDKs prefer to `credential_process`, with line numbers. */
  readonly rivals: readonly { readonly key: string; readonly line: number }[];
}

/** Marks a section made by athm, which can be removed as a whole. */
const mark = "# made by athm aws configure, taken out by athm aws configure --remove";

/**
 * Settings that some SDK prefers to `credential_process`.
 * https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
export const beforeProcess: readonly string[] = [
  ...["role_arn", "source_profile", "credential_source", "web_identity_token_file"],
  ...["sso_session", "sso_start_url", "sso_account_id", "login_session"],
  ...["aws_access_key_id", "aws_secret_access_key"],
];

/**
 * Adds or replaces one line in an existing section, or appends a section; other bytes stay.
 * @throws {Failure} `files` if the file is not clearly readable; `exists` if it runs another program
 */
export function withProcess(
  bytes: Uint8Array,
  path: string,
  { profile, command, region }: ProcessProfile,
): ConfigEdit {
  const file = readConfigLines(bytes, path);
  const section = file.sections.find((each) => each.profile === profile);
  const line = `credential_process = ${command}`;
  if (!section) return added(file, profile, [line, ...region ? [`region = ${region}`] : []]);
  const rivals = section.settings.filter(({ key }) => beforeProcess.includes(key))
    .map(({ key, at }) => ({ key, line: at + 1 }));
  const own = section.settings.find(({ key }) => key === "credential_process");
  if (own?.value === command) return { bytes: join(file.lines), changes: [], rivals };
  if (own && !isOwnCommand(own.value)) {
    throw new Failure(
      "exists",
      `${path}, line ${own.at + 1}: ${headerOf(profile)} already has another credential_process`,
      "remove that line, or use another --profile",
    );
  }
  const lines = [...file.lines];
  if (own) {
    const old = lines[own.at]!;
    lines[own.at] = rewritten(old, line);
    return { bytes: join(lines), changes: [`- ${old.text.trim()}`, `+ ${line}`], rivals };
  }
  const at = section.at + 1;
  const header = lines[section.at]!;
  const text = indentOf(file, section) + line;
  const fresh = ended(header)
    ? [textLine(text + endOf(header))]
    : [textLine(endOfFile(file)), textLine(text)];
  lines.splice(at, 0, ...fresh);
  return { bytes: join(lines), changes: [`  ${headerOf(profile)}`, `+ ${line}`], rivals };
}

/** For one profile or all. @throws {Failure} `files` if the file is not clearly readable */
export function withoutProcess(
  bytes: Uint8Array,
  path: string,
  profile: string | undefined,
): Omit<ConfigEdit, "rivals"> {
  const file = readConfigLines(bytes, path);
  const gone = new Set<number>();
  const changes: string[] = [];
  for (const section of file.sections) {
    if (section.profile === undefined || (profile ?? section.profile) !== section.profile) continue;
    const own = section.settings.find(({ key }) => key === "credential_process");
    if (!own || !isOwnCommand(own.value)) continue;
    const lines = isAsMade(file, section) ? madeLines(file, section) : [
      own.at,
      ...isMark(file, section.at + 1) ? [section.at + 1] : [],
    ];
    for (const at of lines) gone.add(at);
    changes.push(
      ...lines.map((at) => `- ${file.lines[at]?.text.trim()}`).filter((one) => one.length > 2),
    );
  }
  const kept = file.lines.filter((_, at) => !gone.has(at));
  // Keep the file without a final newline.
  const wasLast = gone.has(file.lines.length - 1) && !ended(file.lines.at(-1)!);
  const rest = join(kept);
  return {
    bytes: wasLast ? rest.subarray(0, rest.length - endLength(kept.at(-1))) : rest,
    changes,
  };
}

/** The section that runs athm for a profile, ignoring case. @throws {Failure} `files` */
export function askingSection(bytes: Uint8Array, path: string, name: string): string | undefined {
  const asking = readConfigLines(bytes, path).sections.flatMap(({ profile, settings }) => {
    const command = settings.find(({ key }) => key === "credential_process")?.value ?? "";
    if (profile === undefined || nameKey(profile) !== nameKey(name)) return [];
    return isOwnCommand(command) ? [{ profile, asksFor: /\S*$/.exec(command)?.[0] }] : [];
  });
  const one = asking.find(({ profile, asksFor }) => profile === asksFor) ??
    asking.find(({ profile }) => profile === name) ?? asking[0];
  return one?.profile;
}

function added(file: ConfigLines, profile: string, settings: readonly string[]): ConfigEdit {
  const end = endOfFile(file);
  const last = file.lines.at(-1);
  const block = [headerOf(profile), mark, ...settings];
  // Insert an empty line before it, and keep the file's ending.
  const text = last === undefined
    ? block.map((line) => line + end).join("")
    : ended(last)
    ? end + block.map((line) => line + end).join("")
    : end + end + block.join(end);
  const bytes = joined([...file.lines.map((line) => line.bytes), new TextEncoder().encode(text)]);
  return { bytes, changes: block.map((line) => `+ ${line}`), rivals: [] };
}

function isAsMade(file: ConfigLines, { at, settings }: ConfigSection): boolean {
  if (!isMark(file, at + 1)) return false;
  return settings.length <= 2 &&
    settings.every((each, index) =>
      each.at === at + 2 + index && each.key === (index ? "region" : "credential_process")
    ) && !goesOn(file, at + 2 + settings.length);
}

function goesOn(file: ConfigLines, at: number): boolean {
  return /^\s+[^\s#;]/.test(file.lines[at]?.text ?? "");
}

function madeLines({ lines }: ConfigLines, { at, settings }: ConfigSection): number[] {
  const above = at > 0 && lines[at - 1]?.text === "" ? [at - 1] : [];
  return [...above, at, at + 1, ...settings.map((each) => each.at)];
}

function isMark(file: ConfigLines, at: number): boolean {
  return file.lines[at]?.text.trim() === mark;
}

/** Of the first setting, which must not become part of a line inserted before it. */
function indentOf({ lines }: ConfigLines, { at }: ConfigSection): string {
  const next = lines.slice(at + 1).find(({ text }) => !/^\s*(?:[#;].*)?$/.test(text));
  return next && !next.text.trim().startsWith("[") ? /^\s*/.exec(next.text)?.[0] ?? "" : "";
}

function rewritten(old: ConfigLine, line: string): ConfigLine {
  return textLine((/^\s*/.exec(old.text)?.[0] ?? "") + line + endOf(old));
}

function textLine(text: string): ConfigLine {
  return { bytes: new TextEncoder().encode(text), text };
}

function ended({ bytes }: ConfigLine): boolean {
  return bytes.at(-1) === 0x0a;
}

function endOf(line: ConfigLine): string {
  return ended(line) ? line.bytes.at(-2) === 0x0d ? "\r\n" : "\n" : "";
}

function endLength(line: ConfigLine | undefined): number {
  return line ? endOf(line).length : 0;
}

function endOfFile({ lines }: ConfigLines): string {
  return lines[0] ? endOf(lines[0]) || "\n" : "\n";
}

function join(lines: readonly ConfigLine[]): Uint8Array {
  return joined(lines.map((line) => line.bytes));
}
