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
import { patience, signInByBrowser, waiting } from "../signin/portal/in_browser.ts";
import { checkedAddress } from "../system/browser.ts";

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

async function byBrowser(
  system: System,
  http: Http,
  portal: Portal,
  client: PortalClient,
): Promise<IssuedTokens | NoTokens> {
  const answer = await signInByBrowser(system, {
    title: portal.startUrl,
    elsewhere: "--sso-device-code",
    path: callbackPath,
    address: (made) => authorizeUrl(portal, { clientId: client.id, ...made }),
  });
  if (answer === "access_denied") return answer;
  return await createToken(system, http, portal, client, { kind: "code", ...answer });
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
