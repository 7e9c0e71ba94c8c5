// A file of profiles for a team, YAML or JSON (docs/team-file.md):
//
//     athm: 1                                  # version of this format
//     serial: 20260101120000                   # athm never goes back to a lower one
//     name: example-corp                       # optional: one signer may have several files
//     profiles:
//       dev:
//         sso-start-url: https://example.awsapps.com/start
//         sso-account: "012345678901"
//
// Each field of a profile is an option of `athm aws add`. Everything is text until an option's own
// check reads it, so that an account ID keeps its zeros and no plain word becomes a number or date.
// What could make the same text mean two things is an error: anchors, tags, directives, second
// documents, duplicate keys and control characters.

import { plain } from "../../model/shown_command.ts";
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import { Failure } from "../../model/failure.ts";
import { isName, nameKey, suggestion } from "../../model/names.ts";

/** Bytes: some 20,000 profiles. */
export const teamFileLimit = 4 * 1024 * 1024;

export interface TeamFile {
  readonly serial: number;
  /** Empty if the file has no name. */
  readonly name: string;
  readonly entries: readonly TeamEntry[];
}

export interface TeamEntry {
  readonly name: string;
  readonly line: number;
  readonly fields: ReadonlyMap<string, TeamField>;
}

export interface TeamField {
  readonly values: readonly string[];
  readonly line: number;
}

/** An error in line `line` of the file. */
export type Complaint = (line: number, what: string, hint?: string) => Failure;

export function complaintAbout(where: string): Complaint {
  return (line, what, hint = "fix the file; docs/team-file.md describes its fields") =>
    new Failure("files", `${where}, line ${line}: ${what}`, hint);
}

/** Bytes of one value: a session policy is the longest. */
const longestValue = 64 * 1024;

/** @throws {Failure} `files`, with the line */
export function parseTeamFile(bytes: Uint8Array, where: string): TeamFile {
  const wrong = complaintAbout(where);
  if (bytes.length > teamFileLimit) throw tooLarge(where);
  const lines = new LineCounter();
  const text = decoded(bytes, wrong);
  const { contents, errors } = parseDocument(text, {
    schema: "failsafe",
    uniqueKeys: false, // quadratic; checked below
    lineCounter: lines,
    prettyErrors: false,
    logLevel: "error",
  });
  const lineOf = (offset: number | undefined) => Math.max(1, lines.linePos(offset ?? 0).line);
  const [error] = errors;
  // The parser's message may quote the text.
  if (error) throw wrong(lineOf(error.pos[0]), syntax[error.code] ?? "this is not valid YAML");
  const directive = /^%/m.exec(text);
  if (directive) throw wrong(lineOf(directive.index), "directives (%) are not allowed");

  function plain(node: YamlNode): YamlNode {
    const extra = node.anchor !== undefined || isAlias(node)
      ? "anchors and aliases (& and *) are not allowed"
      : node.tag !== undefined
      ? "tags (!) are not allowed"
      : undefined;
    if (extra === undefined) return node;
    throw wrong(lineOf(node.range?.[0]), extra, "write the value itself in each place");
  }

  function pairs(node: YamlNode | null, what: string, at: number) {
    const map = node && plain(node);
    if (!isMap<YamlNode, YamlNode | null>(map)) {
      throw wrong(at, `${what} must be a mapping of names to values`);
    }
    const seen = new Map<string, { readonly node: YamlNode; readonly line: number }>();
    for (const { key, value } of map.items) {
      const line = lineOf(key?.range?.[0]);
      const { text } = scalar(key, "a key", line);
      const before = seen.get(text);
      if (before) throw wrong(line, `duplicate key ${shown(text)}, already in line ${before.line}`);
      if (!value) throw wrong(line, `${shown(text)} has no value`);
      seen.set(text, { node: value, line });
    }
    return seen;
  }

  function scalar(node: YamlNode | null, what: string, at: number) {
    const leaf = node && plain(node);
    if (!isScalar(leaf) || typeof leaf.value !== "string") throw wrong(at, `${what} must be text`);
    const { value } = leaf;
    const line = lineOf(leaf.range?.[0]);
    if (value === "") throw wrong(line, `${what} has no value`);
    if (value.length > longestValue) throw wrong(line, `${what} is longer than 64 KiB`);
    return { text: value, line };
  }

  function fieldOf(field: string, node: YamlNode, line: number): TeamField {
    const list = plain(node);
    const items = isSeq<YamlNode>(list) ? list.items : [list];
    const values = items.map((each) => scalar(each, field, line).text);
    // A policy may be laid out over several lines.
    const odd = field === "policy" ? /[^\P{C}\n\t]/u : /\p{C}/u;
    if (values.some((value) => odd.test(value))) {
      throw wrong(line, `${field} contains a control or invisible character`);
    }
    return { values, line };
  }

  const top = pairs(contents, "the file", 1);
  const known = ["athm", "serial", "name", "profiles"];
  const strange = [...top].find(([key]) => !known.includes(key));
  if (strange) {
    const [key, { line }] = strange;
    throw wrong(line, `unknown field ${shown(key)}${suggestion(key.slice(0, 64), known)}`);
  }
  const required = (key: string) => {
    const found = top.get(key);
    if (!found) throw wrong(1, `the field ${key} is missing`);
    return found;
  };
  const version = required("athm");
  const number = scalar(version.node, "athm", version.line).text;
  if (number !== "1") {
    throw wrong(version.line, `the format ${shown(number)} is not known`, "update athm");
  }
  const serial = required("serial");
  const serialText = scalar(serial.node, "serial", serial.line).text;
  if (!/^[0-9]{1,15}$/.test(serialText)) {
    throw wrong(serial.line, "serial must be a whole number of at most 15 digits");
  }
  const title = top.get("name");
  const name = title ? scalar(title.node, "name", title.line).text : "";
  if (title && !isName(name)) throw wrong(title.line, "name must be legal as a profile's name");

  const entries: TeamEntry[] = [];
  const names = new Map<string, TeamEntry>();
  const profiles = required("profiles");
  for (const [profile, { node, line }] of pairs(profiles.node, "profiles", profiles.line)) {
    if (!isName(profile)) throw wrong(line, `${shown(profile)} is not a valid profile name`);
    const same = names.get(nameKey(profile));
    if (same) throw wrong(line, `${profile} is the same name as ${same.name} in line ${same.line}`);
    const fields = [...pairs(node, profile, line)].map(([field, each]) =>
      [field, fieldOf(field, each.node, each.line)] as const
    );
    const entry = { name: profile, line, fields: new Map(fields) };
    names.set(nameKey(profile), entry);
    entries.push(entry);
  }
  return { serial: Number(serialText), name, entries };
}

export function tooLarge(where: string): Failure {
  return new Failure("files", `${where} is larger than 4 MiB`, "split it into several files");
}

type YamlNode = NonNullable<ReturnType<typeof parseDocument>["contents"]>;

/** Errors of the parser that deserve their own words. */
const syntax: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: "a second document begins here",
  TAB_AS_INDENT: "tabs are not allowed as indentation",
  RESOURCE_EXHAUSTION: "this nests too deeply",
};

function decoded(bytes: Uint8Array, wrong: Complaint): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw wrong(1, "this is not UTF-8 text");
  }
}

function shown(text: string): string {
  return JSON.stringify(plain(text).slice(0, 64));
}
