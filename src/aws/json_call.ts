import { defined, isJsonObject, type JsonObject } from "../model/fields.ts";
import { Failure } from "../model/failure.ts";
import { type Http, type HttpAnswer, tooSlow, within } from "../system/http.ts";
import type { System } from "../system/system.ts";
import { mostAttempts, waitBefore } from "./retry.ts";

export type CallSystem = Pick<System, "now" | "monotonic" | "sleep" | "chance" | "trace">;

export interface JsonCall {
  /** For the trace; default: `identity center`. */
  readonly service?: string;
  readonly action: string;
  readonly method: "GET" | "POST";
  /** The whole URL, which contains no secret. */
  readonly url: string;
  /** Generated for each attempt. */
  readonly headers?: () => Promise<Readonly<Record<string, string>>>;
  readonly body?: unknown;
  /** Maximum requests; default: 4. */
  readonly attempts?: number;
}

export interface JsonAnswer {
  readonly status: number;
  /** Empty if the response has no content. */
  readonly body: Readonly<Record<string, unknown>>;
  /** AWS's code, such as `UnauthorizedException`, or OAuth's, such as `slow_down`; empty on success. */
  readonly code: string;
  readonly requestId: string | undefined;
  /** Milliseconds that the server's clock is ahead of this machine's; 0 below 10 seconds. */
  readonly skew: number;
}

/** Timeout of one request in milliseconds. */
const timeLimit = 15_000;
/** Waits after the usual four attempts: milliseconds, with a random share. */
const patientWait = 2_000;

/** Retries throttling and server errors. @throws {Failure} never quotes request or response */
export async function callJson(
  system: CallSystem,
  http: Http,
  call: JsonCall,
): Promise<JsonAnswer> {
  const { attempts = mostAttempts } = call;
  for (let attempt = 1;; attempt++) {
    const begun = system.monotonic();
    const outcome = await attemptOnce(system, http, call);
    const failure = "trouble" in outcome ? outcome.trouble : undefined;
    system.trace(call.service ?? "identity center", {
      action: call.action,
      host: new URL(call.url).host,
      attempt,
      result: failure?.code ?? ((outcome as JsonAnswer).code || "done"),
      status: outcome.status,
      request: outcome.requestId,
      ms: Math.round(system.monotonic() - begun),
    });
    if (!("trouble" in outcome)) return outcome;
    const { trouble, silent, stranger } = outcome;
    const usual = waitBefore({ failure: trouble, silent, stranger }, attempt, system);
    const patient = trouble.passing && attempt >= mostAttempts && attempt < attempts && !silent;
    const wait = usual ?? (patient ? patientWait * (0.5 + system.chance()) : undefined);
    if (wait === undefined) throw trouble;
    await system.sleep(wait);
  }
}

interface FailedCall {
  readonly trouble: Failure;
  readonly silent: boolean;
  readonly stranger: boolean;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
}

async function attemptOnce(
  system: CallSystem,
  http: Http,
  call: JsonCall,
): Promise<JsonAnswer | FailedCall> {
  const { host } = new URL(call.url);
  const sent = system.now();
  const late = tooSlow(host, timeLimit);
  const request = defined({
    method: call.method,
    url: call.url,
    headers: defined({
      accept: "application/json",
      "user-agent": "athm",
      "content-type": call.body === undefined ? undefined : "application/json",
      ...await call.headers?.(),
    }),
    body: call.body === undefined ? undefined : JSON.stringify(call.body),
  });
  let answer: HttpAnswer;
  try {
    answer = await within(timeLimit, late, (signal) => http.send({ ...request, signal }));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const none = { status: undefined, requestId: undefined };
    return { trouble: error, silent: error === late, stranger: false, ...none };
  }
  const { status, headers } = answer;
  const requestId = requestIdOf(headers);
  const about = { status, requestId, silent: false };
  const body = objectIn(answer.body);
  // Captive portals and proxies respond in HTML, and so does AWS's front end when overloaded.
  if (!body) return { trouble: strange(host, status), stranger: true, ...about };
  const code = status < 300 ? "" : codeIn(headers, body) || `HTTP ${status}`;
  if (status === 429 || /^(too_?many_?requests|throttl)/i.test(code)) {
    const why = `${host} received too many requests`;
    const hint = "try again in a minute";
    return { trouble: new Failure("aws-passing", why, hint), stranger: false, ...about };
  }
  if (status >= 500) {
    const why = `${host} returned a server error for ${call.action} (HTTP ${status})`;
    const hint = "try again in a minute; see https://health.aws.amazon.com for AWS outages";
    return { trouble: new Failure("aws-passing", why, hint), stranger: false, ...about };
  }
  return { status, body, code, requestId, skew: skewOf(headers, sent, system.now()) };
}

/** The JSON object; empty without content, nothing if invalid. */
function objectIn(bytes: Uint8Array): JsonObject | undefined {
  if (bytes.length === 0) return {};
  try {
    const value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** `UnauthorizedException:http://…`, `com.amazonaws.portal#UnauthorizedException`, OAuth's `error`. */
function codeIn(headers: Headers, body: Readonly<Record<string, unknown>>): string {
  const words = [body.error, headers.get("x-amzn-errortype"), body.__type];
  const named = words.find((word) => typeof word === "string" && word !== "") as string | undefined;
  const code = named?.replace(/:.*$/s, "").replace(/^.*#/s, "") ?? "";
  // Only letters: never quote a token that a server echoes.
  return code.length <= 64 && /^[A-Za-z]+(?:_[A-Za-z]+)*$/.test(code) ? code : "";
}

function requestIdOf(headers: Headers): string | undefined {
  const id = headers.get("x-amzn-requestid") ?? "";
  return /^[\w-]{1,64}$/.test(id) ? id : undefined;
}

/** The Date header has whole seconds, and responses take time. */
const clocksAgree = 10_000;

function skewOf(headers: Headers, sent: number, received: number): number {
  const theirs = Date.parse(headers.get("date") ?? "");
  if (Number.isNaN(theirs) || headers.has("age")) return 0;
  const agree = theirs > sent - clocksAgree && theirs < received + clocksAgree;
  return agree ? 0 : theirs - received;
}

function strange(host: string, status: number): Failure {
  const passing = status === 429 || status >= 500;
  return new Failure(
    passing ? "aws-passing" : "network",
    `${host} returned an unexpected response (HTTP ${status})`,
    passing
      ? "try again in a minute"
      : "a proxy or captive portal may be in between: check the network, HTTPS_PROXY, NO_PROXY and the region",
  );
}
