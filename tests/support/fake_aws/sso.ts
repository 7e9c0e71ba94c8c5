/**
 * An IAM Identity Center: its accounts and roles, sign-ins, and what the user does in the browser.
 * Its two services are in `sso_oidc.ts` and `sso_portal.ts`.
 *
 * @module
 */

/** An account with the user's roles (permission sets). */
export interface SsoAccount {
  readonly id: string;
  readonly name: string;
  readonly email?: string;
  readonly roles: readonly string[];
}

/** What the user does on the sign-in page. */
export type SsoPerson =
  | "yes"
  | "no"
  /** Enters a device code on another machine. */
  | "elsewhere"
  /** Opens the page and leaves. */
  | "away"
  /** A page that redirects with a different state. */
  | "wrong-state"
  /** A page that redirects with an error other than a denial. */
  | "broken";

/** A registered client, such as athm. */
export interface SsoClient {
  readonly id: string;
  readonly secret: string;
  readonly grantTypes: readonly string[];
  readonly redirectUris: readonly string[];
  readonly scopes: readonly string[];
  /** Milliseconds since 1970 on the fake's clock, as all times here. */
  readonly expiresAt: number;
}

/** A sign-in of the user; all of its tokens end together. */
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

/** The Identity Center's state. Tests may change fields that are not read-only. */
export interface Sso {
  startUrl: string;
  /** Where an organization's own URL leads, and whether its server knows HEAD. */
  vanity: { readonly location: string; readonly head: boolean };
  accounts: SsoAccount[];
  person: SsoPerson;
  /** Lifetime of access tokens in seconds. */
  tokenLife: number;
  /** Whether it issues refresh tokens. */
  refreshes: boolean;
  /** Lifetime of device codes in seconds. */
  deviceLife: number;
  /** Number of polls that get `slow_down`, and then `authorization_pending`. */
  slowDowns: number;
  pendings: number;
  readonly clients: Map<string, SsoClient>;
  readonly codes: Map<string, SsoCode>;
  readonly devices: Map<string, SsoDevice>;
  readonly accessTokens: Map<string, SsoAccessToken>;
  readonly refreshTokens: Map<string, SsoRefreshToken>;
  /** Every secret that was issued or shown. */
  readonly secrets: Set<string>;
}

/** An Identity Center where the user has no account yet. */
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

/** Revokes every sign-in, as an administrator can. */
export function revokeSignIns(sso: Sso): void {
  for (const { signIn } of [...sso.accessTokens.values(), ...sso.refreshTokens.values()]) {
    signIn.revoked = true;
  }
}

/** Creates and records a secret. Real ones are long: tokens have about 1,500 characters. */
export function newSsoSecret(sso: Sso, prefix: string, bytes: number): string {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  const secret = prefix + random.toBase64({ alphabet: "base64url", omitPadding: true });
  sso.secrets.add(secret);
  return secret;
}

/** The sign-in of a valid access token. */
export function signInOf(sso: Sso, token: string, now: number): SsoSignIn | undefined {
  const found = sso.accessTokens.get(token);
  return found && !found.signIn.revoked && found.expiresAt > now ? found.signIn : undefined;
}
