import { Failure } from "../../model/failure.ts";
import type { System } from "../../system/system.ts";

/** For `catch`: keeps a failure for later, and lets a mistake in athm itself through. */
export function collect(troubles: Failure[]): (error: unknown) => undefined {
  return (error) => {
    if (!(error instanceof Failure)) throw error;
    // What many stand on is told once.
    if (!troubles.some(({ message }) => message === error.message)) troubles.push(error);
    return undefined;
  };
}

/** Says what went wrong on the way to an answer that was given all the same; the exit code for it. */
export function warn(system: System, troubles: readonly Failure[]): number {
  for (const { message, hint } of troubles) {
    system.say(`athm: warning: ${message}`);
    if (hint) system.say(`athm: hint: ${hint}`);
  }
  return troubles.length ? 1 : 0;
}
