/** Where a target's program runs: this machine, Wine, an emulator, a bare root. */
export interface Ground {
  /** As in archive names: `windows-x64`. */
  readonly target: string;
  readonly system: "linux" | "macos" | "windows";
  /** The program under test, as a path on the ground. */
  readonly athm: string;
  /** Starting a program takes seconds, so checks that start hundreds start only a few. */
  readonly slow?: true;
  /** What cannot be tested here, and why. */
  readonly lacks?: Partial<Record<Showable, string>>;
  /** Runs a program of the ground with only these variables and those that the ground itself needs. */
  readonly run: (program: string, args: readonly string[], options?: RunOptions) => Promise<Ran>;
  /** A new, empty folder: its path on this machine, and as the ground sees it. */
  readonly folder: (name?: string) => Promise<Folder>;
  /** Windows only: maps the folder to a drive, such as `X:`, until disposed. */
  readonly drive?: (folder: Folder) => Promise<AsyncDisposable & { readonly name: string }>;
}

/** `exec errors`: a program that cannot be executed differs from a missing one. */
export type Showable = "exec errors" | "powershell";

/** @throws {ProofSkipped} if the ground cannot test it */
export function requires({ lacks = {} }: Ground, what: Showable): void {
  const why = lacks[what];
  if (why !== undefined) throw new ProofSkipped(why);
}

export interface Folder {
  readonly here: string;
  readonly there: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** As the ground sees it. */
  readonly cwd?: string;
  /** Milliseconds; default 60,000. */
  readonly timeout?: number;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A reason why a check cannot be made on a ground. */
export class ProofSkipped extends Error {}

/** One check; throws if it fails, and {@link ProofSkipped} if it cannot be tested here. */
export interface Check {
  readonly name: string;
  readonly run: (ground: Ground) => Promise<void>;
}
