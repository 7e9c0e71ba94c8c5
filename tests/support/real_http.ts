import type { StsSystem } from "../../src/aws/sts.ts";
import { denoSystem } from "../../src/system/deno/system.ts";

/** Requested waits, on a system that does not wait. */
export interface Patient extends StsSystem {
  readonly waits: number[];
}

/**
 * The real clock plus `ahead` milliseconds, for a test without waits: `sleep` returns at once, and
 * `chance` is at its maximum.
 */
export function patientSystem(ahead = 0): Patient {
  const waits: number[] = [];
  return {
    waits,
    now: () => Date.now() + ahead,
    monotonic: () => performance.now(),
    sleep: (milliseconds) => Promise.resolve(void waits.push(milliseconds)),
    chance: () => 0.999,
    trace: () => {},
  };
}

/** athm's HTTP client. */
export const realHttp = (url: string, caPem?: string) => denoSystem().http(url, caPem);
