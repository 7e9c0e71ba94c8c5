import { Failure } from "../model/failure.ts";
import { checkTokenCode } from "../model/limits.ts";
import type { RoleSettings } from "../model/profile.ts";
import type { SourceContext } from "../sources/source.ts";
import type { System } from "../system/system.ts";

/** The second factor as STS takes it: both, or neither for a profile without one. */
export interface Mfa {
  readonly mfaSerial?: string;
  readonly mfaCode?: string;
}

/**
 * A code of the profile's MFA device: from its command, or asked.
 *
 * @throws {Failure} `needs-person` where nobody may be asked, `source` when the command fails,
 * `usage` when what came is no code.
 */
export async function mfa(
  { system, ask }: Pick<SourceContext, "system" | "ask">,
  { mfaSerial, mfaCommand }: Pick<RoleSettings, "mfaSerial" | "mfaCommand">,
): Promise<Mfa> {
  if (mfaSerial === undefined) return {};
  const mfaCode = mfaCommand === undefined
    ? checkTokenCode(await fromPerson(system, mfaSerial))
    : fromCommand(await ask(mfaCommand));
  return { mfaSerial, mfaCode };
}

function fromCommand(printed: string): string {
  try {
    return checkTokenCode(printed.trim());
  } catch (cause) {
    throw new Failure(
      "source",
      "what --mfa-command printed is not an MFA code, which is exactly 6 digits",
      "run it by hand to see what it prints",
      { cause },
    );
  }
}

async function fromPerson({ terminal }: System, serial: string): Promise<string> {
  if (!terminal.canAsk) {
    throw new Failure(
      "needs-person",
      `the MFA device ${serial} wants a code, and there is nobody to ask for it`,
      "run athm once on a terminal, and the session is kept for its whole life; or --mfa-command",
    );
  }
  return await terminal.ask(`MFA code for ${serial}: `);
}
