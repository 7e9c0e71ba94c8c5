/**
 * AWS Sign-In for local development: who is signed in to the console, and what was issued. Its
 * service is in `signin_oauth.ts`.
 *
 * @module
 */

import type { Principal } from "./accounts.ts";
import { uniqueId } from "./accounts.ts";

/** What the person does on the sign-in page. */
export type SigninPerson =
  | "yes"
  | "no"
  /** Opens the page and goes away. */
  | "away"
  /** A page that sends the browser back with another state than it was given. */
  | "wrong-state"
  /** A page that comes back with another error than a denial. */
  | "broken";

export interface SigninCode {
  readonly clientId: string;
  readonly challenge: string;
  readonly redirectUri: string;
  readonly principal: Principal;
  /** Milliseconds since 1970 on the fake's clock. */
  readonly expiresAt: number;
  used: boolean;
}

/** One sign-in in a browser: every refresh token of it has the same client and key. */
export interface SigninSession {
  readonly clientId: string;
  /** The thumbprint (RFC 7638) of the DPoP key. */
  readonly thumbprint: string;
  readonly principal: Principal;
  /** Milliseconds since 1970: twelve hours after the sign-in. */
  readonly endsAt: number;
}

export interface SigninRefreshToken {
  readonly session: SigninSession;
  used: boolean;
}

/** Everything that AWS Sign-In knows. Tests change what is not read-only as they like. */
export interface Signin {
  /** Whose console session the browser has. */
  principal: Principal;
  person: SigninPerson;
  readonly codes: Map<string, SigninCode>;
  readonly refreshTokens: Map<string, SigninRefreshToken>;
  /** Identifiers of DPoP proofs, each of which is good once. */
  readonly proofs: Set<string>;
  readonly secrets: Set<string>;
}

export function newSignin(): Signin {
  return {
    principal: consolePrincipal("arn:aws:iam::123456789012:user/alice"),
    person: "yes",
    codes: new Map(),
    refreshTokens: new Map(),
    proofs: new Set(),
    secrets: new Set(),
  };
}

/** Who somebody is with the console's temporary credentials. */
export function consolePrincipal(arn: string): Principal {
  const [, , , , account = "", resource = ""] = arn.split(":");
  const role = /^assumed-role\/([^/]+)\/([^/]+)$/.exec(resource);
  const [, name = "", sessionName = ""] = role ?? [];
  return {
    kind: role ? "assumed-role" : "session-token",
    arn,
    userId: role ? `${uniqueId("AROA", 17)}:${sessionName}` : uniqueId("AIDA", 17),
    account,
    mfaPresent: false,
    ...role && {
      session: {
        roleArn: `arn:${arn.split(":")[1]}:iam::${account}:role/${name}`,
        sessionName,
        tags: [],
        transitiveTagKeys: [],
        policyArns: [],
      },
    },
  };
}

/** A secret that is remembered as one. */
export function newSigninSecret(signin: Signin, prefix: string, bytes: number): string {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  const secret = prefix + random.toBase64({ alphabet: "base64url", omitPadding: true });
  signin.secrets.add(secret);
  return secret;
}
