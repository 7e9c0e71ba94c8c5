import {
  authorizeUrl,
  callbackPath,
  createToken,
  type DeviceAuthorization,
  type IssuedTokens,
  type NoTokens,
  startDeviceAuthorization,
} from "../aws/sso_oidc.ts";
import { Failure } from "../model/failure.ts";
import type { Portal, PortalClient } from "../model/portal.ts";
import type { Http } from "../system/http.ts";
import type { System } from "../system/system.ts";
import { newPkce, newState, openCallback } from "../signin/portal/callback.ts";
import { checkedAddress } from "../system/browser.ts";

/** Milliseconds for a person to enter a password, a second factor and a consent. */
const patience = 10 * 60_000;

const waiting = "waiting for you to sign in";

const slowDown = 5;

/** By the flow that the client is registered for. @throws {Failure} `source` if not finished */
export function askPerson(
  system: System,
  http: Http,
  portal: Portal,
  client: PortalClient,
): Promise<IssuedTokens | NoTokens> {
  return client.flow === "browser"
    ? byBrowser(system, http, portal, client)
    : byCode(system, http, portal, client);
}

/** The authorization code grant with PKCE and a loopback redirect (RFC 8252). */
async function byBrowser(
  system: System,
  http: Http,
  portal: Portal,
  client: PortalClient,
): Promise<IssuedTokens | NoTokens> {
  const state = newState(system);
  const { verifier, challenge } = await newPkce(system);
  const callback = openPort(system, state);
  try {
    const { port } = callback;
    const address = checkedAddress(
      authorizeUrl(portal, { clientId: client.id, port, state, challenge }),
    );
    const answering = callback.answer(patience);
    answering.catch(() => {}); // awaited below
    await system.terminal.tell(
      `athm: sign in to ${portal.startUrl} in the browser that opens, or open\n` +
        `athm:   ${address}\n` +
        `athm: waiting for ${
          patience / 60_000
        } minutes; --sso-device-code signs in on another machine`,
    );
    // No error if no browser opens: the URL was printed.
    if (!await system.browser.open(address)) {
      await system.terminal.tell("athm: could not open a browser: open the URL yourself");
    }
    const answer = await system.busy(waiting, () => answering);
    if ("error" in answer) return denial(portal, answer.error);
    const grant = { kind: "code", code: answer.code, verifier, port } as const;
    return await createToken(system, http, portal, client, grant);
  } finally {
    await callback.close();
  }
}

function openPort(system: System, state: string) {
  try {
    return openCallback(system, callbackPath, state);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "network") throw error;
    throw new Failure(
      "network",
      `cannot receive the browser's callback: ${error.message}`,
      "use --sso-device-code to sign in without a port",
      { cause: error },
    );
  }
}

function denial({ startUrl }: Portal, error: string): "access_denied" {
  if (error === "access_denied") return error;
  throw new Failure(
    "source",
    `the sign-in page of ${startUrl} returned ${error}`,
    "try again, or use --sso-device-code",
  );
}

/** The device authorization grant (RFC 8628). */
async function byCode(
  system: System,
  http: Http,
  portal: Portal,
  client: PortalClient,
): Promise<IssuedTokens | NoTokens> {
  const device = await startDeviceAuthorization(system, http, portal, client);
  if (!device) return "invalid_client";
  const { deviceCode, expiresIn } = device;
  await show(system, portal, device);
  const end = system.now() + Math.min(expiresIn * 1000, patience);
  let { interval } = device;
  while (system.now() < end) {
    await system.busy(waiting, () => system.sleep(interval * 1000));
    const grant = { kind: "device", deviceCode } as const;
    // Retry after network errors: the person may still be typing.
    const answer = await createToken(system, http, portal, client, grant).catch((error) => {
      if (error instanceof Failure && error.passing) return "slow_down" as const;
      throw error;
    });
    if (answer === "slow_down") interval += slowDown;
    else if (answer !== "authorization_pending") return answer;
  }
  return "expired_token";
}

async function show(
  system: System,
  { startUrl }: Portal,
  { url, urlWithCode, userCode, expiresIn }: DeviceAuthorization,
): Promise<void> {
  const [plain, filled] = [url, urlWithCode].map(checkedAddress);
  const minutes = Math.max(1, Math.round(Math.min(expiresIn * 1000, patience) / 60_000));
  await system.terminal.tell(
    `athm: sign in to ${startUrl}: on any machine, open\n` +
      `athm:   ${plain}\n` +
      `athm: and enter the code ${userCode}, or open ${filled} and compare the code\n` +
      `athm: waiting for ${minutes} ${minutes === 1 ? "minute" : "minutes"}`,
  );
  if (filled !== undefined && await system.browser.isThere()) await system.browser.open(filled);
}
