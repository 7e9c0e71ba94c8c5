/**
 * AWS Sign-In for local development: the console's sign-ins, and issued tokens. Its service is in
 * `signin_oauth.ts`.
 *
 * @module
 */

import type { Principal } from "./accounts.ts";
import { uniqueId } from "./accounts.ts";

/** What the user does on the sign-in page. */
export type SigninPerson =
  | "yes"
  | "no"
  /** Opens the page and leaves. */
  | "away"
  /** A page that redirects with a different state. */
  | "wrong-state"
  /** A page that redirects with an error other than a denial. */
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

/** AWS Sign-In's state. Tests may change fields that are not read-only. */
export interface Signin {
  /** The identity of the browser's console session. */
  principal: Principal;
  person: SigninPerson;
  readonly codes: Map<string, SigninCode>;
  readonly refreshTokens: Map<string, SigninRefreshToken>;
  /** IDs of used DPoP proofs: each works once. */
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

/** The identity of the console's temporary credentials. */
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

/** Creates and records a secret. */
export function newSigninSecret(signin: Signin, prefix: string, bytes: number): string {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  const secret = prefix + random.toBase64({ alphabet: "base64url", omitPadding: true });
  signin.secrets.add(secret);
  return secret;
}
