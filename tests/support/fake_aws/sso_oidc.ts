/**
 * The OIDC service of IAM Identity Center, with the pages for a browser. It checks challenges,
 * states and redirects as the real one does; codes and refresh tokens work once.
 *
 * https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/Welcome.html
 *
 * @module
 */

import { AwsError, type Reply } from "./answers.ts";
import type { Incoming, Operation, Service, World } from "./service.ts";
import { newSsoSecret, type SsoClient, type SsoSignIn } from "./sso.ts";
import { authorizePage, devicePage } from "./sso_pages.ts";

const actions: ReadonlyMap<string, string> = new Map([
  ["POST /client/register", "RegisterClient"],
  ["POST /device_authorization", "StartDeviceAuthorization"],
  ["POST /token", "CreateToken"],
  ["GET /authorize", "Authorize"],
  ["GET /device", "VerifyDevice"],
]);

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code";
const accessScope = "sso:account:access";
/** The part of a body in the log of calls: no secrets. */
const shown = ["grantType", "clientName", "clientType", "startUrl", "issuerUrl", "redirectUri"];

function actionOf({ method, path }: Incoming): string | undefined {
  return actions.get(`${method} ${path}`);
}

function fields(incoming: Incoming): Readonly<Record<string, unknown>> {
  if (!(incoming.headers.get("content-type") ?? "").startsWith("application/json")) {
    throw new AwsError(400, "InvalidRequestException", "the body is not JSON");
  }
  const value: unknown = JSON.parse(new TextDecoder().decode(incoming.body));
  if (typeof value !== "object" || value === null) throw invalid("the body is no object");
  return value as Readonly<Record<string, unknown>>;
}

