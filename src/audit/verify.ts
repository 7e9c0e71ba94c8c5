import { decodeLine, hashOf, type LogFields, noLine, splitLines } from "./chain.ts";
import { keptFiles, type LogFile } from "./log.ts";

/** Something about one line of one file. */
export interface LogFinding {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly what: string;
}

export interface Verdict {
  readonly lines: number;
  /** What is wrong. */
  readonly troubles: readonly LogFinding[];
  /** What looks wrong and is explained. */
  readonly notes: readonly LogFinding[];
}

/** A line of the log where it stands. */
export interface LogLine {
  readonly file: LogFile;
  readonly line: number;
  readonly hash: string;
  readonly fields: LogFields | undefined;
  /** True for the last of a file when its end is missing. */
  readonly torn: boolean;
}

/** Every line of the log, the oldest first. */
export async function logLines(files: readonly LogFile[]): Promise<LogLine[]> {
  const read: LogLine[] = [];
  for (const file of files) {
    const { lines, torn } = splitLines(file.bytes);
    for (const [index, bytes] of lines.entries()) {
      read.push({
        file,
        line: index + 1,
        hash: await hashOf(bytes),
        fields: await decodeLine(bytes),
        torn: torn && index === lines.length - 1,
      });
    }
  }
  return read;
}

/**
 * Finds changed, removed, inserted and reordered lines. What it cannot see: lines cut off at the end of
 * the log, and a log that was written anew from a line on to its end.
 */
export async function verify(files: readonly LogFile[]): Promise<Verdict> {
  const troubles: LogFinding[] = [];
  const notes: LogFinding[] = [];
  for (const { name, bytes } of files) {
    if (bytes.length === 0) {
      troubles.push({ file: name, line: 1, what: "is missing: the file is empty" });
    }
  }
  const lines = await logLines(files);
  for (const [index, each] of lines.entries()) {
    const place = { file: each.file.name, line: each.line };
    if (isHealed(each, lines[index + 1])) {
      notes.push({ ...place, what: "was cut short when athm was stopped while writing it" });
      continue;
    }
    const what = troubleOf(each, lines[index - 1]);
    if (what !== undefined) troubles.push({ ...place, what });
  }
  return { lines: lines.length, troubles, notes };
}

/**
 * What is left of a line that was being written: the line after it says so, and vouches for it. A file's
 * first line is never such a one, since a file comes into its place when that is written.
 */
function isHealed({ fields, hash, file, line }: LogLine, after: LogLine | undefined): boolean {
  return fields === undefined && line > 1 && after?.file === file &&
    after.fields?.event === "cut" && after.fields.prev === hash;
}

function troubleOf(
  { fields, torn, line, file }: LogLine,
  before: LogLine | undefined,
): string | undefined {
  if (!fields) {
    return torn
      ? "is cut short; if athm was stopped while writing it, the next entry will say so"
      : "was changed, or was not written by athm";
  }
  if (torn) return "lacks its end";
  if (line === 1 && fields.event !== "begin") {
    return "is not the first that was written: lines before it were removed";
  }
  if (!before) {
    const isWhole = fields.prev === noLine || file.number === keptFiles;
    return isWhole ? undefined : "goes on from an older file, which was removed";
  }
  // One trouble is enough where the line before was told already.
  if (fields.prev === before.hash || !before.fields) return undefined;
  return "does not follow the line before it: one of the two was changed, or lines were removed, " +
    "inserted or moved there";
}
