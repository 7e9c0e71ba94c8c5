import type { StsSystem } from "../../src/aws/sts.ts";
import { denoSystem } from "../../src/system/deno/system.ts";

/** Waits that were asked for, of a system that does not wait. */
export interface Patient extends StsSystem {
  readonly waits: number[];
}

/**
 * The real clock, `ahead` milliseconds wrong, for a test that waits for nobody: `sleep` returns at
 * once, and chance is the greatest there is.
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

/** HTTP as athm speaks it. */
export const realHttp = (url: string, caPem?: string) => denoSystem().http(url, caPem);
