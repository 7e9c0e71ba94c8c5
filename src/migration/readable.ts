import type { Skipped } from "./plan.ts";

/** The part of an AWS file that the SDK's loader parses correctly, and the skipped sections. */
export interface Readable {
  readonly text: string;
  readonly leftOut: readonly LeftOut[];
}

/** A skipped section. */
export interface LeftOut extends Skipped {
  /** True if the section contains part of an access key. */
  readonly hasKey: boolean;
}

export type AwsFileKind = "config" | "credentials";

const unclosed = "has a header without a closing bracket";
const badName = "has a name with control characters or invalid UTF-8";
const badText = "contains control characters or invalid UTF-8";
const builtIn = "has a name that AWS SDKs cannot read; rename it";
const badWords = "has a name that AWS SDKs ignore; use a single word";
const empty = "has no settings";
const services = "has only settings and no credentials";
const noProfile = "is not a profile; in this file its header would be [profile NAME]";

/** How the AWS SDK for JavaScript splits a header into kind and name. */
const typed = /^([\w-]+)\s(["']?)([\w\-@+.%:/]+)\2$/;
/** What does not belong in a name: also invisible characters. */
const odd = /[^\P{C}\t]|\ufffd/u;
/** Paths may have joined emoji, so only control characters do not belong in a setting. */
const control = /[^\P{Cc}\t]|\ufffd/u;

/**
 * Removes sections that AWS SDKs skip, and those that would break the loader or affect other sections:
 * it keeps sections in a plain object, in which `[constructor]` already exists and `[__proto__]`
 * empties the file.
 */
export function readable(text: string, kind: AwsFileKind): Readable {
  const kept: string[] = [];
  const leftOut = new Map<string, LeftOut>();
  for (const lines of sectionsIn(text)) {
    const why = reason(lines, kind);
    if (why === undefined) {
      kept.push(...lines);
      continue;
    }
    const from = nameOf(headerOf(lines[0] ?? "") ?? "", kind);
    const hasKey = lines.some((line) =>
      /^\s*aws_(access_key_id|secret_access_key)\s*=\s*[^\s#;]/.test(line)
    );
    const failed = hasKey || ![empty, services, noProfile].includes(why);
    if (!leftOut.get(from)?.failed) leftOut.set(from, { from, why, failed, hasKey });
  }
  return { text: kept.join("\n"), leftOut: [...leftOut.values()] };
}

/** The lines before the first section, then each section's. */
function sectionsIn(text: string): string[][] {
  const sections: string[][] = [[]];
  for (const line of text.split(/\r?\n/)) {
    if (headerOf(line) !== undefined) sections.push([]);
    sections.at(-1)?.push(line);
  }
  return sections;
}

/** A line without its comment, as the loader splits it. */
function bare(line: string): string {
  return (line.split(/(^|\s)[;#]/)[0] ?? "").trim();
}

/** The text between the brackets of a header, closed or not. */
function headerOf(line: string): string | undefined {
  const text = bare(line);
  return text.startsWith("[") ? text.replace(/^\[|\]$/g, "") : undefined;
}

function nameOf(header: string, kind: AwsFileKind): string {
  return kind === "config" ? header.replace(/^\s*profile\s+(["']?)(.*?)\1\s*$/, "$2") : header;
}

/** Why a section is skipped; nothing if it is read. */
function reason([first = "", ...lines]: readonly string[], kind: AwsFileKind): string | undefined {
  const header = headerOf(first);
  // No SDK reads lines before the first section.
  if (header === undefined) return undefined;
  if (!bare(first).endsWith("]")) return unclosed;
  if (odd.test(header)) return badName;
  const [, type, , name] = typed.exec(header) ?? [];
  if (Object.hasOwn(Object.prototype, (name ?? header).trim())) return builtIn;
  const settings = lines.map(bare).filter((line) => /^[^=]+=/.test(line));
  if (settings.some((line) => control.test(line))) return badText;
  if (kind === "credentials") {
    const isRead = type === undefined || ["profile", "sso-session", "services"].includes(type);
    if (!isRead) return badWords;
  } else if (type === "services") return services;
  else if (type !== "profile" && type !== "sso-session") {
    const isDotted = /^(profile|sso-session)\../.test(header);
    if (header !== "default" && !isDotted) return /^profile\s/.test(header) ? badWords : noProfile;
  }
  return settings.some((line) => /^[^=]+=\s*\S/.test(line)) ? undefined : empty;
}
