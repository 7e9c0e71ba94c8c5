import type { Hint, ProfileAtHand, ProfilePart } from "./hint.ts";

/** All kinds of failure: tests and callers compare the code, people read the message. */
export type FailureCode =
  | "usage" // the command line or an option's value is wrong
  | "not-found" // no such profile
  | "exists" // the name is already in use
  | "untrusted" // a signature is wrong, or a file is older than one already taken
  | "needs-person" // a prompt is required but prompts are disabled
  | "denied" // a person answered no
  | "cancelled" // the user pressed Ctrl-C or closed the input at a prompt
  | "store-key" // the store's key is unavailable or wrong
  | "store-moved" // the store was replaced after it was opened
  | "store-damaged" // a store file cannot be decrypted
  | "store-open" // other users can read or write the store
  | "store-newer" // written by a newer athm
  | "files" // a file operation failed
  | "mfa-code" // AWS rejected the MFA code; another code may work
  | "source" // the source returned no credentials
  | "aws" // AWS rejected the request; retrying does not help
  | "aws-not-offered" // the endpoint does not offer the operation
  | "aws-too-long" // the requested duration exceeds the role's maximum
  | "aws-proof" // AWS rejected the assertion or token, or it expired
  | "aws-passing" // throttled, or a server error at AWS
  | "network" // cannot reach AWS
  | "tls" // the server's certificate is not trusted
  | "command-not-found" // exec: 127
  | "command-not-executable"; // exec: 126

/**
 * An expected error. The message is one sentence with the fact, the hint one imperative. Neither may
 * contain a secret: build messages from names, limits and codes, never from the contents of a sealed
 * file or a response body.
 */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly advice: Hint | undefined;
  /** The profile concerned, once known. */
  readonly profile: ProfileAtHand | undefined;

  constructor(
    code: FailureCode,
    message: string,
    advice?: Hint,
    options: ErrorOptions & { readonly profile?: ProfileAtHand | undefined } = {},
  ) {
    const { profile, ...others } = options;
    super(message, others);
    this.name = "Failure";
    this.code = code;
    this.advice = advice;
    this.profile = profile;
  }

  get hint(): string | undefined {
    if (this.advice === undefined || typeof this.advice === "string") return this.advice;
    const words = (part: string | ProfilePart) =>
      typeof part === "string" ? part : wordsFor(part, this.profile);
    return this.advice.map(words).join("");
  }

  /** Whether a retry without changes may succeed. */
  get passing(): boolean {
    return this.code === "aws-passing" || this.code === "network";
  }
}

/** The error for a prompt that `--no-prompt`, CI or a missing terminal rules out. */
export function promptsDisabled(what: string, hint: Hint): Failure {
  return new Failure("needs-person", `${what}: prompts are disabled`, hint);
}

/** For `catch`: `instead` of a `Failure`. Any other error is a bug and is thrown again. */
export function onFailure<T>(instead: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof Failure) return instead;
    throw error;
  };
}

/** The same for work that is not asynchronous. */
export function valueOr<T, U>(work: () => T, instead: U): T | U {
  try {
    return work();
  } catch (error) {
    return onFailure(instead)(error);
  }
}

/**
 * Whether it says that a file of the store cannot be decrypted. An I/O error does not mean damage:
 * skipping the file would lose it.
 */
export function isDamage(error: unknown): boolean {
  return error instanceof Failure && error.code === "store-damaged";
}

/** A command-line error: exit code 2. */
export function usage(message: string, hint?: Hint): Failure {
  return new Failure("usage", message, hint);
}

export function changed(failure: Failure, other: FailureChanges): Failure {
  const { code, message, advice, profile, cause } = failure;
  return new Failure(other.code ?? code, other.message ?? message, other.hint ?? advice, {
    cause: other.cause ?? cause,
    profile: other.profile ?? profile,
  });
}

export interface FailureChanges {
  readonly code?: FailureCode;
  readonly message?: string;
  readonly hint?: Hint | undefined;
  readonly profile?: ProfileAtHand;
  readonly cause?: unknown;
}

export function aboutProfile(error: unknown, profile: ProfileAtHand): unknown {
  const isOpen = error instanceof Failure && error.profile === undefined;
  return isOpen ? changed(error, { profile }) : error;
}

/** Without a profile, use a placeholder. */
function wordsFor({ profile: part }: ProfilePart, of?: ProfileAtHand): string {
  const name = of?.name ?? "NAME";
  if (part === "name") return name;
  const isTyped = of?.isSaved === false;
  if (part === "subject") return isTyped ? "it" : name;
  if (isTyped) return "the same command";
  return `athm aws exec ${name}${part === "exec" ? "" : " --rotate"}`;
}

/** A `usage` failure caused by a stored profile or a file: exit code 2 is for what was typed. */
export function notTyped(error: unknown): unknown {
  if (!(error instanceof Failure && error.code === "usage")) return error;
  return changed(error, { code: "source", cause: error });
}

/** Quotes a path for a POSIX shell, so that a hint can be pasted. */
export function quote(path: string): string {
  return /^[A-Za-z0-9_./@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
