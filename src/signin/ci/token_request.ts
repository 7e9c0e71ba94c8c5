import type { System } from "../../system/system.ts";

export interface TokenRequest {
  readonly system: System;
  /** Default: the CI system's own. */
  readonly audience?: string | undefined;
  /** Additional CA certificates in PEM. */
  readonly trustedPem?: string | undefined;
}

/** Returns the running job's token. @throws {Failure} `source`, or network errors */
export type TokenFetcher = (request: TokenRequest) => Promise<string>;

/** The audience to request if the CI system allows a choice. */
export const awsAudience = "sts.amazonaws.com";
