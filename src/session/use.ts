import type { Narrowing } from "../model/credentials.ts";
import type { Resolved } from "./sign_in/fingerprint.ts";

/** What a session is for. */
export interface SessionUse {
  /** A session restricted to this, never a wider one. */
  readonly narrowing?: Narrowing | undefined;
  /** What a person is asked about if the profile is confirmed. */
  readonly deed?: Deed | undefined;
  /** True for a renewal, whose use began earlier: athm cannot ask. */
  readonly isRenewal?: boolean | undefined;
  /**
   * The confirmed profile that a person allowed, with its settings. Never its name alone: other
   * programs can give that to another profile meanwhile.
   */
  readonly agreed?: Resolved | undefined;
}

export interface Deed {
  /** The program with its arguments, or athm's own command. */
  readonly words: readonly string[];
  /** The program or the command, for the audit log. */
  readonly audited: string;
}
