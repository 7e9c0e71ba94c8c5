/**
 * The Identity Center's pages in a browser: the consent page, and the one for a device code. The
 * user acts at once, as `Sso.person` says.
 *
 * @module
 */

import type { Incoming, World } from "./service.ts";
import { newSsoSecret } from "./sso.ts";

/** The authorization endpoint (RFC 6749, section 4.1.1, with RFC 7636). */
export function authorizePage(incoming: Incoming, { sso, now }: World): Response {
  const query = new URLSearchParams(incoming.query);
  const value = (name: string) => {
    const all = query.getAll(name);
    return all.length === 1 ? all[0] ?? "" : "";
  };
  const client = sso.clients.get(value("client_id"));
  const redirect = URL.parse(value("redirect_uri"));
  // RFC 8252, section 7.3: any port of the loopback address that was registered without one.
  const bare = redirect && `${redirect.protocol}//${redirect.hostname}${redirect.pathname}`;
  if (!client || !redirect || !client.redirectUris.includes(bare ?? "") || redirect.port === "") {
    return page(400, "unknown client or redirect");
  }
  const wrong = value("response_type") !== "code" || value("state").length < 16 ||
    value("code_challenge_method") !== "S256" || value("scopes") !== "sso:account:access" ||
    !/^[A-Za-z0-9_-]{43}$/.test(value("code_challenge"));
  if (wrong) return page(400, "the request is not one");
  if (sso.person === "away") return page(200, "Sign in");
  const state = sso.person === "wrong-state" ? "x".repeat(43) : value("state");
  if (sso.person === "no") return back(redirect, { error: "access_denied", state });
  if (sso.person === "broken") return back(redirect, { error: "server_error", state });
  const code = newSsoSecret(sso, "eyJraWQiOiJrZXktMTU2", 1200);
  sso.codes.set(code, {
    clientId: client.id,
    challenge: value("code_challenge"),
    redirectUri: value("redirect_uri"),
    expiresAt: now() + 600_000,
    used: false,
  });
  return back(redirect, { code, state });
}

/** The page for entering a device code. */
export function devicePage(incoming: Incoming, { sso }: World): Response {
  const userCode = new URLSearchParams(incoming.query).get("user_code");
  const device = [...sso.devices.values()].find((each) => each.userCode === userCode);
  if (!device) return page(404, "unknown code");
  if (sso.person === "no") device.state = "denied";
  else if (sso.person !== "away") device.state = "approved";
  return page(200, "Request approved");
}

function back(redirect: URL, values: Readonly<Record<string, string>>): Response {
  const location = `${redirect.href}?${new URLSearchParams(values)}`;
  return new Response(null, { status: 302, headers: { location } });
}

function page(status: number, title: string): Response {
  const html = `<!doctype html><title>${title}</title><h1>${title}</h1>`;
  return new Response(html, { status, headers: { "content-type": "text/html" } });
}
