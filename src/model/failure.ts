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
  readonly hint: string | undefined;

  constructor(code: FailureCode, message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "Failure";
    this.code = code;
    this.hint = hint;
  }

  /** True where trying again later, with nothing changed, may succeed. */
  get passing(): boolean {
    return this.code === "aws-passing" || this.code === "network";
  }
}

/** Wrong usage of the command line: exit code 2. */
export function usage(message: string, hint?: string): Failure {
  return new Failure("usage", message, hint);
}

/**
 * An error as it is when what is wrong was not typed: it is in a stored profile, or in a file that has
 * gone since. That is no wrong usage of the command line.
 */
export function notTyped(error: unknown): unknown {
  if (!(error instanceof Failure && error.code === "usage")) return error;
  return new Failure("source", error.message, error.hint, { cause: error });
}

/** A path as one word of a POSIX shell, for a hint that can be pasted. */
export function quote(path: string): string {
  return /^[A-Za-z0-9_./@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
