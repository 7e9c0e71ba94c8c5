import { defined } from "../../../model/fields.ts";
import { Failure, onFailure, usage } from "../../../model/failure.ts";
import {
  endpointsBehind,
  type Portal,
  portalCommand,
  portalOf,
  type PortalTokens,
} from "../../../model/portal.ts";
import { parseStartUrl } from "../../../model/start_url.ts";
import { regionPartition } from "../../../model/partitions.ts";
import type { NetworkSettings, Profile } from "../../../model/profile.ts";
import type { Option } from "../../../line/command.ts";
import { askQuestion } from "../../../line/question.ts";
import type { Values } from "../../../line/values.ts";
import { readAwsFiles } from "../../../migration/aws_files.ts";
import { type Assignment, listAssignments } from "../../../sources/portal_listing.ts";
import { pendingProofs, storedProofs } from "../../../session/sign_in/proofs.ts";
import { identityCenter } from "../../../sources/identity_center.ts";
import { locatePortal } from "../../../sources/portal_address.ts";
import { endpointSettings, type PortalSettings } from "../../../sources/portal_settings.ts";
import { factsOf } from "../../../sources/all_sources.ts";
import { openOrCreateStore, type Store } from "../../../session/stores.ts";
import type { System } from "../../../system/system.ts";
import { networkOptions } from "../../profile/options.ts";
import { trustedPem } from "../../../system/trusted_pem.ts";

const given = ["sso-region", "sso-device-code", "sso-endpoint-url", "sso-oidc-endpoint-url"];

export const portalOptions: readonly Option[] = ungrouped([
  ...identityCenter.options.filter(({ name }) => given.includes(name)),
  ...networkOptions.filter(({ name }) => ["fips", "dualstack", "ca-bundle"].includes(name)),
]);

/** The remaining network options, which apply to profiles. */
export const profileNetworkOptions: readonly Option[] = ungrouped(
  networkOptions.filter(({ name }) => ["region", "endpoint-url"].includes(name)),
);

function ungrouped(options: readonly Option[]): Option[] {
  return options.map(({ group: _, ...option }) => option);
}

export function portalNetwork(values: Values, { files }: System): NetworkSettings {
  const caBundle = values.text("ca-bundle");
  return defined({
    fips: values.has("fips") || undefined,
    dualstack: values.has("dualstack") || undefined,
    caBundle: caBundle === undefined ? undefined : files.absolute(caBundle),
  });
}

export interface NamedPortal {
  readonly settings: PortalSettings;
  readonly network: NetworkSettings;
}

/**
 * Missing settings come from a kept sign-in, a profile or the AWS files; prompts for the region.
 * @throws {Failure} `usage`; `needs-person` if prompts are disabled
 */
export async function namedPortal(
  operand: string,
  values: Values,
  system: System,
  store: Store | undefined,
  network: NetworkSettings = portalNetwork(values, system),
): Promise<NamedPortal> {
  const typed = parseStartUrl(operand, "START_URL");
  const own = endpointSettings(values);
  const asked = values.text("sso-region");
  if (asked !== undefined) regionPartition(asked, "--sso-region");
  const place = defined({ startUrl: typed, region: asked, oidcEndpointUrl: own.oidcEndpointUrl });
  const pem = trustedPem(system, { network });
  const found = await locatePortal(system, place, (url) => system.http(url, pem));
  const { startUrl } = found;
  const known = asked === undefined
    ? await knownSettings([startUrl, typed], found.region, system, store)
    : undefined;
  const region = found.region ?? known?.region ?? await askRegion(system, startUrl);
  return { settings: { startUrl, region, ...known?.endpoints, ...own }, network };
}

interface KnownPortal {
  readonly region: string;
  readonly endpoints: Pick<PortalSettings, "portalEndpointUrl" | "oidcEndpointUrl">;
}

