import type { JWK } from "jose";

/** The content of a token. */
export interface TokenClaims {
  readonly subject: string;
  readonly audience: string;
  /** Lifetime in seconds; default 600. Negative: expired. */
  readonly life?: number;
  /** Default: the provider's own; with another one, no provider verifies the token. */
  readonly issuer?: string;
}

/** The provider. */
export interface OpenIdIssuer {
  readonly issuer: string;
  /** The credential with which a job requests a token. */
  readonly bearer: string;
  /** `sub` of the tokens that the endpoints give. */
  subject: string;
  sign(claims: TokenClaims): Promise<string>;
  /** Its public keys. */
  keys(): Promise<{ readonly keys: readonly JWK[] }>;
  /** Every token that it signed. */
  readonly signed: readonly string[];
}
