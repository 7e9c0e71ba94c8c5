// The OIDC service of IAM Identity Center: unsigned JSON.
// https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/Welcome.html

import { defined } from "../model/fields.ts";
import { Failure } from "../model/failure.ts";
import type { Portal, PortalClient, PortalFlow } from "../model/portal.ts";
import { Secret } from "../model/secret.ts";
import type { Http } from "../system/http.ts";
import { callJson, type CallSystem, type JsonAnswer } from "./json_call.ts";
import { numberIn, tokenIn } from "./json_fields.ts";
import { brokenAnswer, oauthWord, refusedByPortal } from "./sso_explain.ts";

/** This scope returns refresh tokens, so that a sign-in lasts as long as the portal's session. */
const scope = "sso:account:access";

/** RFC 8252, section 7.3: registered without the port, which varies. */
const registeredRedirect = "http://127.0.0.1/oauth/callback";

export const callbackPath = "/oauth/callback";

/** Maximum characters of a token: a store's file holds 192 KiB. */
const longestToken = 16 * 1024;

/** Seconds: the maximum of a portal's session and of a client's registration. */
const longestLife = 90 * 24 * 3600;

export interface IssuedTokens {
  readonly accessToken: Secret;
  readonly refreshToken?: Secret;
  /** Milliseconds since 1970 on this machine's clock. */
  readonly expires: number;
}

/** Errors of RFC 6749 section 5.2 and RFC 8628 section 3.5. */
const oauthErrors = [
  ...["authorization_pending", "slow_down", "access_denied"] as const,
  ...["expired_token", "invalid_grant", "invalid_client"] as const,
];

export type NoTokens = typeof oauthErrors[number];

/** A grant works once; a refresh token until it is replaced. */
export type TokenGrant =
  | {
    readonly kind: "code";
    readonly code: Secret;
    readonly verifier: Secret;
    readonly redirectUri: string;
  }
  | { readonly kind: "device"; readonly deviceCode: Secret }
  | { readonly kind: "refresh"; readonly refreshToken: Secret };

export interface DeviceAuthorization {
  readonly deviceCode: Secret;
  readonly userCode: string;
  readonly url: string;
  readonly urlWithCode: string;
  readonly expiresIn: number;
  /** Polling interval in seconds. */
  readonly interval: number;
}

/** Registers athm as a public client. @throws {Failure} */
export async function registerClient(
  system: CallSystem,
  http: Http,
  portal: Portal,
  flow: PortalFlow,
): Promise<PortalClient> {
  const browser = {
    grantTypes: ["authorization_code", "refresh_token"],
    redirectUris: [registeredRedirect],
    issuerUrl: portal.startUrl,
  };
  const answer = await call(system, http, portal, "RegisterClient", "/client/register", {
    clientName: "athm",
    clientType: "public",
    scopes: [scope],
    ...flow === "browser" ? browser : {},
  });
  if (answer.code !== "") throw refusedByPortal(portal, "RegisterClient", answer);
  const id = tokenIn(answer.body, "clientId", 1024);
  const secret = tokenIn(answer.body, "clientSecret", longestToken);
  const until = numberIn(answer.body, "clientSecretExpiresAt");
  if (id === undefined || secret === undefined || until === undefined) {
    throw brokenAnswer(portal.oidcUrl, "RegisterClient", answer);
  }
  const expires = Math.min(until * 1000 - answer.skew, system.now() + longestLife * 1000);
  return { id, secret: new Secret(secret), expires, flow };
}

/** The URL where the person signs in; contains no secret. */
export function authorizeUrl(
  portal: Portal,
  { clientId, redirectUri, state, challenge }: {
    readonly clientId: string;
    readonly redirectUri: string;
    readonly state: string;
    /** SHA-256 of the verifier in base64url (RFC 7636, section 4.2). */
    readonly challenge: string;
  },
): string {
  const url = new URL(`${portal.oidcUrl}/authorize`);
  url.search = new URLSearchParams({
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    state,
    code_challenge_method: "S256",
    code_challenge: challenge,
    // AWS's name for RFC 6749's `scope`.
    scopes: scope,
  }).toString();
  return url.href;
}

