/**
 * AWS as an identity provider for external services.
 *
 * @module
 */

import { type CryptoKey, exportJWK, generateKeyPair, type JSONWebKeySet, SignJWT } from "jose";

export const algorithms = ["RS256", "ES384"] as const;

interface KeyPair {
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
}

/** AWS's identity provider for services outside. */
export interface Outbound {
  /** Accounts in which it is enabled. */
  readonly accounts: Set<string>;
  /** Every token that was signed. */
  readonly signed: string[];
  sign(claims: Record<string, unknown>, algorithm: string): Promise<string>;
  /** The documents published at the issuer's URL. */
  keys(): Promise<JSONWebKeySet>;
}

export function newOutbound(): Outbound {
  const pairs = new Map<string, Promise<KeyPair>>();
  const pair = (algorithm: string) => {
    const made = pairs.get(algorithm) ?? generateKeyPair(algorithm, { extractable: true });
    pairs.set(algorithm, made);
    return made;
  };
  const signed: string[] = [];
  return {
    accounts: new Set(),
    signed,
    sign: async (claims, alg) => {
      const token = await new SignJWT(claims).setProtectedHeader({ alg, typ: "JWT", kid: alg })
        .sign((await pair(alg)).privateKey);
      signed.push(token);
      return token;
    },
    keys: async () => ({
      keys: await Promise.all(algorithms.map(async (alg) => ({
        ...await exportJWK((await pair(alg)).publicKey),
        kid: alg,
        alg,
      }))),
    }),
  };
}
