import type { StsEndpoint } from "../model/endpoint.ts";
import type { SdkTransport } from "./transport.ts";

/** Settings for every SDK client, which would look up missing ones. */
export function fixedSettings(endpoint: StsEndpoint, transport: SdkTransport) {
  return {
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
