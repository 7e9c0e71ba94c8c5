import type { Hint, ProfileAtHand, ProfilePart } from "./hint.ts";

/** What can go wrong, as a closed list: tests and callers compare the code, people read the message. */
export type FailureCode =
  | "usage" // the command line or an option's value is wrong
  | "not-found" // no such profile
  | "exists" // the name is taken
  | "needs-person" // a question would have to be asked and nobody may be asked
  | "cancelled" // the person pressed Ctrl-C or closed the input at a question
  | "store-key" // the store's key is not to be had, or is the wrong one
  | "store-moved" // the store was made anew since it was opened
  | "store-damaged" // a file of the store does not open
  | "store-open" // others can read or write the store
  | "store-newer" // made by a newer athm
  | "files" // the operating system refused a file operation
  | "mfa-code" // AWS did not take the code of an MFA device: another one may do
  | "source" // the first credentials are not to be had
  | "aws" // AWS answered with a refusal that trying again does not mend
  | "aws-too-long" // the role's maximum session duration is less than what was asked
  | "aws-proof" // the assertion or token is not, or no longer, accepted
  | "aws-passing" // throttled, or an error on AWS's side
  | "network" // AWS was not reached
  | "tls" // the server's certificate was not trusted
  | "command-not-found" // exec: 127
  | "command-not-executable"; // exec: 126

/**
 * An error that can happen to a careful person. The message says what and why in one sentence, the
 * hint what to do next. Neither may hold a secret: messages are made from names, limits and codes,
 * never from what was read from a sealed file or an answer's body.
 */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly advice: Hint | undefined;
  /** The profile that it is about, once somebody knows. */
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

  /** What to do next, in words. */
  get hint(): string | undefined {
    if (this.advice === undefined || typeof this.advice === "string") return this.advice;
    const words = (part: string | ProfilePart) =>
      typeof part === "string" ? part : wordsFor(part, this.profile);
    return this.advice.map(words).join("");
  }

  /** True where trying again later, with nothing changed, may succeed. */
  get passing(): boolean {
    return this.code === "aws-passing" || this.code === "network";
  }
}

/** Wrong usage of the command line: exit code 2. */
export function usage(message: string, hint?: Hint): Failure {
  return new Failure("usage", message, hint);
}

/** The same failure but for what is given. */
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

/** A failure on the way to a profile's session, unless it is known already to be of another's. */
export function aboutProfile(error: unknown, profile: ProfileAtHand): unknown {
  const isOpen = error instanceof Failure && error.profile === undefined;
  return isOpen ? changed(error, { profile }) : error;
}

/** With no profile known the name is for the person to put in. */
function wordsFor({ profile: part }: ProfilePart, of?: ProfileAtHand): string {
  const name = of?.name ?? "NAME";
  if (part === "name") return name;
  const isTyped = of?.isSaved === false;
  if (part === "subject") return isTyped ? "it" : name;
  if (isTyped) return "the same command";
  return `athm aws exec ${name}${part === "exec" ? "" : " --rotate"}`;
}

/**
 * An error as it is when what is wrong was not typed: it is in a stored profile, or in a file that has
 * gone since. That is no wrong usage of the command line.
 */
export function notTyped(error: unknown): unknown {
  if (!(error instanceof Failure && error.code === "usage")) return error;
  return changed(error, { code: "source", cause: error });
}

/** A path as one word of a POSIX shell, for a hint that can be pasted. */
export function quote(path: string): string {
  return /^[A-Za-z0-9_./@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
