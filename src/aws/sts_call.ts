import type { STSClient } from "@aws-sdk/client-sts";
import type { Credentials } from "../model/credentials.ts";
import type { StsEndpoint } from "../model/endpoint.ts";
import type { Http } from "../system/http.ts";
import type { System } from "../system/system.ts";
import { newTransport, type SdkTransport } from "./transport.ts";
import { clockCodes, explainBroken, explainRefusal } from "./explain.ts";
import { type FailedAttempt, waitBefore } from "./retry.ts";
import { fixedSettings, onAwsTime } from "./sdk_settings.ts";

export type Sdk = typeof import("@aws-sdk/client-sts");

/** Milliseconds of change in the known skew that justify a retry of a refused signature. */
const worthwhile = 60_000;

export type StsSystem = Pick<System, "now" | "monotonic" | "sleep" | "chance" | "trace">;

export interface StsConnection {
  readonly system: StsSystem;
  readonly http: Http;
  readonly endpoint: StsEndpoint;
  readonly timeout: number;
  /** Milliseconds that AWS's clock is ahead; updated by each response. */
  readonly clock: { skew: number };
}

export interface Call<Output> {
  readonly action: string;
  /** Absent for unsigned calls. */
  readonly credentials?: Credentials | undefined;
  readonly send: (client: STSClient, sdk: Sdk) => Promise<Output>;
  readonly roleArn?: string;
  readonly subject?: string | undefined;
  readonly secrets?: readonly string[];
}

/** Calls STS until it responds, refuses, or a retry is pointless. @throws {Failure} */
export async function callSts<Output>(
  connection: StsConnection,
  call: Call<Output>,
): Promise<{ readonly output: Output; readonly requestId: string | undefined }> {
  const { system, http, timeout, clock } = connection;
  // Load lazily: it takes longer than everything else athm does.
  const sdk: Sdk = await import("@aws-sdk/client-sts");
  let clockMended = false;
  for (let attempt = 1;; attempt++) {
    const transport = newTransport(system, http, timeout);
    const skew = clock.skew;
    const begun = system.monotonic();
    const trace = (result: string) =>
      system.trace("sts", {
        action: call.action,
        host: new URL(connection.endpoint.url).host,
        attempt,
        result,
        status: transport.seen.status,
        request: transport.seen.requestId,
        skew: clock.skew || undefined,
        ms: Math.round(system.monotonic() - begun),
      });
    try {
      const output = await callOnce(sdk, connection, call, transport);
      trace("done");
      return { output, requestId: transport.seen.requestId };
    } catch (error) {
      trace(sdkErrorCode(sdk, error) || transport.seen.failure?.code || "broken");
      // After a response, sign by AWS's clock if this machine's is wrong.
      const known = transport.seen.skew ?? skew;
      if (
        !clockMended && clockCodes.includes(sdkErrorCode(sdk, error)) &&
        Math.abs(known - skew) >= worthwhile
      ) {
        clockMended = true;
        attempt--;
        continue;
      }
      const trouble = troubleOf(sdk, error, connection, call, transport);
      const wait = waitBefore(trouble, attempt, system);
      if (wait === undefined) throw trouble.failure;
      await system.sleep(wait);
    }
  }
}

async function callOnce<Output>(
  sdk: Sdk,
  connection: StsConnection,
  { credentials, send }: Call<Output>,
  transport: SdkTransport,
): Promise<Output> {
  const { system, endpoint, clock } = connection;
  const now = () => system.now() + clock.skew;
  const settings = fixedSettings({ endpoint, credentials, transport });
  const client = onAwsTime(new sdk.STSClient({ ...settings, useGlobalEndpoint: false }), now);
  try {
    return await send(client, sdk);
  } finally {
    client.destroy();
    clock.skew = transport.seen.skew ?? clock.skew;
  }
}

function troubleOf(
  sdk: Sdk,
  error: unknown,
  connection: StsConnection,
  call: Call<unknown>,
  transport: SdkTransport,
): FailedAttempt {
  const { endpoint, clock } = connection;
  const host = new URL(endpoint.url).host;
  const { failure, status, retryAfter, requestId } = transport.seen;
  if (failure) {
    const answered = status !== undefined;
    return { failure, retryAfter, stranger: answered, silent: transport.seen.timedOut ?? false };
  }
  if (error instanceof sdk.STSServiceException) {
    const { credentials, secrets = [], roleArn, subject, action } = call;
    const refusal = {
      host,
      action,
      status: status ?? 0,
      code: codeOf(error),
      message: error.message,
      requestId: requestId ?? error.$metadata.requestId,
      region: endpoint.signingRegion,
      roleArn,
      subject,
      temporary: credentials?.sessionToken !== undefined,
      skew: clock.skew,
      secrets: [...secretsIn(credentials), ...secrets],
    };
    return { failure: explainRefusal(refusal), retryAfter };
  }
  // The SDK could not parse the response. Drop its error, which contains the body.
  if (status !== undefined) {
    return { failure: explainBroken(host, call.action, requestId), stranger: true };
  }
  throw error;
}

function sdkErrorCode(sdk: Sdk, error: unknown): string {
  return error instanceof sdk.STSServiceException ? codeOf(error) : "";
}

/** AWS's code: the SDK names modeled errors by class and keeps the original in `Code`. */
export function codeOf(error: Error): string {
  const sent = (error as { readonly Code?: unknown }).Code;
  return typeof sent === "string" && sent !== "" ? sent : error.name;
}

export function secretsIn(credentials: Credentials | undefined): string[] {
  const { secretAccessKey, sessionToken } = credentials ?? {};
  return [secretAccessKey, sessionToken].flatMap((each) => each?.reveal() ?? []);
}
