import { portalBehind } from "../aws/vanity_url.ts";
import { onFailure } from "../model/failure.ts";
import { defined } from "../model/fields.ts";
import { regionPartition } from "../model/partitions.ts";
import type { IdentityCenterSource } from "../model/profile.ts";
import { isAwsPortal, parseStartUrl, regionInStartUrl } from "../model/start_url.ts";
import type { Values } from "../line/values.ts";
import type { Http } from "../system/http.ts";
import type { System } from "../system/system.ts";
import { trustedPem } from "../system/trusted_pem.ts";

/** What is known about a portal's location. */
export type PortalPlace =
  & Pick<IdentityCenterSource, "startUrl">
  & Partial<Pick<IdentityCenterSource, "region" | "oidcEndpointUrl">>;

/**
 * The URL that AWS knows the portal by, so that all profiles of a portal share its sign-in, and the
 * region if the URL names it. Only an organization's own URL takes a request.
 *
 * @throws {Failure} `source`, `network`, `tls` if that URL leads to no portal
 */
export async function locatePortal(
  system: System,
  { startUrl, oidcEndpointUrl, region }: PortalPlace,
  connect: (url: string) => Promise<Http>,
): Promise<Omit<PortalPlace, "oidcEndpointUrl">> {
  if (isAwsPortal(startUrl) || isIsolated(region)) {
    return defined({ startUrl, region: region ?? regionInStartUrl(startUrl) });
  }
  using http = await connect(startUrl);
  const asked = portalBehind(system, http, startUrl);
  // Another OIDC endpoint may have other start URLs.
  const found = await (oidcEndpointUrl === undefined ? asked : asked.catch(onFailure(undefined)));
  if (found === undefined) return defined({ startUrl, region });
  system.say(`athm: ${startUrl} redirects to the access portal ${found}`);
  // The redirect may have moved to another region, so it is newer than any setting.
  return defined({ startUrl: found, region: regionInStartUrl(found) ?? region });
}

/** Their portals have other, non-public hosts. */
function isIsolated(region: string | undefined): boolean {
  return region !== undefined && regionPartition(region, "--sso-region").id.startsWith("aws-iso");
}

/** The options with the portal's place, as if typed. @throws {Failure} as `locatePortal`, `usage` */
export async function withPlace(values: Values, system: System): Promise<Values> {
  const typed = values.text("sso-start-url");
  if (typed === undefined) return values;
  const [region, oidcEndpointUrl] = [
    values.text("sso-region"),
    values.text("sso-oidc-endpoint-url"),
  ];
  const place = defined({ startUrl: parseStartUrl(typed), region, oidcEndpointUrl });
  const caBundle = values.text("ca-bundle");
  const network = defined({ caBundle: caBundle && system.files.absolute(caBundle) });
  const found = await locatePortal(
    system,
    place,
    (url) => system.http(url, trustedPem(system, { network })),
  );
  const all = values.with("sso-start-url", found.startUrl);
  return found.region === undefined ? all : all.with("sso-region", found.region);
}
