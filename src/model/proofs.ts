import type { Session } from "./credentials.ts";
import type { PortalTokens } from "./portal.ts";
import type { Secret } from "./secret.ts";

/** A session and the fingerprint of the settings that it was made with. */
export interface SessionRecord {
  readonly session: Session;
  readonly fingerprint: string;
}

/** An identity provider's assertion, kept while AWS accepts it. */
export interface AssertionRecord {
  /** The original base64. */
  readonly assertion: Secret;
  /** Milliseconds since 1970 on this machine's clock. */
  readonly expires: number;
}

/** Shared proofs by shelf of the store. */
export interface ProofRecords {
  /** Sessions made with a key and MFA. */
  readonly sessions: SessionRecord;
  readonly assertions: AssertionRecord;
  readonly portals: PortalTokens;
}

export type ProofShelf = keyof ProofRecords;
