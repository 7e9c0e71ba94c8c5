/**
 * The OAuth endpoints of AWS Sign-In, with the pages for a browser. They check client IDs,
 * redirects, PKCE and DPoP (with `jose`) as the real ones do; codes and refresh tokens work once.
 *
 * https://docs.aws.amazon.com/signin/latest/APIReference/API_CreateOAuth2Token.html
 *
 * @module
 */

import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from "jose";
import { issue } from "./accounts.ts";
import { AwsError, type Reply } from "./answers.ts";
import type { Incoming, Operation, Service, World } from "./service.ts";
import { newSigninSecret, type SigninSession } from "./signin.ts";
import { json } from "./sso_oidc.ts";

const sameDevice = "arn:aws:signin:::devtools/same-device";
const crossDevice = "arn:aws:signin:::devtools/cross-device";
const confirmation = "/v1/sessions/confirmation";

const actions: ReadonlyMap<string, string> = new Map([
  ["GET /v1/authorize", "AuthorizeOAuth2Access"],
  [`GET ${confirmation}`, "ShowCode"],
  ["POST /v1/token", "CreateOAuth2Token"],
]);

/** Lifetime of a code in milliseconds. */
const codeLife = 10 * 60_000;
/** Milliseconds after which the person has to sign in again. */
const sessionLife = 12 * 3600_000;
/** Seconds by which a proof's clock may differ. */
const proofSkew = 300;

function actionOf({ method, path }: Incoming): string | undefined {
  return actions.get(`${method} ${path}`);
}

type Fields = Readonly<Record<string, unknown>>;

function fields(incoming: Incoming): Fields {
  if (!(incoming.headers.get("content-type") ?? "").startsWith("application/json")) {
    throw invalid("the body is not JSON");
  }
  const value: unknown = JSON.parse(new TextDecoder().decode(incoming.body));
  if (typeof value !== "object" || value === null) throw invalid("the body is no object");
  return value as Fields;
}

/** The part of a request in the log of calls: no secrets. */
const shown = ["clientId", "grantType", "redirectUri"];

function describe(incoming: Incoming): Operation {
  const action = actionOf(incoming) ?? "";
  if (incoming.method === "GET") {
    const { state: _, code: __, ...params } = Object.fromEntries(
      new URLSearchParams(incoming.query),
    );
    return { action, params };
  }
  try {
    const all = Object.entries(fields(incoming)).filter(([name]) => shown.includes(name));
    return { action, params: Object.fromEntries(all.map(([name, value]) => [name, `${value}`])) };
  } catch {
    return { action, params: {} };
  }
}

function invalid(message: string): AwsError {
  return new AwsError(400, "INVALID_REQUEST", message);
}

function denied(code: string): AwsError {
  return new AwsError(403, code, "Access denied");
}

function text(body: Fields, name: string): string {
  const value = body[name];
  if (typeof value !== "string" || value === "") throw invalid(`${name} is missing`);
  return value;
}

/** The authorization endpoint: the user acts at once, as `Signin.person` says. */
function authorizePage(incoming: Incoming, { signin, now }: World): Response {
  const query = new URLSearchParams(incoming.query);
  const value = (name: string) => {
    const all = query.getAll(name);
    return all.length === 1 ? all[0] ?? "" : "";
  };
  const clientId = value("client_id");
  const redirect = URL.parse(value("redirect_uri"));
  const host = incoming.headers.get("host") ?? "";
  const isLoopback = redirect?.protocol === "http:" && redirect.hostname === "127.0.0.1" &&
    redirect.port !== "" && redirect.pathname === "/oauth/callback" && redirect.search === "";
  const isHere = redirect?.host === host && redirect.pathname === confirmation;
  const fits = clientId === sameDevice ? isLoopback : clientId === crossDevice && isHere;
  if (!redirect || !fits) return page(400, "unknown client or redirect");
  const wrong = value("response_type") !== "code" || value("scope") !== "openid" ||
    value("state").length < 16 || value("code_challenge_method") !== "SHA-256" ||
    !/^[A-Za-z0-9_-]{43}$/.test(value("code_challenge"));
  if (wrong) return page(400, "the request is not one");
  if (signin.person === "away") return page(200, "Sign in");
  const state = signin.person === "wrong-state" ? "x".repeat(43) : value("state");
  if (signin.person === "no") return back(redirect, { error: "access_denied", state });
  if (signin.person === "broken") return back(redirect, { error: "server_error", state });
  const code = newSigninSecret(signin, "", 120);
  signin.codes.set(code, {
    clientId,
    challenge: value("code_challenge"),
    redirectUri: value("redirect_uri"),
    principal: signin.principal,
    expiresAt: now() + codeLife,
    used: false,
  });
  return back(redirect, { code, state });
}

/** The page with the code to copy. */
function confirmationPage({ query }: Incoming, { signin }: World): Response {
  const values = new URLSearchParams(query);
  const text = `state=${values.get("state")}&code=${values.get("code")}`;
  const code = btoa(text);
  signin.secrets.add(code);
  return page(200, values.has("code") ? "Copy this code" : "Access denied", code);
}

function back(redirect: URL, values: Readonly<Record<string, string>>): Response {
  const location = `${redirect.href}?${new URLSearchParams(values)}`;
  return new Response(null, { status: 302, headers: { location } });
}

function page(status: number, title: string, code = ""): Response {
  const html = `<!doctype html><title>${title}</title><h1>${title}</h1><code>${code}</code>`;
  return new Response(html, { status, headers: { "content-type": "text/html" } });
}

