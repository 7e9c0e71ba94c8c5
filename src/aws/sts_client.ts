import { defined } from "../model/defined.ts";
import type { STSClient } from "@aws-sdk/client-sts";
import type { Credentials } from "../model/credentials.ts";
import type { StsEndpoint } from "../model/endpoint.ts";
import type { SdkTransport } from "./transport.ts";
import { fixedSettings, onAwsTime } from "./sdk_settings.ts";

/** The SDK's module. */
export type Sdk = typeof import("@aws-sdk/client-sts");

/** Loads the SDK, which takes longer than all else that athm does: never before a call is made. */
export function loadSdk(): Promise<Sdk> {
  return import("@aws-sdk/client-sts");
}

/** What a client is made of. */
export interface ClientSettings {
  readonly endpoint: StsEndpoint;
  /** Absent for calls that are not signed. */
  readonly credentials: Credentials | undefined;
  readonly transport: SdkTransport;
  /** The time to sign with, on AWS's clock. */
  readonly now: () => number;
}

/** Credentials as the SDK takes them. */
export function toSdk({ accessKeyId, secretAccessKey, sessionToken }: Credentials) {
  return defined({
    accessKeyId,
    secretAccessKey: secretAccessKey.reveal(),
    sessionToken: sessionToken?.reveal(),
  });
}

/** In the place of credentials that the SDK would go and look for. */
function noCredentials(): Promise<never> {
  return Promise.reject(new Error("an unsigned call reached the signer"));
}

/**
 * A client of the SDK for one attempt of one call.
 *
 * Whatever is left out here the SDK looks up in the environment and in `~/.aws/config`, where a
 * stray `endpoint_url` or region could send a call elsewhere. So every setting is given, and what
 * would look things up all the same is taken out.
 */
export function makeClient(sdk: Sdk, settings: ClientSettings): STSClient {
  const { endpoint, credentials, transport } = settings;
  const client = new sdk.STSClient({
    endpoint: endpoint.url,
    region: endpoint.signingRegion,
    credentials: credentials ? toSdk(credentials) : noCredentials,
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    useGlobalEndpoint: false,
    ...fixedSettings(endpoint, transport),
  });
  return onAwsTime(client, settings.now);
}
