import { isJsonObject } from "../../model/fields.ts";
import { isLoopback } from "../../model/endpoint.ts";
import { Failure } from "../../model/failure.ts";
import { type Http, type HttpAnswer, tooSlow, within } from "../../system/http.ts";
import type { TokenRequest } from "./token_request.ts";

const requestTimeout = 15_000;
const mostAttempts = 3;
/** Maximum wait before the second request in milliseconds; doubles. */
const firstWait = 500;

export interface TokenEndpoint {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** Authenticates the job. */
  readonly bearer: string;
  readonly bearerVariable: string;
  readonly rejected?: BearerRejected;
  readonly field: string;
  readonly title: string;
  /** How to permit the job to request tokens. */
  readonly permission: string;
}

/** How an endpoint rejects an invalid bearer token, and what to do. */
export interface BearerRejected {
  readonly statuses: readonly number[];
  readonly hint: string;
}

const usualRejection: BearerRejected = {
  statuses: [401],
  hint: "take it unchanged from the running job's environment: it expires with its job",
};

/** https, or http to a loopback address: it receives the job's credentials. @throws {Failure} */
export function endpointIn(text: string, variable: string): URL {
  const url = /^https?:\/\/[\x21-\x7e]+$/i.test(text) ? URL.parse(text) : null;
  if (!url || url.username || url.password) {
    throw new Failure("source", `${variable} is not an http or https URL`);
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    throw new Failure(
      "source",
      `${variable} is a plain http URL of ${url.hostname}, which would expose the job's token`,
      "it must be https",
    );
  }
  return url;
}

/** Retries temporary failures twice. @throws {Failure} `source`, `network`, `tls` */
export async function askEndpoint(
  { system, trustedPem }: TokenRequest,
  endpoint: TokenEndpoint,
  timeout = requestTimeout,
): Promise<string> {
  if (!/^[\x21-\x7e]{1,16384}$/.test(endpoint.bearer)) {
    throw new Failure("source", `${endpoint.title}'s request token is not valid`);
  }
  using http = await system.http(endpoint.url.href, trustedPem);
  for (let attempt = 1;; attempt++) {
    try {
      return tokenIn(await send(http, endpoint, timeout), endpoint);
    } catch (error) {
      const again = error instanceof Failure && error.passing && attempt < mostAttempts;
      if (!again) throw error;
      system.trace("identity token", { host: endpoint.url.host, attempt, result: error.code });
      await system.sleep(firstWait * 2 ** (attempt - 1) * (0.5 + system.chance() / 2));
    }
  }
}

function send(
  http: Http,
  { method, url, bearer, headers: others }: TokenEndpoint,
  timeout: number,
): Promise<HttpAnswer> {
  const hint = "check the network, HTTPS_PROXY and NO_PROXY, and try again";
  const headers = { accept: "application/json", authorization: `Bearer ${bearer}`, ...others };
  const request = { method, url: url.href, headers };
  const late = tooSlow(url.host, timeout, hint);
  return within(timeout, late, (signal) => http.send({ ...request, signal }));
}

/** The token in a response, whose text is never quoted: it may contain one. */
function tokenIn({ status, headers, body }: HttpAnswer, endpoint: TokenEndpoint): string {
  const { title, permission, field, url, bearerVariable, rejected = usualRejection } = endpoint;
  if (status === 429 || (status >= 500 && status <= 599)) {
    throw new Failure(
      "network",
      `${title} failed to issue an identity token (HTTP ${status})`,
      "try again in a minute",
    );
  }
  if (rejected.statuses.includes(status)) {
    throw new Failure(
      "source",
      `${title} rejected the token in ${bearerVariable} (HTTP ${status})`,
      rejected.hint,
    );
  }
  if ([400, 403, 404].includes(status)) {
    throw new Failure(
      "source",
      `${title} denied the request for an identity token (HTTP ${status})`,
      permission,
    );
  }
  const token = status === 200 ? fieldOf(body, field) : undefined;
  if (token !== undefined) return token;
  const type = /^[\w.+-]+\/[\w.+-]+/.exec(headers.get("content-type") ?? "")?.[0] ??
    "no content type";
  throw new Failure(
    "source",
    `${url.host} did not return an identity token (HTTP ${status}, ${type})`,
    "a proxy may be in between: check HTTPS_PROXY and NO_PROXY",
  );
}

function fieldOf(body: Uint8Array, field: string): string | undefined {
  try {
    const answer: unknown = JSON.parse(new TextDecoder().decode(body));
    if (!isJsonObject(answer) || !Object.hasOwn(answer, field)) return undefined;
    const value = answer[field];
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
