import { decodeLine, hashOf, type LogFields, noLine, splitLines } from "./chain.ts";
import { keptFiles, type LogFile } from "./log.ts";

export interface LogFinding {
  readonly file: string;
  /** Starts at 1. */
  readonly line: number;
  readonly what: string;
}

export interface Verdict {
  readonly lines: number;
  readonly troubles: readonly LogFinding[];
  /** Anomalies with a known, harmless cause. */
  readonly notes: readonly LogFinding[];
}

export interface LogLine {
  readonly file: LogFile;
  readonly line: number;
  readonly hash: string;
  readonly fields: LogFields | undefined;
  readonly torn: boolean;
}

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

/** Cannot detect lines removed at the end, or a log rewritten from some line to its end. */
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
      notes.push({ ...place, what: "was truncated: athm was stopped while writing it" });
      continue;
    }
    const what = troubleOf(each, lines[index - 1]);
    if (what !== undefined) troubles.push({ ...place, what });
  }
  return { lines: lines.length, troubles, notes };
}

/**
 * The partial line of a killed process, as the following "cut" event confirms by its hash. A file's
 * first line is never partial.
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
      ? "is truncated; if athm was stopped while writing it, the next entry will record that"
      : "was modified, or was not written by athm";
  }
  if (torn) return "has no newline";
  if (line === 1 && fields.event !== "begin") {
    return "is not the original first line: earlier lines were removed";
  }
  if (!before) {
    const isWhole = fields.prev === noLine || file.number === keptFiles;
    return isWhole ? undefined : "continues an older file that was removed";
  }
  // Do not report a second error if the previous line is already reported.
  if (fields.prev === before.hash || !before.fields) return undefined;
  return "does not match the previous line: one of the two was modified, or lines were removed, " +
    "inserted or reordered here";
}