/** Verifies the proof of possession (RFC 9449, section 4.3); returns its key's thumbprint. */
async function proofOf(incoming: Incoming, { signin, now }: World): Promise<string> {
  const proof = incoming.headers.get("dpop") ?? "";
  const verified = await jwtVerify(proof, EmbeddedJWK, {
    algorithms: ["ES256"],
    typ: "dpop+jwt",
    requiredClaims: ["iat", "jti", "htm", "htu"],
    clockTolerance: proofSkew,
    maxTokenAge: proofSkew,
    currentDate: new Date(now()),
  }).catch((error) => {
    throw invalid(`the DPoP proof is not valid: ${error.message}`);
  });
  const { payload, protectedHeader: { jwk } } = verified;
  const place = URL.parse(`${payload.htu}`);
  const fits = payload.htm === incoming.method && place?.pathname === incoming.path &&
    place.host === incoming.headers.get("host") && place.search === "" &&
    jwk?.crv === "P-256" && !("d" in jwk) && !proof.includes("=");
  if (!fits) throw invalid("the DPoP proof is for another request");
  if (signin.proofs.has(`${payload.jti}`)) throw invalid("the DPoP proof was used before");
  signin.proofs.add(`${payload.jti}`);
  return await calculateJwkThumbprint(jwk ?? {});
}

async function createToken(world: World, incoming: Incoming): Promise<object> {
  const body = fields(incoming);
  const clientId = text(body, "clientId");
  if (clientId !== sameDevice && clientId !== crossDevice) throw invalid("unknown clientId");
  const thumbprint = await proofOf(incoming, world);
  const grantType = text(body, "grantType");
  if (grantType === "authorization_code") {
    const session = await redeemed(world, body, clientId, thumbprint);
    return { ...tokens(world, session), idToken: idToken(world, session) };
  }
  if (grantType !== "refresh_token") throw invalid("unknown grantType");
  return tokens(world, refreshed(world, body, clientId, thumbprint));
}

const noGrant = () =>
  invalid("The provided authorization grant is invalid, expired, revoked, or malformed");

async function redeemed(
  { signin, now }: World,
  body: Fields,
  clientId: string,
  thumbprint: string,
): Promise<SigninSession> {
  const code = signin.codes.get(text(body, "code"));
  const verifier = text(body, "codeVerifier");
  signin.secrets.add(verifier);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  const challenge = new Uint8Array(digest).toBase64({ alphabet: "base64url", omitPadding: true });
  const fits = code && !code.used && code.clientId === clientId && code.challenge === challenge &&
    code.redirectUri === text(body, "redirectUri") && /^[A-Za-z0-9._~-]{43,128}$/.test(verifier);
  if (!fits) throw noGrant();
  if (code.expiresAt <= now()) throw denied("AUTHCODE_EXPIRED");
  code.used = true;
  return { clientId, thumbprint, principal: code.principal, endsAt: now() + sessionLife };
}

function refreshed(
  { signin, now }: World,
  body: Fields,
  clientId: string,
  thumbprint: string,
): SigninSession {
  const token = signin.refreshTokens.get(text(body, "refreshToken"));
  const { session } = token ?? {};
  if (!token || !session || token.used) throw noGrant();
  if (session.clientId !== clientId || session.thumbprint !== thumbprint) throw noGrant();
  if (session.endsAt <= now()) throw denied("TOKEN_EXPIRED");
  token.used = true;
  return session;
}

function tokens(world: World, session: SigninSession): object {
  const { accounts, signin, now, sessionLifetime } = world;
  const life = sessionLifetime(900);
  const issued = issue(accounts, session.principal, now() + 1000 * life);
  const refreshToken = newSigninSecret(signin, "", 1200);
  signin.refreshTokens.set(refreshToken, { session, used: false });
  const { accessKeyId, secretAccessKey, sessionToken } = issued;
  return {
    accessToken: { accessKeyId, secretAccessKey, sessionToken },
    tokenType: "aws_sigv4",
    expiresIn: life,
    refreshToken,
  };
}

/** The identity; athm gets it over TLS and has no key to verify it. */
function idToken({ now, signin }: World, { clientId, principal }: SigninSession): string {
  const part = (value: object) =>
    new TextEncoder().encode(JSON.stringify(value)).toBase64({
      alphabet: "base64url",
      omitPadding: true,
    });
  const issuedAt = Math.floor(now() / 1000);
  const claims = {
    sub: principal.arn,
    aud: clientId,
    iss: "https://signin.aws.amazon.com/signin",
    session_arn: principal.arn,
    iat: issuedAt,
    exp: issuedAt + 900,
  };
  const signature = crypto.getRandomValues(new Uint8Array(96))
    .toBase64({ alphabet: "base64url", omitPadding: true });
  const token = [part({ alg: "ES384", typ: "JWT" }), part(claims), signature].join(".");
  signin.secrets.add(token);
  return token;
}

const exceptions: Readonly<Record<number, string>> = {
  400: "ValidationException",
  403: "AccessDeniedException",
  429: "TooManyRequestsError",
  500: "InternalServerException",
};

/** AWS Sign-In. */
export const signinOauth: Service = {
  service: "signin",
  claims: (incoming) => actionOf(incoming) !== undefined,
  describe,
  async handle(incoming, world, reply: Reply) {
    const action = actionOf(incoming);
    if (action === "AuthorizeOAuth2Access") return authorizePage(incoming, world);
    if (action === "ShowCode") return confirmationPage(incoming, world);
    return json(await createToken(world, incoming), reply);
  },
  refuse: (error, reply) =>
    json(
      { error: error.code, message: error.message },
      reply,
      error.status,
      exceptions[error.status] ?? error.code,
    ),
};
