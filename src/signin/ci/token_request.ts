import type { System } from "../../system/system.ts";

/** What the identity token of a CI job is asked for with. */
export interface TokenRequest {
  readonly system: System;
  /** Whom it is to be for; absent for the CI system's own default. */
  readonly audience?: string | undefined;
  /** Certificates to trust besides the machine's, as PEM text. */
  readonly trustedPem?: string | undefined;
}

/** Gives the token of the running job as text. @throws {Failure} `source`, or what the network says */
export type TokenFetcher = (request: TokenRequest) => Promise<string>;

/** The audience that is asked for where a CI system lets the job choose. */
export const awsAudience = "sts.amazonaws.com";
