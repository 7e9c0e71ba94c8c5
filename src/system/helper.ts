import { Failure } from "../model/failure.ts";
import type { ChildSpec, HelperOutput, HelperSpec } from "./children.ts";
import { readAtMost } from "./http.ts";

/** What of a child process is needed. */
interface Talking {
  readonly stdin: WritableStream<Uint8Array>;
  readonly stdout: ReadableStream<Uint8Array>;
  readonly status: Promise<{ readonly code: number }>;
}

/**
 * Hands a helper its input and takes what it prints until it ends. When `signal` aborts, that is the
 * end, even if a child of its own keeps its output open.
 *
 * @throws {Failure} `source`; neither input nor output is quoted.
 */
export async function talk(
  { command, title = command, input, seconds, bytes }:
    & Omit<HelperSpec, keyof ChildSpec>
    & Pick<HelperSpec, "command">,
  child: Talking,
  signal: AbortSignal,
): Promise<HelperOutput> {
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(failed(title, `took over ${seconds} s`)));
  });
  const outcome = Promise.all([
    readAtMost(child.stdout, bytes),
    child.status,
    input === undefined ? undefined : write(child.stdin, input),
  ]);
  // Whichever loses the race must not be an unhandled rejection.
  late.catch(() => {});
  outcome.catch(() => {});
  const [printed, { code }] = await Promise.race([outcome, late]);
  if (!printed) throw failed(title, `printed over ${bytes} bytes`);
  return { code, stdout: new TextDecoder().decode(printed) };
}

/** A helper that does not read all of its input is no trouble: its answer is what counts. */
async function write(stdin: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = stdin.getWriter();
  await writer.write(new TextEncoder().encode(text)).catch(() => {});
  await writer.close().catch(() => {});
}

function failed(title: string, what: string): Failure {
  return new Failure("source", `${title} ${what}`, "run it by hand to see what it says");
}
