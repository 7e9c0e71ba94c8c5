import type { FailureCode } from "../model/failure.ts";
import type { Hint } from "../model/hint.ts";

/** An answer of AWS's that says no, with what is known about the question. */
export interface Refusal {
  /** Host and port that were asked. */
  readonly host: string;
  /** The operation, such as `AssumeRole`. */
  readonly action: string;
  /** The HTTP status. */
  readonly status: number;
  /** AWS's code, such as `AccessDenied`; empty where the answer held none. */
  readonly code: string;
  /** AWS's sentence; shown for the codes of which it is known to hold no secret. */
  readonly message: string;
  readonly requestId?: string | undefined;
  /** The region that was signed for. */
  readonly region: string;
  /** The role that was to be assumed. */
  readonly roleArn?: string | undefined;
  /** Whether the request was signed with temporary credentials. */
  readonly temporary: boolean;
  /** Milliseconds that AWS's clock is ahead of this machine's. */
  readonly skew: number;
  /** Values that must not be shown, whatever AWS echoes. */
  readonly secrets: readonly string[];
}

/** What is known of one kind of refusal: the first rule that fits is taken. */
export interface RefusalRule {
  readonly codes: readonly string[];
  readonly action?: string;
  /** What AWS's sentence has to say. */
  readonly message?: RegExp;
  readonly failure?: FailureCode;
  /** The rest of the sentence `HOST refused ACTION: …`. */
  readonly why: (refusal: Refusal) => string;
  readonly hint?: (refusal: Refusal) => Hint;
}
