/**
 * An IAM Identity Center: who has which roles, who is signed in, and what the person at the browser
 * does. Its two services are in `sso_oidc.ts` and `sso_portal.ts`.
 *
 * @module
 */

/** An account with the roles (permission sets) that the person has there. */
export interface SsoAccount {
  readonly id: string;
  readonly name: string;
  readonly email?: string;
  readonly roles: readonly string[];
}

/** What the person does on the sign-in page. */
export type SsoPerson =
  | "yes"
  | "no"
  /** Gives a device's code on another machine. */
  | "elsewhere"
  /** Opens the page and goes away. */
  | "away"
  /** A page that sends the browser back with another state than it was given. */
  | "wrong-state"
  /** A page that comes back with another error than a denial. */
  | "broken";

/** athm, or another program, as it registered. */
export interface SsoClient {
  readonly id: string;
  readonly secret: string;
  readonly grantTypes: readonly string[];
  readonly redirectUris: readonly string[];
  readonly scopes: readonly string[];
  /** Milliseconds since 1970 on the fake's clock, as all times here. */
  readonly expiresAt: number;
}

/** One sign-in of the person; all tokens of it end together. */
export interface SsoSignIn {
  revoked: boolean;
}

export interface SsoCode {
  readonly clientId: string;
  readonly challenge: string;
  readonly redirectUri: string;
  readonly expiresAt: number;
  used: boolean;
}

export interface SsoDevice {
  readonly clientId: string;
  readonly userCode: string;
  readonly expiresAt: number;
  state: "pending" | "approved" | "denied";
  polled: number;
}

export interface SsoRefreshToken {
  readonly clientId: string;
  readonly signIn: SsoSignIn;
  used: boolean;
}

export interface SsoAccessToken {
  readonly signIn: SsoSignIn;
  readonly expiresAt: number;
}

/** Everything that the Identity Center knows. Tests change what is not read-only as they like. */
export interface Sso {
  startUrl: string;
  /** Where an organization's own URL leads, and whether its server knows HEAD. */
  vanity: { readonly location: string; readonly head: boolean };
  accounts: SsoAccount[];
  person: SsoPerson;
  /** Seconds that an access token lives. */
  tokenLife: number;
  /** Whether refresh tokens are given. */
  refreshes: boolean;
  /** Seconds that a device code lives. */
  deviceLife: number;
  /** How many polls are answered with `slow_down`, and then with `authorization_pending`. */
  slowDowns: number;
  pendings: number;
  readonly clients: Map<string, SsoClient>;
  readonly codes: Map<string, SsoCode>;
  readonly devices: Map<string, SsoDevice>;
  readonly accessTokens: Map<string, SsoAccessToken>;
  readonly refreshTokens: Map<string, SsoRefreshToken>;
  /** Every secret that was given out or shown. */
  readonly secrets: Set<string>;
}

/** An Identity Center in which the person has no account yet. */
export function newSso(): Sso {
  return {
    startUrl: "https://example.awsapps.com/start",
    vanity: { location: "https://example.awsapps.com/start", head: true },
    accounts: [],
    person: "yes",
    tokenLife: 3600,
    refreshes: true,
    deviceLife: 600,
    slowDowns: 0,
    pendings: 0,
    clients: new Map(),
    codes: new Map(),
    devices: new Map(),
    accessTokens: new Map(),
    refreshTokens: new Map(),
    secrets: new Set(),
  };
}

/** Ends every sign-in, as an administrator does. */
export function revokeSignIns(sso: Sso): void {
  for (const { signIn } of [...sso.accessTokens.values(), ...sso.refreshTokens.values()]) {
    signIn.revoked = true;
  }
}

/** A secret that is remembered as one. Real ones are long: tokens some 1,500 characters. */
export function newSsoSecret(sso: Sso, prefix: string, bytes: number): string {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  const secret = prefix + random.toBase64({ alphabet: "base64url", omitPadding: true });
  sso.secrets.add(secret);
  return secret;
}

/** The sign-in behind an access token that is still good. */
export function signInOf(sso: Sso, token: string, now: number): SsoSignIn | undefined {
  const found = sso.accessTokens.get(token);
  return found && !found.signIn.revoked && found.expiresAt > now ? found.signIn : undefined;
}
