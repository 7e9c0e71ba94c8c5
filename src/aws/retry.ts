import type { Failure } from "../model/failure.ts";
import type { System } from "../system/system.ts";

/** Most requests for one call, the first included. */
export const mostAttempts = 4;

/** Most requests to a host that lets them run into the time limit: a person waits for the end. */
const mostSilent = 2;

/** The wait before the second request is at most this long, in milliseconds; it doubles each time. */
const firstWait = 250;

/** A wait that the answer asks for and that is longer, in milliseconds, ends the call instead. */
const longestWait = 5_000;

/** One attempt that failed. */
export interface FailedAttempt {
  readonly failure: Failure;
  /** Milliseconds that the answer asks to wait. */
  readonly retryAfter?: number | undefined;
  /** An answer came, and it was no AWS that gave it: asking again brings the same. */
  readonly stranger?: boolean;
  /** The time limit passed without an answer. */
  readonly silent?: boolean;
}

/**
 * Milliseconds to wait before attempt `attempt + 1`, or nothing when it is not to be made: after a
 * refusal, after the last attempt, or when the answer asks for more patience than a person has.
 * Exponential with full jitter, so that many waiting processes do not come back at once:
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 *
 * @param attempt how many requests were made
 */
export function waitBefore(
  trouble: FailedAttempt,
  attempt: number,
  system: Pick<System, "chance">,
): number | undefined {
  const { failure, retryAfter = 0 } = trouble;
  if (!failure.passing || (trouble.stranger && failure.code === "network")) return undefined;
  if (attempt >= (trouble.silent ? mostSilent : mostAttempts)) return undefined;
  if (retryAfter > longestWait) return undefined;
  return Math.max(retryAfter, Math.floor(system.chance() * firstWait * 2 ** (attempt - 1)));
}
