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
 * The outside world. All side effects and inputs go through here, so that a test can run the whole
 * program with another clock, disk, network or terminal.
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
  /** Milliseconds since the process started, on a monotonic clock. */
  monotonic(): number;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  alarm(milliseconds: number, work: () => void): void;
  random(length: number): Uint8Array<ArrayBuffer>;
  /** From 0 up to 1, for jitter; never for secrets. */
  chance(): number;
  readonly pid: number;
  /** The user id, if the system has them. */
  userId(): number | undefined;
  hostname(): string;
  /**
   * Identifies the terminal that athm runs in, or the programs it runs among without one, until
   * they end. Nothing if the system does not tell.
   */
  terminalId(): Promise<string | undefined>;
  /** Starts this athm from any folder: an absolute path, with arguments if run from source. */
  selfCommand(): readonly string[];

  readonly versions: { readonly deno: string; readonly v8: string };

  /** Uses the proxy unless the host is this machine, and trusts `caPem` too. @throws {Failure} */
  http(url: string, caPem?: string): Promise<Http>;
  /** @throws {Failure} `network`. */
  listen(options: ListenOptions): Listener;
  /** Drops the network permission for the rest of this process. */
  giveUpNetwork(): void;

  /** Writes the result to stdout. */
  out(text: string): void;
  /** Writes a message line to stderr. */
  say(line: string): void;
  /** Reads stdin to its end; nothing if it exceeds `limit` bytes. */
  readInput(limit: number): Promise<Uint8Array | undefined>;

  /** Runs `work`; on a terminal, shows `what`, which is not secret, if it takes a while. */
  busy<T>(what: string, work: () => Promise<T>): Promise<T>;

  /** Writes an event with `--debug`. */
  readonly trace: Trace;
  /** Adds to the audit log. Never throws: a write failure is a warning. */
  readonly audit: Audit;
}

/** Has the command's name, never its arguments, which may be secrets. */
export interface AuditEvent {
  readonly event:
    | "sign-in" // of a profile that had no session
    | "renewal"
    | "exec" // this and the next three only with ATHM_AUDIT=all
    | "export"
    | "process"
    | "token"
    | "serve" // a client fetched the session
    | "serve-refused" // a client asked for more than it may have
    | "client-add"
    | "client-rm"
    | "confirm" // a person allowed a use or a change, or did not
    | "deny"
    | "add" // from here on, changes of the store
    | "rm"
    | "rm-all"
    | "mv"
    | "set"
    | "rotate-key"
    | "login"
    | "custody"
    | "rekey"
    | "import"
    | "sso-logout"
    | "logout"
    | "backup"
    | "restore";
  readonly profile?: string | undefined;
  /** The profile's new name. */
  readonly to?: string;
  /** The label of a client of `athm serve`. */
  readonly client?: string | undefined;
  readonly session?: Partial<Pick<Session, "arn" | "account" | "expires">> | undefined;
  readonly request?: string | undefined;
  /** The restriction of a narrower session. */
  readonly narrowed?: string | undefined;
  /** What a token was made for, such as `eks`. */
  readonly token?: string;
  /** The program as typed, without its arguments. */
  readonly command?: string | undefined;
}
export type Audit = (...events: readonly AuditEvent[]) => Promise<void>;

/** Text is written unchanged: never pass a secret's `reveal()`. */
export type TraceFields = Readonly<Record<string, string | number | boolean | undefined>>;
export type Trace = (event: string, fields?: TraceFields) => void;
