import type { JWK } from "jose";

/** What a token is to say. */
export interface TokenClaims {
  readonly subject: string;
  readonly audience: string;
  /** Seconds from now until its end; default 600. Negative: it has run out. */
  readonly life?: number;
  /** Default the provider's own; another one makes a token that no provider stands for. */
  readonly issuer?: string;
}

/** The provider. */
export interface OpenIdIssuer {
  readonly issuer: string;
  /** What a job shows at the endpoints to be given a token. */
  readonly bearer: string;
  /** `sub` of the tokens that the endpoints give. */
  subject: string;
  sign(claims: TokenClaims): Promise<string>;
  /** Its public keys. */
  keys(): Promise<{ readonly keys: readonly JWK[] }>;
  /** Every token that it signed. */
  readonly signed: readonly string[];
}
