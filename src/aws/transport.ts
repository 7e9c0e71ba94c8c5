import { Failure } from "../model/failure.ts";
import { type Http, type HttpRequest, tooSlow, within } from "../system/http.ts";
import type { System } from "../system/system.ts";
import { explainStranger } from "./explain.ts";

/** Timeout of one request in milliseconds. */
export const requestTimeout = 15_000;
export const slowHint = "check the network, HTTPS_PROXY, NO_PROXY and --endpoint-url";

/** Milliseconds: the Date header has whole seconds, and responses take time. */
const clocksAgree = 10_000;

export interface SdkRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface SdkResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Facts about a request, filled while it runs. */
export interface Seen {
  failure?: Failure;
  status?: number;
  contentType?: string | null;
  timedOut?: boolean;
  requestId?: string | undefined;
  /** Milliseconds to wait before a retry, from the response. */
  retryAfter?: number | undefined;
  /** Milliseconds that the server's clock is ahead, if known. */
  skew?: number | undefined;
}

export interface SdkTransport {
  /** Returns only responses in AWS's format. */
  send(request: SdkRequest): Promise<SdkResponse>;
  readonly seen: Readonly<Seen>;
}

export function newTransport(
  system: Pick<System, "now" | "monotonic">,
  http: Http,
  timeout: number,
  service = "STS",
): SdkTransport {
  const seen: Seen = {};

  async function send(request: SdkRequest): Promise<SdkResponse> {
    const outgoing = toHttpRequest(request);
    const host = new URL(outgoing.url).host;
    const begun = system.monotonic();
    const late = tooSlow(host, timeout, slowHint);
    const answer = await within(timeout, late, (signal) => http.send({ ...outgoing, signal }))
      .catch((error) => {
        seen.timedOut = error === late;
        throw error;
      });
    const received = system.now();
    // The clock may have been set while the response was on its way.
    const sent = received - (system.monotonic() - begun);

    const { status, headers } = answer;
    seen.status = status;
    seen.contentType = headers.get("content-type");
    seen.retryAfter = retryAfter(headers.get("retry-after"));
    const body = queryAnswer(answer.body);
    if (!body) throw explainStranger(host, status, seen.contentType, service);
    seen.requestId = headers.get("x-amzn-requestid") ?? headers.get("x-amz-request-id") ??
      undefined;
    // A cached response has an old Date.
    if (!headers.has("age")) seen.skew = skewOf(headers.get("date"), sent, received);
    return { statusCode: status, headers: Object.fromEntries(headers), body };
  }

  return {
    seen,
    send: async (request) => {
      try {
        return await send(request);
      } catch (error) {
        // Keep the original: the SDK modifies errors that pass through it.
        if (!(error instanceof Failure)) throw error;
        seen.failure = error;
        throw new Error("empty response");
      }
    },
  };
}

function toHttpRequest(request: SdkRequest): Omit<HttpRequest, "signal"> {
  const port = request.port === undefined ? "" : `:${request.port}`;
  // fetch sets these two itself, with the signed values.
  const own = ["host", "content-length"];
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(([name]) => !own.includes(name.toLowerCase())),
  );
  const url = `${request.protocol}//${request.hostname}${port}${request.path}`;
  const { method, body } = request;
  return { method, url, headers, ...(typeof body === "string" ? { body } : {}) };
}

/**
 * XML with the root `<ActionResponse>` or `<ErrorResponse>`. An STS that is part of an object store
 * (Ceph, MinIO) sends S3's `<Error>`, which the SDK only understands inside an `<ErrorResponse>`.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
function queryAnswer(body: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | undefined {
  const start = new TextDecoder().decode(body.subarray(0, 512));
  const [head = "", root] =
    /^\s*(?:<\?xml[^>]*\?>\s*)?(?=<(Error|[A-Za-z]+Response)[\s>])/.exec(start) ?? [];
  if (root === undefined) return undefined;
  if (root !== "Error") return body;
  const error = new TextDecoder().decode(body).slice(head.length);
  return new TextEncoder().encode(`<ErrorResponse>${error}</ErrorResponse>`);
}

/** Seconds in milliseconds; AWS does not use the date form here. */
function retryAfter(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined;
}

/**
 * How far the server's clock is ahead; 0 if it may be equal. The upper bound, given whole seconds
 * and the time on the way, so that no lifetime is overestimated.
 */
function skewOf(date: string | null, sent: number, received: number): number | undefined {
  const theirs = date === null ? NaN : Date.parse(date);
  if (Number.isNaN(theirs)) return undefined;
  const agree = theirs > sent - clocksAgree && theirs < received + clocksAgree;
  return agree ? 0 : theirs + 1000 - sent;
}
