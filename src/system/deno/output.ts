import { failedFileOperation } from "../files.ts";

/** Writes all of it, or ends this process when nobody reads it any more. */
export function writeAll(stream: typeof Deno.stdout, text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
  } catch (error) {
    // The reader has gone (`athm aws ls | head -1`): end as a program that SIGPIPE ends, silently.
    if (error instanceof Deno.errors.BrokenPipe) Deno.exit(141);
    throw failedFileOperation("write to", "the output", error);
  }
}

/**
 * Writes a line to standard error, or drops it: what is said along the way must not decide whether a
 * command runs, nor with which exit code.
 */
export function sayOrDrop(line: string): void {
  const bytes = new TextEncoder().encode(`${line}\n`);
  try {
    for (let at = 0; at < bytes.length;) at += Deno.stderr.writeSync(bytes.subarray(at));
  } catch {
    // Nothing is left to report it to.
  }
}
