import type { ConsoleSignIn } from "./console_sign_in.ts";
import type { Narrowing, Session } from "./credentials.ts";
import type { PortalTokens } from "./portal.ts";
import type { Secret } from "./secret.ts";

export interface SessionRecord {
  readonly session: Session;
  readonly fingerprint: string;
}

/** A profile's narrower sessions. */
export interface NarrowedRecord {
  readonly kept: readonly NarrowedSession[];
}

/** A session policy that people refer to as `@NAME`. */
export interface NamedPolicy {
  readonly name: string;
  /** JSON. */
  readonly policy: string;
}

/** That a `.athm` file may choose the profile. */
export interface FolderAllowance {
  /** Absolute. */
  readonly path: string;
  /** SHA-256 of the file's content, hexadecimal. */
  readonly digest: string;
}

export interface NarrowedSession extends SessionRecord {
  readonly narrowing: Narrowing;
}

export interface AssertionRecord {
  /** The original base64. */
  readonly assertion: Secret;
  /** Milliseconds since 1970 on this machine's clock. */
  readonly expires: number;
}

export interface ProofRecords {
  /** Sessions made with a key and MFA. */
  readonly sessions: SessionRecord;
  readonly assertions: AssertionRecord;
  readonly portals: PortalTokens;
  readonly consoles: ConsoleSignIn;
}

export type ProofShelf = keyof ProofRecords;

/** Where the store keeps a user's new access key until the old one is deleted; no legal profile name. */
export function keyNoteName(arn: string): string {
  return `access key of ${arn}`;
}

/** Milliseconds since 1970 at which such a note expires: never. */
export const keyNoteExpires = Date.UTC(9999, 0);
