import { Failure, valueOr } from "../model/failure.ts";
import type { ChildSpec, HelperOutput, HelperSpec } from "./children.ts";
import { readAtMost } from "./http.ts";
import type { System } from "./system.ts";

interface Talking {
  readonly stdin: WritableStream<Uint8Array>;
  readonly stdout: ReadableStream<Uint8Array>;
  readonly status: Promise<{ readonly code: number }>;
}

/** Ends with `signal`, even if a grandchild keeps the output open. @throws {Failure} `source` */
export async function talk(
  { command, title = command, input, seconds, bytes }:
    & Omit<HelperSpec, keyof ChildSpec>
    & Pick<HelperSpec, "command">,
  child: Talking,
  signal: AbortSignal,
): Promise<HelperOutput> {
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(failed(title, `took more than ${seconds} s`)));
  });
  const outcome = Promise.all([
    readAtMost(child.stdout, bytes),
    child.status,
    input === undefined ? undefined : write(child.stdin, input),
  ]);
  // The loser of the race must not be an unhandled rejection.
  late.catch(() => {});
  outcome.catch(() => {});
  const [printed, { code }] = await Promise.race([outcome, late]);
  if (!printed) throw failed(title, `printed more than ${bytes} bytes`);
  return { code, stdout: new TextDecoder().decode(printed) };
}

/** A helper need not read all of its input. */
async function write(stdin: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = stdin.getWriter();
  await writer.write(new TextEncoder().encode(text)).catch(() => {});
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
