import { Failure } from "../model/failure.ts";

export interface ChildSpec {
  readonly command: string;
  readonly args: readonly string[];
  /** Variables to set in addition to inherited ones. */
  readonly set: Readonly<Record<string, string>>;
  readonly unset: readonly string[];
}

/** A helper program; its stderr is athm's own unless `quiet`. */
export interface HelperSpec extends ChildSpec {
  /** What messages call it; default: the command. */
  readonly title?: string;
  /** Its stdin. Pass secrets here, never as arguments. */
  readonly input?: string;
  /** Instead of `input`. */
  readonly inputBytes?: Uint8Array<ArrayBuffer>;
  /** Also returns the bytes of stdout; with `all`, stderr too instead of passing it through. */
  readonly captures?: "bytes" | "all";
  readonly seconds: number;
  readonly bytes: number;
  readonly quiet?: boolean;
}

export interface HelperOutput {
  readonly code: number;
  readonly stdout: string;
  /** If the spec `captures`; stderr is empty unless it captures `all`. */
  readonly captured?: { readonly bytes: Uint8Array<ArrayBuffer>; readonly stderr: string };
}

export type ChildEnd =
  | { readonly kind: "exit"; readonly code: number }
  /** The signal's number, which a shell adds to 128. */
  | { readonly kind: "signal"; readonly number: number };

export interface RunningChild {
  readonly pid: number;
  readonly ended: Promise<ChildEnd>;
  /** Sends a signal, unless the child has ended. */
  signal(name: "SIGTERM" | "SIGHUP"): void;
}

export interface Children {
  /** With athm's standard streams, in its process group. @throws {Failure} `command-not-…` */
  start(spec: ChildSpec): RunningChild;
  /** The caller checks the exit code. @throws {Failure} `command-not-…`; `source` beyond limits */
  help(spec: HelperSpec): Promise<HelperOutput>;
  /** Calls `listener` for each `signal`; returns a function that removes it. */
  onSignal(signal: WatchedSignal, listener: () => void): () => void;
}

export type WatchedSignal = "SIGINT" | "SIGQUIT" | "SIGTERM" | "SIGHUP" | "SIGWINCH";

export function endOf(
  status: Promise<{ readonly code: number; readonly signal: string | null }>,
): Promise<ChildEnd> {
  return status.then(
    ({ code, signal }): ChildEnd =>
      signal === null ? { kind: "exit", code } : { kind: "signal", number: code - 128 },
    (error): ChildEnd => {
      // Deno throws for real-time signals instead of returning them.
      const message = error instanceof TypeError ? error.message : "";
      const number = /^Invalid signal: (\d+)$/.exec(message)?.[1];
      if (number === undefined) throw error;
      return { kind: "signal", number: Number(number) };
    },
  );
}

/** Distinguishes a missing program from one that cannot be executed, as a shell does. */
export function failedStart(command: string, error: unknown): Failure {
  const name = JSON.stringify(command);
  const text = error instanceof Error ? `${error.name} ${error.message}` : String(error);
  if (/NotFound|os error 2\)/.test(text)) {
    return new Failure(
      "command-not-found",
      `${name} not found`,
      command.includes("/") ? undefined : "check the spelling, and that its folder is on PATH",
      { cause: error },
    );
  }
  const cause = /Exec format|os error 8\)/.test(text)
    ? "it is not a program for this system, or a script without a #! line"
    : /PermissionDenied|os error 13\)/.test(text)
    ? "it is a folder, or lacks the permission to be executed"
    : text;
  return new Failure("command-not-executable", `${name} cannot be run: ${cause}`, undefined, {
    cause: error,
  });
}

export interface VariablesToChange {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
  delete(name: string): void;
}

/** Removes variables while starting a child, which inherits the rest, then restores them. */
export function withoutVariables<T>(
  env: VariablesToChange,
  names: readonly string[],
  start: () => T,
): T {
  const taken = names.map((name) => [name, env.get(name)] as const);
  try {
    for (const [name] of taken) env.delete(name);
    return start();
  } finally {
    for (const [name, value] of taken) if (value !== undefined) env.set(name, value);
  }
}
