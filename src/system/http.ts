import { Failure } from "../model/failure.ts";
import type { Environment } from "./machine.ts";

/** An HTTPS client; `close` frees its connections. */
export interface Http extends Disposable {
  /** Without redirects. @throws {Failure} `network` or `tls` if the server was not reached */
  send(request: HttpRequest): Promise<HttpAnswer>;
}

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly signal?: AbortSignal;
  /** The most bytes that the body of the answer may have; default 1 MiB. */
  readonly limit?: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The whole body. */
  readonly body: Uint8Array<ArrayBuffer>;
}

const bodyLimit = 1024 * 1024;

/** A proxy and the variable that sets it. */
export interface Proxy {
  readonly variable: string;
  /** Without the user name and password in its URL. */
  readonly host: string;
}

/** The proxy for an https URL, as the runtime chooses it: plain HTTP to this machine has none. */
export function proxyFor(url: string, { get }: Environment): Proxy | undefined {
  const { protocol, hostname } = new URL(url);
  if (protocol !== "https:") return undefined;
  const excepted = (get("NO_PROXY") || get("no_proxy") || "").split(",")
    .map((each) => each.trim().replace(/^\*?\./, "")).filter(Boolean)
    .some((each) => each === "*" || hostname === each || hostname.endsWith(`.${each}`));
  if (excepted) return undefined;
  const variable = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"].find(get);
  const text = variable === undefined ? "" : get(variable) ?? "";
  const host = URL.parse(text)?.host || URL.parse(`http://${text}`)?.host;
  return variable === undefined || !host ? undefined : { variable, host };
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** @param proxy the proxy that requests to a URL go through, for errors */
export function connect(
  fetch: Fetch,
  close: () => void,
  proxy: (url: string) => Proxy | undefined = () => undefined,
): Http {
  return {
    send: async ({ url, signal, limit = bodyLimit, ...request }) => {
      try {
        const init = { ...request, redirect: "manual" as const, ...(signal ? { signal } : {}) };
        const response = await fetch(url, init);
        const body = response.body ? await readAtMost(response.body, limit) : new Uint8Array();
        if (!body) {
          throw new Failure(
            "aws",
            `${new URL(url).host} returned more than ${limit / 2 ** 20} MiB`,
          );
        }
        return { status: response.status, headers: response.headers, body };
      } catch (error) {
        throw failedRequest(new URL(url).host, error, proxy(url));
      }
    },
    [Symbol.dispose]: close,
  };
}

/** Calls `work` with a signal that aborts after `timeout` milliseconds, and throws `late` then. */
export async function within<T>(
  timeout: number,
  late: Failure,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  // Not `System.sleep`, which may return at once in a test.
  const timer = setTimeout(() => stop.abort(late), timeout);
  try {
    return await work(stop.signal);
  } catch (error) {
    throw stop.signal.aborted ? late : error;
  } finally {
    clearTimeout(timer);
  }
}

export function tooSlow(
  host: string,
  timeout: number,
  hint = "check the network, HTTPS_PROXY and NO_PROXY",
): Failure {
  return new Failure("network", `${host} did not answer within ${timeout / 1000} s`, hint);
}

/** The proxy variables that the runtime reads for `http:`. */
export const proxyVariables = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

export function failedBundle(error: unknown): Failure {
  return new Failure(
    "usage",
    "cannot read the CA bundle: the file is not PEM, or is damaged",
    "it is set by --ca-bundle or AWS_CA_BUNDLE; inspect it with openssl x509 -in FILE -noout -text",
    { cause: error },
  );
}

/** Reads a stream to its end; nothing if it exceeds `limit` bytes. */
export async function readAtMost(
  stream: ReadableStream<Uint8Array>,
  limit: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > limit) return undefined;
    chunks.push(chunk);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

export function failedRequest(host: string, error: unknown, proxy?: Proxy): Failure {
  if (error instanceof Failure) return error;
  const text = causeChain(error);
  const options = { cause: error };
  if (/certificate|UnknownIssuer|NotValidForName|tls handshake|InvalidCertificate/i.test(text)) {
    return new Failure(
      "tls",
      `the certificate of ${host} is not trusted`,
      "behind a corporate proxy, set its certificate authority with --ca-bundle FILE or AWS_CA_BUNDLE",
      options,
    );
  }
  const cause = networkCauses.find(([pattern]) => pattern.test(text))?.[1] ??
    "the connection failed";
  if (proxy) {
    return new Failure(
      "network",
      `cannot reach ${host} through the proxy ${proxy.host}: ${cause}`,
      `check the proxy, which ${proxy.variable} sets; NO_PROXY=${host} bypasses it`,
      options,
    );
  }
  return new Failure(
    "network",
    `cannot reach ${host}: ${cause}`,
    "check the network, the proxy variables (HTTPS_PROXY, NO_PROXY) and the spelling of the endpoint",
    options,
  );
}

/** The cause in the message of a host name that does not exist. */
export const cannotResolve = "the name cannot be resolved";

const networkCauses: readonly (readonly [RegExp, string])[] = [
  [/TimeoutError|timed out|AbortError/i, "timed out"],
  [/dns error|failed to lookup|resolve/i, cannotResolve],
  [/refused/i, "connection refused"],
  [/proxy|tunnel|unsuccessful/i, "the proxy refused"],
  [/reset|closed|broken pipe|incomplete|unexpected EOF/i, "the connection was interrupted"],
  [/unreachable/i, "no route to the host"],
];

/** The messages of an error and its causes, for matching only, never shown. */
function causeChain(error: unknown): string {
  const words: string[] = [];
  for (let at = error; at instanceof Error && words.length < 8; at = at.cause) {
    words.push(`${at.name} ${at.message}`);
  }
  return words.join("; ");
}
