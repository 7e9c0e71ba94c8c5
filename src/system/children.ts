import { Failure } from "../model/failure.ts";

export interface ChildSpec {
  readonly command: string;
  readonly args: readonly string[];
  /** Variables to set, over those that are inherited. */
  readonly set: Readonly<Record<string, string>>;
  /** Variables to take away. */
  readonly unset: readonly string[];
}

/** A program that athm asks something; its standard error is athm's own unless `quiet`. */
export interface HelperSpec extends ChildSpec {
  /** What a message calls it, where that is not the command. */
  readonly title?: string;
  /** What it reads on standard input: the way for secrets, which never stand in an argument. */
  readonly input?: string;
  readonly seconds: number;
  readonly bytes: number;
  readonly quiet?: boolean;
}

export interface HelperOutput {
  readonly code: number;
  readonly stdout: string;
}

export type ChildEnd =
  | { readonly kind: "exit"; readonly code: number }
  /** `number` is the signal's, as the shell adds it to 128. */
  | { readonly kind: "signal"; readonly number: number };

export interface RunningChild {
  readonly pid: number;
  readonly ended: Promise<ChildEnd>;
  /** Sends a signal; nothing happens when the child is gone. */
  signal(name: "SIGTERM" | "SIGHUP"): void;
}

export interface Children {
  /**
   * Starts a program on athm's own standard streams, in its process group.
   *
   * @throws {Failure} `command-not-found` or `command-not-executable`.
   */
  start(spec: ChildSpec): RunningChild;
  /**
   * Runs a program that helps athm, and returns what it printed.
   *
   * @throws {Failure} `command-not-found`, `command-not-executable`, or `source` when it takes too long
   * or prints too much; its exit code is the caller's to judge.
   */
  help(spec: HelperSpec): Promise<HelperOutput>;
  /** Calls `listener` each time `signal` arrives; the answer takes it off again. */
  onSignal(signal: "SIGINT" | "SIGQUIT" | "SIGTERM" | "SIGHUP", listener: () => void): () => void;
}

/** The end of a process of the runtime's. */
export function endOf(
  status: Promise<{ readonly code: number; readonly signal: string | null }>,
): Promise<ChildEnd> {
  return status.then(
    ({ code, signal }): ChildEnd =>
      signal === null ? { kind: "exit", code } : { kind: "signal", number: code - 128 },
    (error): ChildEnd => {
      // Deno has no names for the real-time signals, and says so where it should tell the end.
      const message = error instanceof TypeError ? error.message : "";
      const number = /^Invalid signal: (\d+)$/.exec(message)?.[1];
      if (number === undefined) throw error;
      return { kind: "signal", number: Number(number) };
    },
  );
}

/** Why a program could not be started, as a shell tells it apart: not there, or not to be run. */
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

/** This process's own variables. */
export interface VariablesToChange {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
  delete(name: string): void;
}

/**
 * What a child inherits is this process's environment, so what must go is taken out of that while it
 * is started, and put back for renewals, which may need it.
 */
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
