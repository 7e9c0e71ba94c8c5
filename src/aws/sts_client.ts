import { defined } from "../model/defined.ts";
import type { STSClient } from "@aws-sdk/client-sts";
import type { Credentials } from "../model/credentials.ts";
import type { StsEndpoint } from "../model/endpoint.ts";
import type { SdkTransport } from "./transport.ts";
import { fixedSettings, onAwsTime } from "./sdk_settings.ts";

export type Sdk = typeof import("@aws-sdk/client-sts");

/** Load lazily: it takes longer than everything else athm does. */
export function loadSdk(): Promise<Sdk> {
  return import("@aws-sdk/client-sts");
}

export interface ClientSettings {
  readonly endpoint: StsEndpoint;
  /** Absent for unsigned calls. */
  readonly credentials: Credentials | undefined;
  readonly transport: SdkTransport;
  /** The time to sign with, on AWS's clock. */
  readonly now: () => number;
}

export function toSdk({ accessKeyId, secretAccessKey, sessionToken }: Credentials) {
  return defined({
    accessKeyId,
    secretAccessKey: secretAccessKey.reveal(),
    sessionToken: sessionToken?.reveal(),
  });
}

/** Prevents the SDK from looking for credentials. */
function noCredentials(): Promise<never> {
  return Promise.reject(new Error("an unsigned call reached the signer"));
}

/**
 * An SDK client for one attempt. The SDK looks up missing settings in the environment and
 * `~/.aws/config`, where a stray `endpoint_url` or region could send a call elsewhere. So every
 * setting is given, and remaining lookups are removed.
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
