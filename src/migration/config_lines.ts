import { Failure } from "../model/failure.ts";
import { linesOf } from "./lines.ts";

export interface ConfigLine {
  readonly bytes: Uint8Array;
  readonly text: string;
}

export interface Setting {
  readonly key: string;
  readonly value: string;
  readonly at: number;
}

export interface ConfigSection {
  /** Absent for other kinds of section. */
  readonly profile: string | undefined;
  readonly at: number;
  readonly settings: readonly Setting[];
}

export interface ConfigLines {
  readonly lines: readonly ConfigLine[];
  readonly sections: readonly ConfigSection[];
}

/**
 * As strictly as the AWS CLI, so that an inserted line means the same to every reader.
 * @throws {Failure} `files`, with the number of the unreadable line but not its text
 */
export function readConfigLines(bytes: Uint8Array, path: string): ConfigLines {
  const lines: ConfigLine[] = [];
  const sections: { profile: string | undefined; at: number; settings: Setting[] }[] = [];
  const seen = new Map<string, number>();
  const wrong = (why: string) =>
    new Failure(
      "files",
      `line ${lines.length} of ${path} ${why}`,
      "fix this line; the AWS CLI rejects it too. athm does not change the file until then",
    );
  /** The indentation of the setting that an indented line may continue. */
  let setting: number | undefined;
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  for (const raw of linesOf(bytes)) {
    const text = decoder.decode(raw).replace(/\r?\n$/, "");
    lines.push({ bytes: raw, text });
    if (text.includes("\r")) throw wrong("contains a carriage return");
    if (text.startsWith("\ufeff")) throw wrong("begins with a byte order mark");
    const trimmed = text.trim();
    if (trimmed === "" || /^[#;]/.test(trimmed)) continue;
    const indent = text.length - text.trimStart().length;
    const isHeader = trimmed.startsWith("[");
    if (setting !== undefined && indent > setting) {
      // A continued value; readers disagree about indented headers.
      if (isHeader) throw wrong("is an indented section");
      continue;
    }
    if (isHeader) {
      const header = /^\[([^\]]+)\]\s*(?:[#;].*)?$/.exec(trimmed)?.[1];
      if (header === undefined) throw wrong("is not a section");
      const profile = profileOf(header);
      const name = profile === undefined ? `[${header.trim()}]` : profile;
      const first = seen.get(name);
      if (first !== undefined) throw wrong(`repeats the section of line ${first}`);
      seen.set(name, lines.length);
      sections.push({ profile, at: lines.length - 1, settings: [] });
      setting = undefined;
      continue;
    }
    const section = sections.at(-1);
    if (!section) throw wrong("appears before the first section");
    const [, key, value = ""] = /^([^=:\s][^=:]*?)\s*[=:]\s*(.*)$/.exec(trimmed) ?? [];
    if (key === undefined) throw wrong("is neither a section nor a setting");
    const small = key.toLowerCase();
    if (section.settings.some((each) => each.key === small)) {
      throw wrong("sets the same key twice in its section");
    }
    section.settings.push({ key: small, value, at: lines.length - 1 });
    setting = indent;
  }
  return { lines, sections };
}

/** The profile in a header: `default`, `profile x` or `profile "x y"`. */
function profileOf(header: string): string | undefined {
  const text = header.trim();
  if (text === "default") return text;
  const name = /^profile\s+(.+)$/.exec(text)?.[1];
  return name === undefined ? undefined : /^(["'])(.*)\1$/.exec(name)?.[2] ?? name;
}

export function headerOf(profile: string): string {
  return profile === "default" ? "[default]" : `[profile ${profile}]`;
}