function describe(incoming: Incoming): Operation {
  const action = actionOf(incoming) ?? "";
  if (incoming.method === "GET") {
    const { state: _, ...params } = Object.fromEntries(new URLSearchParams(incoming.query));
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
  return new AwsError(400, "InvalidRequestException", message);
}

function text(body: Readonly<Record<string, unknown>>, name: string): string {
  const value = body[name];
  if (typeof value !== "string" || value === "") throw invalid(`${name} is missing`);
  return value;
}

function texts(body: Readonly<Record<string, unknown>>, name: string): string[] | undefined {
  const value = body[name];
  if (value === undefined) return undefined;
  const good = Array.isArray(value) && value.every((each) => typeof each === "string");
  if (!good) throw invalid(`${name} is not a list of texts`);
  return value;
}

function registerClient({ sso, now }: World, body: Readonly<Record<string, unknown>>) {
  text(body, "clientName");
  if (text(body, "clientType") !== "public") {
    throw new AwsError(400, "InvalidClientMetadataException", "clientType must be public");
  }
  const scopes = texts(body, "scopes") ?? [];
  if (scopes.some((scope) => scope !== accessScope)) {
    throw new AwsError(400, "InvalidScopeException", "unknown scope");
  }
  const grantTypes = texts(body, "grantTypes") ?? [deviceGrant, "refresh_token"];
  const redirectUris = texts(body, "redirectUris") ?? [];
  if (grantTypes.includes("authorization_code")) {
    if (text(body, "issuerUrl") !== sso.startUrl) throw invalid("unknown issuerUrl");
    if (redirectUris.length !== 1 || redirectUris[0] !== "http://127.0.0.1/oauth/callback") {
      throw new AwsError(400, "InvalidRedirectUriException", "redirect to a loopback address");
    }
  }
  const client: SsoClient = {
    id: crypto.getRandomValues(new Uint8Array(16)).toBase64({ alphabet: "base64url" }),
    secret: newSsoSecret(sso, "eyJraWQiOiJrZXktMTU2NDAyODA5OSIs", 600),
    grantTypes,
    redirectUris,
    scopes,
    expiresAt: now() + 90 * 24 * 3600_000,
  };
  sso.clients.set(client.id, client);
  return {
    clientId: client.id,
    clientSecret: client.secret,
    clientIdIssuedAt: Math.floor(now() / 1000),
    clientSecretExpiresAt: Math.floor(client.expiresAt / 1000),
  };
}

function clientOf({ sso, now }: World, body: Readonly<Record<string, unknown>>): SsoClient {
  const client = sso.clients.get(text(body, "clientId"));
  if (client?.secret !== text(body, "clientSecret") || client.expiresAt <= now()) {
    throw new AwsError(401, "InvalidClientException", "unknown client");
  }
  return client;
}

function startDevice(world: World, body: Readonly<Record<string, unknown>>, incoming: Incoming) {
  const { sso, now } = world;
  const client = clientOf(world, body);
  if (text(body, "startUrl") !== sso.startUrl) throw invalid("unknown startUrl");
  const letters = "BCDFGHJKLMNPQRSTVWXZ";
  const random = crypto.getRandomValues(new Uint8Array(8));
  const code = Array.from(random, (byte) => letters[byte % letters.length]).join("");
  const userCode = `${code.slice(0, 4)}-${code.slice(4)}`;
  const deviceCode = newSsoSecret(sso, "", 64);
  const expiresAt = now() + 1000 * sso.deviceLife;
  sso.devices.set(deviceCode, {
    clientId: client.id,
    userCode,
    expiresAt,
    state: sso.person === "elsewhere" ? "approved" : "pending",
    polled: -Infinity,
  });
  const host = incoming.headers.get("host") ?? "";
  const page = `${host.startsWith("127.") ? "http" : "https"}://${host}/device`;
  return {
    deviceCode,
    userCode,
    verificationUri: page,
    verificationUriComplete: `${page}?user_code=${userCode}`,
    expiresIn: sso.deviceLife,
    interval: 1,
  };
}

async function createToken(world: World, body: Readonly<Record<string, unknown>>) {
  const client = clientOf(world, body);
  const grantType = text(body, "grantType");
  if (!client.grantTypes.includes(grantType)) {
    throw new AwsError(400, "UnauthorizedClientException", "not registered for this grant");
  }
  const signIn = await signInBy(world, client, grantType, body);
  return tokens(world, client, signIn);
}

const invalidGrant = () => new AwsError(400, "InvalidGrantException", "Invalid grant provided");

async function signInBy(
  { sso, now }: World,
  client: SsoClient,
  grantType: string,
  body: Readonly<Record<string, unknown>>,
): Promise<SsoSignIn> {
  if (grantType === "refresh_token") {
    const token = sso.refreshTokens.get(text(body, "refreshToken"));
    if (!token || token.used || token.signIn.revoked || token.clientId !== client.id) {
      throw invalidGrant();
    }
    token.used = true;
    return token.signIn;
  }
  if (grantType === deviceGrant) {
    const device = sso.devices.get(text(body, "deviceCode"));
    if (!device || device.clientId !== client.id) throw invalidGrant();
    if (device.expiresAt <= now()) throw new AwsError(400, "ExpiredTokenException", "too late");
    const since = now() - device.polled;
    device.polled = now();
    // A client that polls faster than the interval gets `slow_down`, by the machine's clock.
    if (since < 900 || sso.slowDowns > 0) {
      sso.slowDowns = Math.max(0, sso.slowDowns - 1);
      throw new AwsError(400, "SlowDownException", "too fast");
    }
    if (device.state === "denied") throw new AwsError(400, "AccessDeniedException", "denied");
    if (device.state === "pending" || sso.pendings > 0) {
      sso.pendings = Math.max(0, sso.pendings - 1);
      throw new AwsError(400, "AuthorizationPendingException", "pending");
    }
    sso.devices.delete(text(body, "deviceCode"));
    return { revoked: false };
  }
  const code = sso.codes.get(text(body, "code"));
  const verifier = text(body, "codeVerifier");
  sso.secrets.add(verifier);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  const challenge = new Uint8Array(digest).toBase64({ alphabet: "base64url", omitPadding: true });
  const fits = code && !code.used && code.expiresAt > now() && code.clientId === client.id &&
    code.challenge === challenge && code.redirectUri === text(body, "redirectUri") &&
    /^[A-Za-z0-9._~-]{43,128}$/.test(verifier);
  if (!fits) throw invalidGrant();
  code.used = true;
  return { revoked: false };
}

function tokens({ sso, now }: World, client: SsoClient, signIn: SsoSignIn) {
  const accessToken = newSsoSecret(sso, "aoaAAAAAG", 900);
  sso.accessTokens.set(accessToken, { signIn, expiresAt: now() + 1000 * sso.tokenLife });
  const withRefresh = sso.refreshes && client.scopes.includes(accessScope) &&
    client.grantTypes.includes("refresh_token");
  const refreshToken = withRefresh ? newSsoSecret(sso, "aorAAAAAG", 900) : undefined;
  if (refreshToken !== undefined) {
    sso.refreshTokens.set(refreshToken, { clientId: client.id, signIn, used: false });
  }
  return {
    accessToken,
    tokenType: "Bearer",
    expiresIn: sso.tokenLife,
    ...refreshToken !== undefined && { refreshToken },
  };
}

/** The OIDC service. */
export const ssoOidc: Service = {
  service: "sso-oauth",
  claims: (incoming) => actionOf(incoming) !== undefined,
  describe,
  async handle(incoming, world, reply) {
    const action = actionOf(incoming);
    if (action === "Authorize") return authorizePage(incoming, world);
    if (action === "VerifyDevice") return devicePage(incoming, world);
    const body = fields(incoming);
    if (action === "RegisterClient") return json(registerClient(world, body), reply);
    if (action === "StartDeviceAuthorization") {
      return json(startDevice(world, body, incoming), reply);
    }
    return json(await createToken(world, body), reply);
  },
  refuse: (error, reply) =>
    json(
      { error: oauthWord(error.code), error_description: error.message },
      reply,
      error.status,
      error.code,
    ),
};

/** `SlowDownException` is OAuth's `slow_down`. */
function oauthWord(code: string): string {
  return code.replace(/Exception$/, "").replace(/(?<=[a-z])(?=[A-Z])/g, "_").toLowerCase();
}

/** A response in the format of both services. */
export function json(body: object, reply: Reply, status = 200, code?: string): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      "content-type": "application/json",
      "date": new Date(reply.now).toUTCString(),
      "x-amzn-requestid": reply.requestId,
      ...code !== undefined && { "x-amzn-errortype": code },
    },
  });
}
