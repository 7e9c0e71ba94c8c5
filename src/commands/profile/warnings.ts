import { Failure } from "../../model/failure.ts";
import type { System } from "../../system/system.ts";

/** For `catch`: collects failures and rethrows programming errors. */
export function collect(troubles: Failure[]): (error: unknown) => undefined {
  return (error) => {
    if (!(error instanceof Failure)) throw error;
    // Report a problem of a shared base profile once.
    if (!troubles.some(({ message }) => message === error.message)) troubles.push(error);
    return undefined;
  };
}

/** Prints warnings for a partial result and returns the exit code. */
export function warn(system: System, troubles: readonly Failure[]): number {
  for (const { message, hint } of troubles) {
    system.say(`athm: warning: ${message}`);
    if (hint) system.say(`athm: hint: ${hint}`);
  }
  return troubles.length ? 1 : 0;
}
