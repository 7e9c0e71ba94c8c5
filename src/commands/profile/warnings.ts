import { Failure } from "../../model/failure.ts";
import type { Outline } from "../../model/outline.ts";
import { certificateWarning } from "../../model/roles_anywhere.ts";
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

/** Warns of a certificate's end; the session may last for a while, so the exit code stays 0. */
export function warnOfCertificate(system: System, { name, facts }: Outline): void {
  const { ends } = facts.certificate ?? {};
  if (ends === undefined) return;
  const text = certificateWarning(`the certificate of ${name}`, ends, system.now());
  if (text !== undefined) system.say(`athm: warning: ${text}`);
}

/** Prints warnings for a partial result and returns the exit code. */
export function warn(system: System, troubles: readonly Failure[]): number {
  for (const { message, hint } of troubles) {
    system.say(`athm: warning: ${message}`);
    if (hint) system.say(`athm: hint: ${hint}`);
  }
  return troubles.length ? 1 : 0;
}
