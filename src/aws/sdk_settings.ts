import type { StsEndpoint } from "../model/endpoint.ts";
import type { SdkTransport } from "./transport.ts";

/** The settings that every client of the SDK gets: what is left out, it would look up. */
export function fixedSettings(endpoint: StsEndpoint, transport: SdkTransport) {
  return {
    authSchemePreference: ["sigv4"],
    sigv4aSigningRegionSet: [endpoint.signingRegion],
    // Retries are athm's own, which know the clock and how long a person waits.
    maxAttempts: 1,
    retryMode: "standard",
    defaultsMode: "standard" as const,
    disableClockSkewCorrection: true,
    userAgentAppId: () => Promise.resolve(undefined),
    // The default names the operating system's release, which takes a permission.
    defaultUserAgentProvider: () => Promise.resolve([["athm"]] as [string][]),
    requestHandler: {
      handle: async (request: Parameters<SdkTransport["send"]>[0]) => ({
        response: await transport.send(request),
      }),
      destroy: () => {},
    },
  };
}

/** What of a request's signing is needed, whichever service signs. */
interface Signer {
  sign(request: never, options?: object): unknown;
}

/** What of a client of the SDK is needed. */
interface SdkClient {
  readonly middlewareStack: { remove(name: string): boolean };
  readonly config: { signer: (scheme: never) => Promise<Signer> };
}

/** The client, signing by athm's clock and not by the runtime's. */
export function onAwsTime<Client extends SdkClient>(client: Client, now: () => number): Client {
  // Reads variables of Lambda's to pass on a trace header; athm is no Lambda function.
  client.middlewareStack.remove("recursionDetectionMiddleware");

  // The SDK's own offset is added to the runtime's clock; athm's clock is `System.now`.
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
