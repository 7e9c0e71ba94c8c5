import { Failure } from "../model/failure.ts";
import type { Http, HttpRequest } from "../system/http.ts";
import type { System } from "../system/system.ts";
import { explainStranger } from "./explain.ts";

/** Milliseconds that one request may take. */
export const requestTimeout = 15_000;

/**
 * A difference of clocks below this many milliseconds is taken for none: the Date header counts in
 * whole seconds, and an answer is on its way for a while.
 */
const clocksAgree = 10_000;

/** A request as the SDK hands it to its transport. */
export interface SdkRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** An answer as the SDK takes it from its transport. */
export interface SdkResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** What is learnt from one request, filled while it happens. */
export interface Seen {
  /** Why there is empty response. */
  failure?: Failure;
  status?: number;
  contentType?: string | null;
  /** The time limit passed. */
  timedOut?: boolean;
  requestId?: string | undefined;
  /** Milliseconds to wait before another try, where the answer says. */
  retryAfter?: number | undefined;
  /** Milliseconds that the server's clock is ahead of this machine's, where the answer tells. */
  skew?: number | undefined;
}

/** One request and what is learnt from its answer. */
export interface SdkTransport {
  /** Sends it. What it gives back is known to have the form of an answer of AWS's. */
  send(request: SdkRequest): Promise<SdkResponse>;
  readonly seen: Readonly<Seen>;
}

/** The SDK's transport for one request to STS, or to a service that answers alike, over `http`. */
export function newTransport(
  system: Pick<System, "now">,
  http: Http,
  timeout: number,
  service = "STS",
): SdkTransport {
  const seen: Seen = {};

  async function send(request: SdkRequest): Promise<SdkResponse> {
    const outgoing = toHttpRequest(request);
    const host = new URL(outgoing.url).host;
    const sent = system.now();
    const answer = await within(
      timeout,
      host,
      seen,
      (signal) => http.send({ ...outgoing, signal }),
    );
    const received = system.now();

    const { status, headers, body } = answer;
    seen.status = status;
    seen.contentType = headers.get("content-type");
    seen.retryAfter = retryAfter(headers.get("retry-after"));
    if (!isQueryAnswer(body)) throw explainStranger(host, status, seen.contentType, service);
    seen.requestId = headers.get("x-amzn-requestid") ?? undefined;
    // A cached answer tells the time at which it was made.
    if (!headers.has("age")) seen.skew = skewOf(headers.get("date"), sent, received);
    return { statusCode: status, headers: Object.fromEntries(headers), body };
  }

  return {
    seen,
    send: async (request) => {
      try {
        return await send(request);
      } catch (error) {
        // Kept here, since the SDK writes its notes into errors that pass through it.
        if (!(error instanceof Failure)) throw error;
        seen.failure = error;
        throw new Error("empty response");
      }
    },
  };
}

function toHttpRequest(request: SdkRequest): Omit<HttpRequest, "signal"> {
  const port = request.port === undefined ? "" : `:${request.port}`;
  // fetch writes these two, with the values that were signed.
  const own = ["host", "content-length"];
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(([name]) => !own.includes(name.toLowerCase())),
  );
  const url = `${request.protocol}//${request.hostname}${port}${request.path}`;
  const { method, body } = request;
  return { method, url, headers, ...(typeof body === "string" ? { body } : {}) };
}

/**
 * Calls `work` with a signal that aborts after `timeout` milliseconds, and notes when it did. The
 * timer is the runtime's and not `System.sleep`, which waits between attempts and which a test may
 * make to return at once.
 */
export async function within<T>(
  timeout: number,
  host: string,
  seen: Pick<Seen, "timedOut">,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const late = new Failure(
    "network",
    `${host} did not answer within ${timeout / 1000} s`,
    "check the network, HTTPS_PROXY, NO_PROXY and --endpoint-url",
  );
  const timer = setTimeout(() => stop.abort(late), timeout);
  try {
    return await work(stop.signal);
  } catch (error) {
    seen.timedOut = stop.signal.aborted;
    throw seen.timedOut ? late : error;
  } finally {
    clearTimeout(timer);
  }
}

/** XML whose outermost element is `<ActionResponse>` or `<ErrorResponse>`. */
function isQueryAnswer(body: Uint8Array<ArrayBuffer>): boolean {
  const start = new TextDecoder().decode(body.subarray(0, 512));
  return /^\s*(?:<\?xml[^>]*\?>\s*)?<[A-Za-z]+Response[\s>]/.test(start);
}

/** The header's seconds in milliseconds; its other form, a date, is not used by AWS here. */
function retryAfter(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined;
}

/**
 * How far the server's clock is ahead; 0 where it may well be the same. The header has whole seconds, and
 * the answer took its time: the most that it can be, so that nothing is held to last longer than it does.
 */
function skewOf(date: string | null, sent: number, received: number): number | undefined {
  const theirs = date === null ? NaN : Date.parse(date);
  if (Number.isNaN(theirs)) return undefined;
  const agree = theirs > sent - clocksAgree && theirs < received + clocksAgree;
  return agree ? 0 : theirs + 1000 - sent;
}
