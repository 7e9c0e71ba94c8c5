import { Failure } from "../model/failure.ts";
import type { Platform } from "../system/system.ts";

/** Needs no quotes for any reader. */
const bare = /^[A-Za-z0-9_@%+=:,./-]+$/;
/** The same for cmd, which uses backslashes and expands `%`. */
const bareWindows = /^[A-Za-z0-9_@+:.\\/-]+$/;

/**
 * A command line for `credential_process` that a shell (`sh -c` in the SDKs for Go, Java,
 * JavaScript and Rust, `cmd /C` on Windows) and botocore, which uses none, split the same way:
 * single quotes, on Windows double quotes.
 *
 * @throws {Failure} `files` for a path that no quoting preserves for all readers
 */
export function processCommand(words: readonly string[], platform: Platform): string {
  return words.map((word) => {
    // In the file, these end a value or start a comment.
    if (/[\p{Cc}\ufffd]|\s[#;]/u.test(word)) throw unsayable(word);
    if (platform === "windows") {
      if (/["%!^&|<>]/.test(word)) throw unsayable(word);
      return bareWindows.test(word) ? word : `"${word}"`;
    }
    return bare.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
  }).join(" ");
}

/**
 * The words of a command line, as `sh` and botocore split it; nothing if a quote is not closed or a
 * shell would expand something.
 */
export function wordsIn(text: string): readonly string[] | undefined {
  // A backslash before anything else is a separator of Windows.
  const piece = /(\s+)|'([^']*)'|"((?:[^"\\$`]|\\[^])*)"|\\(["'\\\s])|([^\s'"\\$`;&|<>()]+|\\)/gy;
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  for (const [whole, space, single, double, escaped, plain] of text.matchAll(piece)) {
    at += whole.length;
    if (space === undefined) {
      const unquoted = double?.replace(/\\(["\\$`])/g, "$1");
      word = (word ?? "") + (single ?? unquoted ?? escaped ?? plain ?? "");
    } else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  if (at < text.length) return undefined;
  return word === undefined ? words : [...words, word];
}

/** True if a `credential_process` runs athm, whatever its path and name. */
export function isOwnCommand(command: string): boolean {
  return /(?:\saws|\bathm(?:\.exe)?['"]?) process [A-Za-z0-9][A-Za-z0-9._@-]*$/.test(command);
}

function unsayable(word: string): Failure {
  return new Failure(
    "files",
    `athm's path ${
      JSON.stringify(word)
    } contains characters that credential_process cannot represent`,
    "move athm to a folder with a plain name, such as /usr/local/bin",
  );
}
