import { isFresh } from "../model/credentials.ts";
import { defined } from "../model/fields.ts";
import {
  type Portal,
  type PortalClient,
  type PortalFlow,
  portalKey,
  type PortalTokens,
} from "../model/portal.ts";
import { createToken, type IssuedTokens, type NoTokens, registerClient } from "../aws/sso_oidc.ts";
import { Failure, promptsDisabled } from "../model/failure.ts";
import type { Secret } from "../model/secret.ts";
import type { Http } from "../system/http.ts";
import type { System } from "../system/system.ts";
import type { ProofContext } from "./source.ts";

/** Milliseconds of life below which an access token is refreshed, as in the AWS CLI. */
const refreshAhead = 15 * 60_000;

/** Milliseconds of life required to use a token that cannot be refreshed. */
const leastLife = 60_000;

/** Milliseconds of life that a client registration needs for a sign-in. */
const clientLife = 60 * 60_000;

export interface PortalContext extends Pick<ProofContext, "system" | "proofs" | "http"> {
  /** Never open a browser on this machine. */
  readonly deviceCode: boolean;
  /** The command to run when prompts are disabled. */
  readonly hint: string;
}

/**
 * Kept, refreshed, or from a new sign-in, shared by all profiles and processes.
 * @param rejected an access token that the portal rejected
 * @throws {Failure} `needs-person`, `source`, or what the portal refuses
 */
export async function portalTokens(
  context: PortalContext,
  portal: Portal,
  rejected?: Secret,
): Promise<PortalTokens> {
  const { system, proofs } = context;
  const isRejected = ({ accessToken }: PortalTokens) => accessToken.reveal() === rejected?.reveal();
  return await proofs.get("portals", portalKey(portal), {
    good: (kept) => !isRejected(kept) && isFresh(kept, system.now(), refreshAhead),
    make: async (kept) => {
      const usable = kept && !isRejected(kept) && isFresh(kept, system.now(), leastLife);
      return await renewed(context, portal, kept, usable ? kept : undefined);
    },
  });
}

/** Refreshed tokens, else `usable`, else tokens of a new sign-in. */
async function renewed(
  context: PortalContext,
  portal: Portal,
  kept: PortalTokens | undefined,
  usable: PortalTokens | undefined,
): Promise<PortalTokens> {
  using http = await context.http(portal.oidcUrl);
  if (kept?.refreshToken && kept.client.expires > context.system.now()) {
    const grant = { kind: "refresh", refreshToken: kept.refreshToken } as const;
    const asked = createToken(context.system, http, portal, kept.client, grant);
    const answer = await asked.catch((error) => {
      if (!(error instanceof Failure) || !error.passing && error.code !== "aws") throw error;
      // Use a token that is valid for some minutes, whatever the reason of the failure.
      if (usable) return usable;
      if (error.passing) throw error;
      // A new sign-in works whatever the reason.
      context.system.trace("portal refuses to refresh", { why: error.message });
      return "invalid_grant" as const;
    });
    if (typeof answer !== "string") {
      if (answer === usable) return usable;
      context.system.trace("portal refreshed", { portal: portal.startUrl });
      return tokensOf(context.system, portal, kept.client, answer, kept.refreshToken);
    }
    context.system.trace("portal not refreshed", { portal: portal.startUrl, why: answer });
  }
  return usable ?? await signedIn(context, http, portal, kept?.client);
}

async function signedIn(
  context: PortalContext,
  http: Http,
  portal: Portal,
  known: PortalClient | undefined,
): Promise<PortalTokens> {
  const { system, hint } = context;
  if (!system.terminal.canAsk) {
    throw promptsDisabled(`the access portal ${portal.startUrl} requires a sign-in`, hint);
  }
  const flow: PortalFlow = context.deviceCode || !await system.browser.isThere()
    ? "device"
    : "browser";
  const { askPerson } = await import("./portal_sign_in.ts");
  const usable = known?.flow === flow && known.expires - system.now() > clientLife;
  let client = usable ? known : await registerClient(system, http, portal, flow);
  let answer = await askPerson(system, http, portal, client);
  if (answer === "invalid_client" && usable) {
    // AWS no longer knows the client: register again, once.
    client = await registerClient(system, http, portal, flow);
    answer = await askPerson(system, http, portal, client);
  }
  if (typeof answer === "string") throw notSignedIn(portal, flow, answer);
  system.trace("portal signed in", { portal: portal.startUrl, flow });
  return tokensOf(system, portal, client, answer);
}

function tokensOf(
  system: System,
  portal: Portal,
  client: PortalClient,
  { accessToken, expires, refreshToken }: IssuedTokens,
  earlier?: Secret,
): PortalTokens {
  // RFC 6749, section 6: without a new refresh token, keep the old one.
  const next = defined({ refreshToken: refreshToken ?? earlier });
  return { portal, client, accessToken, expires, issued: system.now(), ...next };
}

const again = "try again; nothing was saved";

function notSignedIn({ startUrl }: Portal, flow: PortalFlow, why: NoTokens): Failure {
  if (why === "access_denied") {
    return new Failure(
      "source",
      `the sign-in at ${startUrl} was denied`,
      "approve athm's request on the page that opens, signed in as the user who has the roles",
    );
  }
  if (why === "expired_token") {
    return new Failure("source", `the code for ${startUrl} expired before it was used`, again);
  }
  if (why === "invalid_client") {
    return new Failure("aws", `the access portal ${startUrl} no longer recognizes athm`, again);
  }
  const way = flow === "browser" ? "the authorization code" : "the device code";
  return new Failure("aws", `the access portal ${startUrl} rejected ${way} (${why})`, again);
}
