import { Failure, valueOr } from "../model/failure.ts";
import type { ChildSpec, HelperOutput, HelperSpec } from "./children.ts";
import { readAtMost } from "./http.ts";
import type { System } from "./system.ts";

interface Talking {
  readonly stdin: WritableStream<Uint8Array>;
  readonly stdout: ReadableStream<Uint8Array>;
  /** Throws unless it is a pipe. */
  readonly stderr: ReadableStream<Uint8Array>;
  readonly status: Promise<{ readonly code: number }>;
}

/** Ends with `signal`, even if a grandchild keeps the output open. @throws {Failure} `source` */
export async function talk(
  { command, title = command, input, inputBytes, captures, seconds, bytes }:
    & Omit<HelperSpec, keyof ChildSpec>
    & Pick<HelperSpec, "command">,
  child: Talking,
  signal: AbortSignal,
): Promise<HelperOutput> {
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(failed(title, `took more than ${seconds} s`)));
  });
  const given = input === undefined ? inputBytes : new TextEncoder().encode(input);
  const outcome = Promise.all([
    readAtMost(child.stdout, bytes),
    captures === "all" ? readAtMost(child.stderr, bytes) : undefined,
    child.status,
    given === undefined ? undefined : write(child.stdin, given),
  ]);
  // The loser of the race must not be an unhandled rejection.
  late.catch(() => {});
  outcome.catch(() => {});
  const [printed, errors, { code }] = await Promise.race([outcome, late]);
  if (!printed) throw failed(title, `printed more than ${bytes} bytes`);
  const text = (printed: Uint8Array | undefined) => new TextDecoder().decode(printed);
  const output = { code, stdout: text(printed) };
  return captures ? { ...output, captured: { bytes: printed, stderr: text(errors) } } : output;
}

/** A helper need not read all of its input. */
async function write(stdin: WritableStream<Uint8Array>, bytes: Uint8Array): Promise<void> {
  const writer = stdin.getWriter();
  await writer.write(bytes).catch(() => {});
  await writer.close().catch(() => {});
}

function failed(title: string, what: string): Failure {
  return new Failure("source", `${title} ${what}`, "run it manually to see its output");
}

/** For messages when `hasSessionBus` returns false. */
export const noSessionBus = "no session bus (DBUS_SESSION_BUS_ADDRESS is not set)";

/** Without a bus, desktop programs would try to start one, which hangs on a server. */
export function hasSessionBus({ env, files }: Pick<System, "env" | "files">): boolean {
  if (env.get("DBUS_SESSION_BUS_ADDRESS")) return true;
  const runtime = env.get("XDG_RUNTIME_DIR");
  if (!runtime?.startsWith("/")) return false;
  return valueOr(() => files.facts(files.join(runtime, "bus")) !== undefined, false);
}
