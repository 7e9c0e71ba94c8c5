import type { Session } from "./credentials.ts";
import type { PortalTokens } from "./portal.ts";
import type { Secret } from "./secret.ts";

/** A session and the fingerprint of the settings that it was made with. */
export interface SessionRecord {
  readonly session: Session;
  readonly fingerprint: string;
}

/** What an identity provider asserts of a person, for as long as AWS takes it. */
export interface AssertionRecord {
  /** In base64, as it came. */
  readonly assertion: Secret;
  /** Milliseconds since 1970 on this machine's clock. */
  readonly expires: number;
}

/** What is kept of proofs that profiles share, by the shelf of the store that it is kept on. */
export interface ProofRecords {
  /** Sessions that a key and a second factor gave. */
  readonly sessions: SessionRecord;
  readonly assertions: AssertionRecord;
  readonly portals: PortalTokens;
}

export type ProofShelf = keyof ProofRecords;
