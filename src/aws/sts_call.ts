import type { STSClient, STSServiceException } from "@aws-sdk/client-sts";
import type { Credentials } from "../model/credentials.ts";
import type { StsEndpoint } from "../model/endpoint.ts";
import type { Http } from "../system/http.ts";
import type { System } from "../system/system.ts";
import { type Exchange, newExchange } from "./exchange.ts";
import { clockCodes, explainBroken, explainRefusal } from "./explain.ts";
import { type Trouble, waitBefore } from "./retry.ts";
import { loadSdk, makeClient, type Sdk } from "./sts_client.ts";

/** A change of the known skew, in milliseconds, that makes a refused signature worth another try. */
const worthwhile = 60_000;

/** What of the outside world the calls need. */
export type StsSystem = Pick<System, "now" | "monotonic" | "sleep" | "chance" | "trace">;

/** Where calls go and what they share. */
export interface Connection {
  readonly system: StsSystem;
  readonly http: Http;
  readonly endpoint: StsEndpoint;
  /** Milliseconds. */
  readonly timeout: number;
  /** Milliseconds that AWS's clock is ahead, as far as is known; changed by each answer. */
  readonly clock: { skew: number };
}

/** One operation to be called. */
export interface Call<Output> {
  readonly action: string;
  /** Absent for a call that is not signed. */
  readonly credentials?: Credentials | undefined;
  readonly send: (client: STSClient, sdk: Sdk) => Promise<Output>;
  readonly roleArn?: string;
  /** What must not be shown, beside the credentials. */
  readonly secrets?: readonly string[];
}

/**
 * Calls STS until it answers, refuses, or there is no point in another attempt.
 *
 * @throws {Failure} of the last attempt
 */
export async function callSts<Output>(
  connection: Connection,
  call: Call<Output>,
): Promise<{ readonly output: Output; readonly requestId: string | undefined }> {
  const { system, http, timeout, clock } = connection;
  const sdk = await loadSdk();
  let clockMended = false;
  for (let attempt = 1;; attempt++) {
    const exchange = newExchange(system, http, timeout);
    const skew = clock.skew;
    const begun = system.monotonic();
    const trace = (result: string) =>
      system.trace("sts", {
        action: call.action,
        host: new URL(connection.endpoint.url).host,
        attempt,
        result,
        status: exchange.seen.status,
        request: exchange.seen.requestId,
        skew: clock.skew || undefined,
        ms: Math.round(system.monotonic() - begun),
      });
    try {
      const output = await callOnce(sdk, connection, call, exchange);
      trace("done");
      return { output, requestId: exchange.seen.requestId };
    } catch (error) {
      trace(sdkErrorCode(sdk, error) || exchange.seen.failure?.code || "broken");
      // A machine with a wrong clock is told so by AWS's answer, and signs by AWS's clock from then.
      const known = exchange.seen.skew ?? skew;
      if (
        !clockMended && clockCodes.includes(sdkErrorCode(sdk, error)) &&
        Math.abs(known - skew) >= worthwhile
      ) {
        clockMended = true;
        attempt--;
        continue;
      }
      const trouble = troubleOf(sdk, error, connection, call, exchange);
      const wait = waitBefore(trouble, attempt, system);
      if (wait === undefined) throw trouble.failure;
      await system.sleep(wait);
    }
  }
}

async function callOnce<Output>(
  sdk: Sdk,
  connection: Connection,
  { credentials, send }: Call<Output>,
  exchange: Exchange,
): Promise<Output> {
  const { system, endpoint, clock } = connection;
  const now = () => system.now() + clock.skew;
  const client = makeClient(sdk, { endpoint, credentials, exchange, now });
  try {
    return await send(client, sdk);
  } finally {
    client.destroy();
    clock.skew = exchange.seen.skew ?? clock.skew;
  }
}

function troubleOf(
  sdk: Sdk,
  error: unknown,
  connection: Connection,
  call: Call<unknown>,
  exchange: Exchange,
): Trouble {
  const { endpoint, clock } = connection;
  const host = new URL(endpoint.url).host;
  const { failure, status, retryAfter, requestId } = exchange.seen;
  if (failure) {
    const answered = status !== undefined;
    return { failure, retryAfter, stranger: answered, silent: exchange.seen.timedOut ?? false };
  }
  if (error instanceof sdk.STSServiceException) {
    const { credentials, secrets = [], roleArn, action } = call;
    const refusal = {
      host,
      action,
      status: status ?? 0,
      code: codeOf(error),
      message: error.message,
      requestId: requestId ?? error.$metadata.requestId,
      region: endpoint.signingRegion,
      roleArn,
      temporary: credentials?.sessionToken !== undefined,
      skew: clock.skew,
      secrets: [
        ...(credentials ? [credentials.secretAccessKey.reveal()] : []),
        ...(credentials?.sessionToken ? [credentials.sessionToken.reveal()] : []),
        ...secrets,
      ],
    };
    return { failure: explainRefusal(refusal), retryAfter };
  }
  // The SDK could not read an answer that looked right. Its error is not kept: it holds the body.
  if (status !== undefined) {
    return { failure: explainBroken(host, call.action, requestId), stranger: true };
  }
  throw error;
}

function sdkErrorCode(sdk: Sdk, error: unknown): string {
  return error instanceof sdk.STSServiceException ? codeOf(error) : "";
}

/** AWS's code: the SDK names modelled errors after their class, and puts what was sent into `Code`. */
function codeOf(error: STSServiceException): string {
  const sent = (error as { readonly Code?: unknown }).Code;
  return typeof sent === "string" && sent !== "" ? sent : error.name;
}
