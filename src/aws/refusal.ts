import type { FailureCode } from "../model/failure.ts";
import type { Hint } from "../model/hint.ts";

export interface Refusal {
  readonly host: string;
  readonly action: string;
  readonly status: number;
  /** AWS's code, such as `AccessDenied`; empty if absent. */
  readonly code: string;
  /** AWS's message, shown only for codes whose messages contain no secret. */
  readonly message: string;
  readonly requestId?: string | undefined;
  readonly region: string;
  readonly roleArn?: string | undefined;
  /** The subject of the identity token that was sent. */
  readonly subject?: string | undefined;
  readonly temporary: boolean;
  /** Milliseconds that AWS's clock is ahead of this machine's. */
  readonly skew: number;
  /** Values never to show, even if AWS echoes them. */
  readonly secrets: readonly string[];
}

/** What a kind of refusal means; the first match is used. */
export interface RefusalRule {
  readonly codes: readonly string[];
  readonly action?: string;
  readonly message?: RegExp;
  readonly failure?: FailureCode;
  /** Completes the sentence `HOST refused ACTION: …`. */
  readonly why: (refusal: Refusal) => string;
  readonly hint?: (refusal: Refusal) => Hint;
}
