import { failedFileOperation } from "../files.ts";

/** Writes everything, or exits if the reader has gone. */
export function writeAll(stream: typeof Deno.stdout, text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
  } catch (error) {
    // The reader has gone (`athm aws ls | head -1`): exit silently, as after SIGPIPE.
    if (error instanceof Deno.errors.BrokenPipe) Deno.exit(141);
    throw failedFileOperation("write to", "the output", error);
  }
}

/** Writes a line or drops it: messages must not affect the command or its exit code. */
export function sayOrDrop(line: string): void {
  const bytes = new TextEncoder().encode(`${line}\n`);
  try {
    for (let at = 0; at < bytes.length;) at += Deno.stderr.writeSync(bytes.subarray(at));
  } catch {
    // Nothing is left to report it to.
  }
}
