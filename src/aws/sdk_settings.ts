import type { Credentials } from "../model/credentials.ts";
import type { StsEndpoint } from "../model/endpoint.ts";
import { defined } from "../model/fields.ts";
import type { SdkTransport } from "./transport.ts";

export interface ClientSettings {
  readonly endpoint: StsEndpoint;
  /** Absent for unsigned calls. */
  readonly credentials: Credentials | undefined;
  readonly transport: SdkTransport;
}

/**
 * Settings of every SDK client. The SDK looks up missing ones in the environment and
 * `~/.aws/config`, where a stray `endpoint_url` or region could send a call elsewhere.
 */
export function fixedSettings({ endpoint, credentials, transport }: ClientSettings) {
  return {
    endpoint: endpoint.url,
    region: endpoint.signingRegion,
    credentials: credentials ? toSdk(credentials) : noCredentials,
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    authSchemePreference: ["sigv4"],
    sigv4aSigningRegionSet: [endpoint.signingRegion],
    // athm retries itself, with regard to the clock and a person's patience.
    maxAttempts: 1,
    retryMode: "standard",
    defaultsMode: "standard" as const,
    disableClockSkewCorrection: true,
    userAgentAppId: () => Promise.resolve(undefined),
    // The default includes the OS release, which requires a permission.
    defaultUserAgentProvider: () => Promise.resolve([["athm"]] as [string][]),
    requestHandler: {
      handle: async (request: Parameters<SdkTransport["send"]>[0]) => ({
        response: await transport.send(request),
      }),
      destroy: () => {},
    },
  };
}

function toSdk({ accessKeyId, secretAccessKey, sessionToken }: Credentials) {
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

interface Signer {
  sign(request: never, options?: object): unknown;
}

interface SdkClient {
  readonly middlewareStack: { remove(name: string): boolean };
  readonly config: { signer: (scheme: never) => Promise<Signer> };
}

/** Makes the client sign by athm's clock instead of the runtime's. */
export function onAwsTime<Client extends SdkClient>(client: Client, now: () => number): Client {
  // Remove a middleware that reads Lambda's environment for a trace header.
  client.middlewareStack.remove("recursionDetectionMiddleware");

  // The SDK adds its own offset to the runtime's clock; use `System.now` instead.
  const signerFor = client.config.signer;
  client.config.signer = async (scheme) => {
    const signer = await signerFor(scheme);
    return {
      sign: (request, options) =>
        signer.sign(request, { ...options, signingDate: new Date(now()) }),
    };
  };
  return client;
}