/** Starts a device authorization; nothing if the client is no longer registered. */
export async function startDeviceAuthorization(
  system: CallSystem,
  http: Http,
  portal: Portal,
  client: PortalClient,
): Promise<DeviceAuthorization | undefined> {
  const action = "StartDeviceAuthorization";
  const answer = await call(system, http, portal, action, "/device_authorization", {
    clientId: client.id,
    clientSecret: client.secret.reveal(),
    startUrl: portal.startUrl,
  });
  if (noTokens(answer.code) === "invalid_client") return undefined;
  if (answer.code !== "") throw refusedByPortal(portal, action, answer);
  const { body } = answer;
  const deviceCode = tokenIn(body, "deviceCode", longestToken);
  const userCode = tokenIn(body, "userCode", 64);
  const url = tokenIn(body, "verificationUri", 2048);
  const urlWithCode = tokenIn(body, "verificationUriComplete", 2048) ?? url;
  if (deviceCode === undefined || userCode === undefined || url === undefined || !urlWithCode) {
    throw brokenAnswer(portal.oidcUrl, action, answer);
  }
  return {
    deviceCode: new Secret(deviceCode),
    userCode,
    url,
    urlWithCode,
    expiresIn: within(numberIn(body, "expiresIn") ?? 600, 30, 1800),
    interval: within(numberIn(body, "interval") ?? 5, 1, 60),
  };
}

/** Tokens, or why there are none. @throws {Failure} if neither waiting nor a sign-in helps */
export async function createToken(
  system: CallSystem,
  http: Http,
  portal: Portal,
  client: PortalClient,
  grant: TokenGrant,
): Promise<IssuedTokens | NoTokens> {
  const answer = await call(system, http, portal, "CreateToken", "/token", {
    clientId: client.id,
    clientSecret: client.secret.reveal(),
    ...grantFields(grant),
  });
  const none = noTokens(answer.code);
  if (none !== undefined) return none;
  if (answer.code !== "") throw refusedByPortal(portal, "CreateToken", answer);
  const accessToken = tokenIn(answer.body, "accessToken", longestToken);
  const refreshToken = tokenIn(answer.body, "refreshToken", longestToken);
  const expiresIn = numberIn(answer.body, "expiresIn");
  if (accessToken === undefined || expiresIn === undefined || expiresIn <= 0) {
    throw brokenAnswer(portal.oidcUrl, "CreateToken", answer);
  }
  return defined({
    accessToken: new Secret(accessToken),
    refreshToken: refreshToken === undefined ? undefined : new Secret(refreshToken),
    expires: system.now() + Math.min(expiresIn, longestLife) * 1000,
  });
}

function grantFields(grant: TokenGrant): Readonly<Record<string, string>> {
  switch (grant.kind) {
    case "code":
      return {
        grantType: "authorization_code",
        code: grant.code.reveal(),
        codeVerifier: grant.verifier.reveal(),
        redirectUri: grant.redirectUri,
      };
    case "device":
      return {
        grantType: "urn:ietf:params:oauth:grant-type:device_code",
        deviceCode: grant.deviceCode.reveal(),
      };
    case "refresh":
      return { grantType: "refresh_token", refreshToken: grant.refreshToken.reveal() };
  }
}

function noTokens(code: string): NoTokens | undefined {
  return oauthErrors.find((each) => each === oauthWord(code));
}

function within(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

async function call(
  system: CallSystem,
  http: Http,
  portal: Portal,
  action: string,
  path: string,
  body: Readonly<Record<string, unknown>>,
): Promise<JsonAnswer> {
  const url = portal.oidcUrl + path;
  const answer = await callJson(system, http, { action, method: "POST", url, body });
  if (action === "CreateToken" || noTokens(answer.code) !== "slow_down") return answer;
  throw new Failure(
    "aws-passing",
    `${new URL(url).host} received too many requests`,
    "try again in a minute",
  );
}
