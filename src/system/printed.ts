import type { CommandLimits } from "./children.ts";
import { Failure } from "../model/failure.ts";
import { readAtMost } from "./http.ts";

/** What of a child process is needed. */
interface Printing {
  readonly stdout: ReadableStream<Uint8Array>;
  readonly status: Promise<{ readonly code: number }>;
}

/**
 * What a command prints until it ends. When `signal` aborts, that is the end, even if a child of the
 * command's own keeps its output open.
 *
 * @throws {Failure} `source`; what was printed is not quoted.
 */
export async function printedBy(
  child: Printing,
  signal: AbortSignal,
  limits: CommandLimits,
): Promise<string> {
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(failed(`took over ${limits.seconds} s`)));
  });
  const reading = readAtMost(child.stdout, limits.bytes);
  const outcome = Promise.all([reading, child.status]);
  // Whichever loses the race must not be an unhandled rejection.
  late.catch(() => {});
  outcome.catch(() => {});
  const [bytes, { code }] = await Promise.race([outcome, late]);
  if (!bytes) throw failed(`printed over ${limits.bytes} bytes`);
  if (code !== 0) throw failed(`failed with exit code ${code}`);
  return new TextDecoder().decode(bytes);
}

function failed(what: string): Failure {
  return new Failure(
    "source",
    `the command that was to print credentials or a code ${what}`,
    "run it by hand to see what it says",
  );
}
