import type { Session } from "./credentials.ts";
import { usage } from "./failure.ts";
import { regionPartition } from "./partitions.ts";
import type { AwsLoginSource, NetworkSettings } from "./profile.ts";
import type { Secret } from "./secret.ts";

/** A sign-in to the AWS console for local development, with the keys last issued for it. */
export interface ConsoleSignIn {
  /** Who signed in: see `consolePrincipal`. */
  readonly principal: string;
  /** The region of the sign-in. AWS accepts its refresh tokens in no other. */
  readonly region: string;
  readonly endpoint: ConsoleEndpoint;
  readonly client: ConsoleClient;
  /** Replaced at each use. */
  readonly refreshToken: Secret;
  readonly proofKey: ProofKey;
  readonly session: Session;
}

/** AWS's own hosts, its FIPS hosts, or a URL without a trailing slash. */
export type ConsoleEndpoint = "aws" | "fips" | `http${string}`;

/** A browser here redirects back to athm; from another machine the person brings a code. */
export type ConsoleClient = "same-device" | "cross-device";

/** A P-256 key (RFC 7518, section 6.2) that proves possession of the refresh token. */
export interface ProofKey {
  readonly x: string;
  readonly y: string;
  readonly d: Secret;
}

/**
 * An identity without the name of a role's session, which may differ at each sign-in:
 * `arn:aws:sts::123456789012:assumed-role/Developer`.
 */
export function consolePrincipal(arn: string): string {
  return arn.replace(/(:assumed-role\/[^/]+)\/.*$/s, "$1");
}

export function consoleEndpoint(
  { endpointUrl }: Pick<AwsLoginSource, "endpointUrl">,
  { fips }: Pick<NetworkSettings, "fips">,
): ConsoleEndpoint {
  if (endpointUrl?.startsWith("http")) return endpointUrl as ConsoleEndpoint;
  return fips ? "fips" : "aws";
}

/**
 * Key of a kept sign-in. It names no region: the kept sign-in's own decides. Separate per endpoint,
 * so that a token never goes to an endpoint that the profile does not use.
 */
export function consoleKey(
  { principal, endpoint }: Pick<ConsoleSignIn, "principal" | "endpoint">,
): string {
  return `console sign-in as ${principal} by ${endpoint}`;
}

/** The key of a source's sign-in. Before the first sign-in, its identity is unknown. */
export function consoleName(
  source: Pick<AwsLoginSource, "principal" | "endpointUrl">,
  network: Pick<NetworkSettings, "fips">,
): string {
  const { principal = "anybody" } = source;
  return consoleKey({ principal, endpoint: consoleEndpoint(source, network) });
}

/**
 * A region's sign-in endpoint, by the endpoint rules of AWS's SDKs.
 *
 * @throws {Failure} `usage` if there is no FIPS endpoint
 */
export function consoleSignInUrl(
  { region, endpoint }: Pick<ConsoleSignIn, "region" | "endpoint">,
): string {
  if (endpoint !== "aws" && endpoint !== "fips") return endpoint;
  const { globalSignIn = [], webSuffix } = regionPartition(region);
  if (endpoint === "aws") return `https://${region}.signin.${webSuffix}`;
  if (!globalSignIn.includes("signin-fips")) {
    throw usage(
      `--fips: AWS sign-in has no FIPS endpoint in ${region}`,
      "omit --fips, or use a region of AWS GovCloud: --region us-gov-west-1",
    );
  }
  const place = region === "us-gov-west-1" ? "" : `${region}.`;
  return `https://${place}signin-fips.${webSuffix}`;
}
