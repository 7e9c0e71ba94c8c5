// AWS Sign-In for local development: OAuth with PKCE and DPoP, whose access token is a set of keys.
// https://docs.aws.amazon.com/signin/latest/APIReference/API_CreateOAuth2Token.html

import { accountOf, parsePrincipalArn } from "../model/arn.ts";
import {
  type ConsoleClient,
  type ConsoleEndpoint,
  consoleSignInUrl,
  type ProofKey,
} from "../model/console_sign_in.ts";
import type { Session } from "../model/credentials.ts";
import { Failure } from "../model/failure.ts";
import { isJsonObject, type JsonObject } from "../model/fields.ts";
import { Secret } from "../model/secret.ts";
import type { Http } from "../system/http.ts";
import type { System } from "../system/system.ts";
import { dpopProof } from "./dpop.ts";
import { issuedSession } from "./issued.ts";
import { callJson, type JsonAnswer } from "./json_call.ts";
import { numberIn, objectIn, tokenIn } from "./json_fields.ts";
import { brokenAnswer, requestWords } from "./sso_explain.ts";

export const callbackPath = "/oauth/callback";

const action = "CreateOAuth2Token";
/** Characters: a refresh token has up to 12,288, an identity token 4,096. */
const longestToken = 16 * 1024;
/** Milliseconds: AWS issues keys for 15 minutes, within a sign-in of 12 hours. */
const longestLife = 12 * 3600_000;

/** Where a person signs in, and how. */
export interface SignInPlace {
  readonly region: string;
  readonly endpoint: ConsoleEndpoint;
  readonly client: ConsoleClient;
}

export type ConsoleGrant =
  | {
    readonly kind: "code";
    readonly code: Secret;
    readonly verifier: Secret;
    readonly redirectUri: string;
  }
  | { readonly kind: "refresh"; readonly refreshToken: Secret; readonly arn: string };

export interface ConsoleTokens {
  readonly session: Session;
  readonly refreshToken: Secret;
}

/** Why a refresh token is no longer accepted: only another sign-in helps. */
export type SignInEnd = "expired" | "changed" | "invalid";

const ends: ReadonlyMap<string, SignInEnd> = new Map([
  ["TOKEN_EXPIRED", "expired"],
  ["USER_CREDENTIALS_CHANGED", "changed"],
  ["INVALID_REQUEST", "invalid"],
  ["invalid_request", "invalid"],
  ["invalid_grant", "invalid"],
]);

function clientId(client: ConsoleClient): string {
  return `arn:aws:signin:::devtools/${client}`;
}

/** The page that shows the code to copy. */
export function confirmationUrl(place: SignInPlace): string {
  return `${consoleSignInUrl(place)}/v1/sessions/confirmation`;
}

/** The URL where the person signs in; contains no secret. */
export function authorizeUrl(
  place: SignInPlace,
  { redirectUri, state, challenge }: {
    readonly redirectUri: string;
    readonly state: string;
    readonly challenge: string;
  },
): string {
  const url = new URL(`${consoleSignInUrl(place)}/v1/authorize`);
  url.search = new URLSearchParams({
    response_type: "code",
    client_id: clientId(place.client),
    state,
    // AWS's name for RFC 7636's S256.
    code_challenge_method: "SHA-256",
    scope: "openid",
    redirect_uri: redirectUri,
    code_challenge: challenge,
  }).toString();
  return url.href;
}

/**
 * Exchanges a grant for keys and the next refresh token, or returns why the sign-in has ended.
 *
 * @throws {Failure} if another sign-in does not help either
 */
export async function createToken(
  system: Pick<System, "now" | "monotonic" | "sleep" | "chance" | "trace" | "random">,
  http: Http,
  place: SignInPlace,
  key: ProofKey,
  grant: ConsoleGrant,
): Promise<ConsoleTokens | SignInEnd> {
  const url = `${consoleSignInUrl(place)}/v1/token`;
  const body = { clientId: clientId(place.client), ...grantFields(grant) };
  const begun = system.now();
  const ask = (skew: number) =>
    callJson(system, http, {
      service: "console sign-in",
      action,
      method: "POST",
      url,
      body,
      headers: async () => ({
        dpop: await dpopProof(key, {
          url,
          now: system.now() + skew,
          id: system.random(16).toHex(),
        }),
      }),
    });
  let answer = await ask(0);
  // The proof contains a time, which AWS rejects if the clock is wrong.
  if (answer.code !== "" && answer.skew !== 0) answer = await ask(answer.skew);
  const end = grant.kind === "refresh" ? ends.get(answer.code) : undefined;
  if (end !== undefined) return end;
  if (answer.code !== "") throw refused(url, answer);
  const arn = grant.kind === "refresh" ? grant.arn : subjectIn(answer.body);
  const refreshToken = tokenIn(answer.body, "refreshToken", longestToken);
  const session = arn === undefined ? undefined : sessionIn(answer, { arn, url, begun });
  if (refreshToken === undefined || !session) throw brokenAnswer(url, action, answer);
  return { session, refreshToken: new Secret(refreshToken) };
}

