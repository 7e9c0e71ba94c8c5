import type { Failure } from "../model/failure.ts";
import type { System } from "../system/system.ts";

export const mostAttempts = 4;

/** Maximum requests to a host that times out: a person is waiting. */
const mostSilent = 2;

/** Maximum wait before the second request in milliseconds; doubles each time. */
const firstWait = 250;

/** A longer wait requested by the server, in milliseconds, ends the call. */
const longestWait = 5_000;

export interface FailedAttempt {
  readonly failure: Failure;
  /** Milliseconds to wait, from the response. */
  readonly retryAfter?: number | undefined;
  /** The response is not from AWS: a retry would not help. */
  readonly stranger?: boolean;
  readonly silent?: boolean;
}

/**
 * Milliseconds to wait before attempt `attempt + 1`, or nothing after a refusal, the last attempt,
 * or a request to wait too long. Exponential with full jitter, so that waiting processes do not
 * return at once: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
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
