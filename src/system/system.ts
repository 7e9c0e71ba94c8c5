import type { Session } from "../model/credentials.ts";
import type { Browser } from "./browser.ts";
import type { Dialog } from "./dialog.ts";
import type { BrowserDriver } from "./devtools.ts";
import type { Files } from "./files.ts";
import type { Children } from "./children.ts";
import type { Http } from "./http.ts";
import type { Listener, ListenOptions } from "./listener.ts";
import type { Environment, Platform } from "./machine.ts";
import type { Terminal } from "./terminal.ts";

export type { Environment, Platform };

/**
 * The outside world as one value. Everything athm does to it or learns from it goes through here, so
 * that a test can run the whole program with another clock, disk, network or terminal.
 */
export interface System {
  readonly platform: Platform;
  readonly env: Environment;
  readonly files: Files;
  readonly children: Children;
  readonly terminal: Terminal;
  readonly browser: Browser;
  readonly dialog: Dialog;
  readonly devtools: BrowserDriver;

  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds since this process began, on a clock that nobody sets. */
  monotonic(): number;
  /** Resolves after `milliseconds`, or rejects with the signal's reason when that aborts first. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** Calls `work` after `milliseconds`, if the process still runs: it does not keep it running. */
  alarm(milliseconds: number, work: () => void): void;
  /** `length` bytes from the operating system's generator. */
  random(length: number): Uint8Array<ArrayBuffer>;
  /** A number from 0 up to 1, for jitter; never for secrets. */
  chance(): number;
  /** This process's number, to name it to other processes. */
  readonly pid: number;
  /** The number of the user that this process runs as, where the system has such. */
  userId(): number | undefined;
  hostname(): string;
  /**
   * The words that start this athm from any folder: its program's path from the root, and what must
   * stand behind that where it runs from source.
   */
  selfCommand(): readonly string[];

  /** What athm runs on, for `--version`. */
  readonly versions: { readonly deno: string; readonly v8: string };

  /**
   * A client for requests to the host of `url`, through the proxy that the environment names unless the
   * host is this machine; it trusts the certificates of `caPem` (PEM text) besides its own.
   *
   * @throws {Failure} `usage` when `caPem` cannot be read.
   */
  http(url: string, caPem?: string): Promise<Http>;
  /**
   * Opens a port for connections.
   *
   * @throws {Failure} `network`.
   */
  listen(options: ListenOptions): Listener;
  /** From here on no connection can be opened by this process. */
  giveUpNetwork(): void;

  /** Writes all of it to standard output, the answer that was asked for. */
  out(text: string): void;
  /** Writes a line to standard error, for what is said along the way. */
  say(line: string): void;
  /** Standard input to its end; nothing when it is more than `limit` bytes. */
  readInput(limit: number): Promise<Uint8Array | undefined>;

  /**
   * Does `work` and returns what it returns. On a terminal, `what` is shown while that takes longer than a
   * moment, and is gone afterwards.
   *
   * @param what for the person: "signing in to example"; no secret
   */
  busy<T>(what: string, work: () => Promise<T>): Promise<T>;

  /** One event of `--debug`; does nothing without it. */
  readonly trace: Trace;
  /** Puts what was done into the audit log. A log that cannot be written is a warning: it never throws. */
  readonly audit: Audit;
}

/**
 * Something that was done. Of its values the audit log takes facts about the session and the name of the
 * command; it is never given arguments, which may be secrets.
 */
export interface AuditEvent {
  readonly event:
    | "sign-in" // of a profile that had no session
    | "renewal"
    | "exec" // this and the next two: only with ATHM_AUDIT=all
    | "export"
    | "process"
    | "add" // from here on: changes of the store
    | "rm"
    | "rm-all"
    | "mv"
    | "rotate-key"
    | "login"
    | "custody"
    | "rekey"
    | "import"
    | "sso-logout"
    | "backup"
    | "restore";
  readonly profile?: string | undefined;
  /** The profile's new name. */
  readonly to?: string;
  readonly session?: Pick<Session, "arn" | "account" | "expires"> | undefined;
  /** AWS's number of the request that made the session. */
  readonly request?: string | undefined;
  /** The program as it was typed, without its arguments. */
  readonly command?: string | undefined;
}
export type Audit = (event: AuditEvent) => Promise<void>;

/** Values that a trace may carry. Text is written as it is: never hand a secret's `reveal()` here. */
export type TraceFields = Readonly<Record<string, string | number | boolean | undefined>>;
export type Trace = (event: string, fields?: TraceFields) => void;