async function knownSettings(
  startUrls: readonly string[],
  named: string | undefined,
  system: System,
  store: Store | undefined,
): Promise<KnownPortal | undefined> {
  const listed = await store?.profiles() ?? [];
  const fromProfiles = listed.flatMap((each) => "profile" in each ? settingsIn(each.profile) : []);
  const fromSignIns = (await store?.shared.portals.all() ?? []).map(settingsBehind);
  const found = [...fromProfiles, ...fromSignIns].filter((each) =>
    startUrls.includes(parseStartUrl(each.startUrl)) && (named ?? each.region) === each.region
  );
  const distinct = new Map(found.map((each) => [JSON.stringify(each), each]));
  if (distinct.size > 1) {
    const regions = [...new Set(found.map(({ region }) => region))].join(", ");
    throw usage(
      `${startUrls[0]} is ambiguous: profiles use it with several settings (${regions})`,
      "select one with --sso-region and, if set, its endpoints",
    );
  }
  const [one] = distinct.values();
  if (one) return { region: one.region, endpoints: one.endpoints };
  const region = named ?? await regionInAwsFiles(startUrls, system);
  return region === undefined ? undefined : { region, endpoints: {} };
}

function settingsIn({ source }: Profile): (KnownPortal & { startUrl: string })[] {
  const { portal } = factsOf(source);
  if (!portal) return [];
  const { startUrl, region, portalEndpointUrl, oidcEndpointUrl } = portal;
  return [{ startUrl, region, endpoints: endpoints(portalEndpointUrl, oidcEndpointUrl) }];
}

/** A sign-in stores all URLs; those derived by AWS's rule are not settings. */
function settingsBehind({ portal }: PortalTokens): KnownPortal & { startUrl: string } {
  const { startUrl, region } = portal;
  const { portalEndpointUrl, oidcEndpointUrl } = endpointsBehind(portal);
  return { startUrl, region, endpoints: endpoints(portalEndpointUrl, oidcEndpointUrl) };
}

function endpoints(portal: string | undefined, oidc: string | undefined): KnownPortal["endpoints"] {
  return defined({ portalEndpointUrl: portal, oidcEndpointUrl: oidc });
}

/** The portal's region in the AWS CLI's files; unreadable files are ignored. */
async function regionInAwsFiles(
  startUrls: readonly string[],
  system: System,
): Promise<string | undefined> {
  const files = await readAwsFiles(system).catch(onFailure(undefined));
  const sections = [...files?.ssoSessions.values() ?? [], ...files?.config.values() ?? []];
  const regions = new Set(sections.flatMap((section) => {
    const [url, region] = [section.get("sso_start_url"), section.get("sso_region")];
    if (url === undefined || region === undefined) return [];
    try {
      regionPartition(region);
      return startUrls.includes(parseStartUrl(url)) ? [region] : [];
    } catch {
      return []; // ignore errors in another portal's settings
    }
  }));
  return regions.size === 1 ? [...regions][0] : undefined;
}

async function askRegion(system: System, startUrl: string): Promise<string> {
  if (!system.terminal.canAsk) {
    throw new Failure(
      "needs-person",
      `the Identity Center region of ${startUrl} is unknown`,
      "set --sso-region R; the access portal shows it under Access keys",
    );
  }
  const question = identityCenter.questions?.find(({ option }) => option === "sso-region");
  const asking = { system, suggested: new Map(), profiles: [] };
  const region = question && await askQuestion(question, asking);
  if (region === undefined) throw new Error("the region has no question");
  return region;
}

/** The portal's accounts and roles. Keeps the sign-in, creating a store if necessary. */
export async function assignmentsAt(
  { settings, network }: NamedPortal,
  system: System,
  store: Store | undefined,
): Promise<Assignment[]> {
  const pending = pendingProofs();
  const pem = trustedPem(system, { network });
  const portal: Portal = portalOf(settings, network);
  const typed = { ...network, ...settings };
  const context = {
    system,
    proofs: store ? storedProofs(system, store) : pending,
    http: (url: string) => system.http(url, pem),
    deviceCode: settings.deviceCode ?? false,
    hint: `sign in on a terminal: ${portalCommand("sso ls", portal, typed)}`,
  };
  const found = await listAssignments(context, portal);
  if (!store) await pending.save(await openOrCreateStore(system));
  return found;
}
