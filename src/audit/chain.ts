// The lines of the audit log. Each is a JSON object:
//
//     {"time":"2026-01-01T00:00:00Z","event":"sign-in","profile":"example",…,"prev":"…","sum":"…"}
//
//     prev  SHA-256 of the previous line in hexadecimal, without its newline; 64 zeros if there is
//           none. In the first line of a file, of the last line of the previous rotated file.
//     sum   the first 16 digits of the SHA-256 of this line up to `,"sum"`. No `prev` covers the last
//           line, so a change there would otherwise go undetected.
//
// A file starts with a "begin" event, which makes removed leading lines detectable. After a partial
// line left by a killed process, athm writes a newline and a "cut" event.

import { isJsonObject } from "../model/fields.ts";

export interface LogFields {
  readonly time: string;
  readonly event: string;
  readonly prev: string;
  readonly [field: string]: unknown;
}

/** `prev` of the very first line. */
export const noLine = "0".repeat(64);

const sumLength = 16;
const tailLength = `,"sum":""}`.length + sumLength;
/** In bytes; lines written by athm have a few hundred. */
export const longestLine = 8 * 1024;

export async function hashOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

async function sumOf(head: Uint8Array<ArrayBuffer>): Promise<string> {
  return (await hashOf(head)).slice(0, sumLength);
}

/** Encodes a line, without its newline, to follow the line with the hash `prev`. */
export async function encodeLine(
  fields: Readonly<Record<string, unknown>>,
  prev: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const head = JSON.stringify({ ...fields, prev }).slice(0, -1);
  const sum = await sumOf(new TextEncoder().encode(head));
  return new TextEncoder().encode(`${head},"sum":"${sum}"}`);
}

/** A line's fields, or undefined if athm did not write exactly these bytes. */
export async function decodeLine(bytes: Uint8Array<ArrayBuffer>): Promise<LogFields | undefined> {
  if (bytes.length > longestLine || bytes.length < tailLength) return undefined;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const tail = /,"sum":"([0-9a-f]{16})"\}$/.exec(text);
    if (!tail || tail[1] !== await sumOf(bytes.subarray(0, -tailLength))) return undefined;
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined; // invalid UTF-8 or JSON
  }
}

function isFields(value: unknown): value is LogFields {
  if (!isJsonObject(value)) return false;
  const { time, event, prev } = value;
  return [time, event, prev].every((each) => typeof each === "string");
}

const newline = 10;

/** The lines of a file without their newlines; `torn` if the last newline is missing. */
export function splitLines(
  bytes: Uint8Array<ArrayBuffer>,
): { lines: Uint8Array<ArrayBuffer>[]; torn: boolean } {
  const lines: Uint8Array<ArrayBuffer>[] = [];
  let at = 0;
  while (at < bytes.length) {
    const end = bytes.indexOf(newline, at);
    lines.push(bytes.subarray(at, end < 0 ? undefined : end));
    if (end < 0) return { lines, torn: true };
    at = end + 1;
  }
  return { lines, torn: false };
}

export function lastLine(
  bytes: Uint8Array<ArrayBuffer>,
): { line: Uint8Array<ArrayBuffer>; torn: boolean } | undefined {
  if (bytes.length === 0) return undefined;
  const torn = bytes.at(-1) !== newline;
  const end = torn ? bytes.length : bytes.length - 1;
  const start = end === 0 ? 0 : bytes.lastIndexOf(newline, end - 1) + 1;
  return { line: bytes.subarray(start, end), torn };
}
