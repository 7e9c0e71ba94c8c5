import { areVisible } from "../aws/issued.ts";
import { Failure } from "../model/failure.ts";
import { isJsonObject } from "../model/fields.ts";
import { findRegionPartition } from "../model/partitions.ts";
import type { RegistryPassword } from "../model/proofs.ts";
import { Secret } from "../model/secret.ts";
import type { System } from "../system/system.ts";
import { ask, endpointFor } from "./ask.ts";
import type { OwnSession } from "./place.ts";

/** A container registry of AWS. */
export interface Registry {
  readonly host: string;
  readonly service: "ecr" | "ecr-public";
  readonly region: string;
  readonly fips: boolean;
}

/** The user of every such registry. */
export const registryUser = "AWS";

/** Milliseconds for which AWS issues a password, at most. */
const longestLife = 12 * 3600_000;

/** Milliseconds that should be left, because a long push uses the password to its end. */
const leastLeft = 3600_000;

/** Where each service of that name takes the call. */
const targets: Readonly<Record<Registry["service"], string>> = {
  "ecr": "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
  "ecr-public": "SpencerFrontendService.GetAuthorizationToken",
};

/** A registry from a host name or URL, as Docker writes it; nothing if it is not AWS's. */
export function parseRegistry(text: string): Registry | undefined {
  if (text.length > 512) return undefined;
  const host = text.trim().toLowerCase().replace(/^https:\/\//, "").replace(/\/.*$/s, "");
  if (["public.ecr.aws", "ecr-public.aws.com"].includes(host)) {
    return { host, service: "ecr-public", region: "us-east-1", fips: false };
  }
  const [, between, fips, region = "", suffix] =
    /^\d{12}\.dkr([.-])ecr(-fips)?\.([a-z0-9-]+)\.([a-z0-9.-]+)$/.exec(host) ?? [];
  const partition = findRegionPartition(region);
  if (!partition || suffix === undefined) return undefined;
  // `dkr-ecr` is the dual-stack name: 123456789012.dkr-ecr.eu-west-1.on.aws
  const own = between === "-"
    ? partition.dualstackSuffix.replace(/^api\./, "on.")
    : partition.dnsSuffix;
  if (suffix !== own) return undefined;
  return { host, service: "ecr", region, fips: fips !== undefined };
}

/** Whether a kept password may be used again, for a session with these settings. */
export function isGood(
  { expires, issued, fingerprint }: RegistryPassword,
  mark: string,
  now: number,
): boolean {
  const least = Math.min(leastLeft, (expires - issued) / 2);
  return fingerprint === mark && issued <= now && expires - now > least;
}

/**
 * A new password, which opens every registry that the session's policies allow.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
 */
export async function registryPassword(
  system: System,
  { profile, session }: OwnSession,
  { service, region, fips }: Registry,
): Promise<Omit<RegistryPassword, "fingerprint">> {
  const network = fips ? { ...profile.network, fips } : profile.network;
  const endpoint = endpointFor(system, service, region, { ...profile, network });
  const { authorizationData } = await ask(system, { profile, session }, endpoint, {
    service,
    action: "GetAuthorizationToken",
    permission: service === "ecr"
      ? "ecr:GetAuthorizationToken"
      : "ecr-public:GetAuthorizationToken and sts:GetServiceBearerToken",
    method: "POST",
    path: "/",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": targets[service] },
    body: {},
  });
  const data = Array.isArray(authorizationData) ? authorizationData[0] : authorizationData;
  const { authorizationToken: token, expiresAt } = isJsonObject(data) ? data : {};
  const secret = typeof token === "string" ? passwordIn(token) : undefined;
  const issued = system.now();
  const expires = typeof expiresAt === "number"
    ? Math.min(expiresAt * 1000 - (session.skew ?? 0), issued + longestLife)
    : NaN;
  if (secret === undefined || !(expires > issued)) {
    throw new Failure(
      "network",
      `${new URL(endpoint.url).host} returned an incomplete response to GetAuthorizationToken`,
      "check that AWS_ENDPOINT_URL_ECR is the URL of ECR",
    );
  }
  return { secret, expires: Math.floor(expires), issued };
}

/** `AWS:password` in base64. */
function passwordIn(token: string): Secret | undefined {
  let text: string;
  try {
    text = new TextDecoder().decode(Uint8Array.fromBase64(token));
  } catch {
    return undefined;
  }
  const begin = `${registryUser}:`;
  const password = text.slice(begin.length);
  return text.startsWith(begin) && areVisible([password]) ? new Secret(password) : undefined;
}