function grantFields(grant: ConsoleGrant): Readonly<Record<string, string>> {
  if (grant.kind === "refresh") {
    return { grantType: "refresh_token", refreshToken: grant.refreshToken.reveal() };
  }
  return {
    grantType: "authorization_code",
    code: grant.code.reveal(),
    codeVerifier: grant.verifier.reveal(),
    redirectUri: grant.redirectUri,
  };
}

/** The keys, with a lifetime counted from the request. */
function sessionIn(
  { body }: JsonAnswer,
  { arn, url, begun }: { readonly arn: string; readonly url: string; readonly begun: number },
): Session | undefined {
  const keys = objectIn(body, "accessToken") ?? {};
  const life = numberIn(body, "expiresIn");
  const session = issuedSession(
    {
      accessKeyId: tokenIn(keys, "accessKeyId", 128),
      secretAccessKey: tokenIn(keys, "secretAccessKey", longestToken),
      sessionToken: tokenIn(keys, "sessionToken", longestToken),
      expiration: life === undefined ? undefined : begun + life * 1000,
    },
    { host: new URL(url).host, action, now: begun, skew: 0, longestLife },
  );
  const account = accountOf(arn);
  return session && { ...session, arn, ...account === undefined ? {} : { account } };
}

/**
 * Whose sign-in it is, from the identity token. Its signature is not checked: it came from AWS's own
 * endpoint over TLS (OpenID Connect Core, section 3.1.3.7).
 */
function subjectIn(body: JsonObject): string | undefined {
  const parts = tokenIn(body, "idToken", longestToken)?.split(".") ?? [];
  try {
    const bytes = Uint8Array.fromBase64(parts[1] ?? "", { alphabet: "base64url" });
    const claims: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    const { sub } = isJsonObject(claims) ? claims : {};
    if (parts.length !== 3 || typeof sub !== "string") return undefined;
    parsePrincipalArn(sub);
    return sub;
  } catch {
    return undefined;
  }
}

interface RefusalRow {
  readonly failure?: "source";
  /** Completes `HOST refused ACTION: `, or is a whole sentence for `source`. */
  readonly why: string;
  readonly hint: string;
}

const refusals: ReadonlyMap<string, RefusalRow> = new Map([
  ["INSUFFICIENT_PERMISSIONS", {
    why: "the identity is not allowed to sign in for local development",
    hint: "ask an administrator to attach the AWS managed policy SignInLocalDevelopmentAccess, " +
      "which allows signin:AuthorizeOAuth2Access and signin:CreateOAuth2Token",
  }],
  ["AUTHCODE_EXPIRED", {
    failure: "source",
    why: "the authorization code expired before it was used",
    hint: "try again, and finish the sign-in within a few minutes",
  }],
  ["INVALID_REQUEST", {
    why: "the authorization code is not valid",
    hint: "try again, and use each code once",
  }],
]);

function refused(url: string, answer: JsonAnswer): Failure {
  const { code, status } = answer;
  const row = refusals.get(code);
  const end = requestWords(answer);
  if (row?.failure) return new Failure(row.failure, row.why + end, row.hint);
  const why = row?.why ??
    `${code.startsWith("HTTP") ? "without a reason" : code} (HTTP ${status})`;
  const networkHint = "access to the console may be limited to a network (VPC or IP addresses): " +
    "connect to it, or set --aws-login-endpoint-url to its VPC endpoint";
  return new Failure(
    "aws",
    `${new URL(url).host} refused ${action}: ${why}${end}`,
    row?.hint ?? (status === 403 ? networkHint : undefined),
  );
}
