import type { Credentials } from "../model/credentials.ts";
import type { StsEndpoint } from "../model/endpoint.ts";
import { Failure } from "../model/failure.ts";
import { defined } from "../model/fields.ts";
import type { Http } from "../system/http.ts";
import { clockCodes, explainRefusal } from "./explain.ts";
import { callJson, type CallSystem } from "./json_call.ts";
import { signedHeaders } from "./sigv4.ts";
import { secretsIn } from "./sts_call.ts";

/** A request to a service with a JSON protocol. */
export interface SignedCall {
  /** As in a credential scope, such as `ecr`. */
  readonly service: string;
  readonly action: string;
  /** For the hint if access is denied; default: the service and action. */
  readonly permission?: string;
  readonly method: "GET" | "POST";
  /** After the endpoint's URL, percent-encoded. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface SignedConnection {
  readonly system: CallSystem;
  readonly http: Http;
  readonly endpoint: StsEndpoint;
  readonly credentials: Credentials;
  /** Milliseconds that AWS's clock is ahead, as far as known; updated by each response. */
  readonly clock: { skew: number };
}

/** Milliseconds of change in the known skew that justify a retry of a refused signature. */
const worthwhile = 60_000;

/** The response's JSON object. @throws {Failure} `aws`, `aws-passing`, `network` or `tls` */
export async function callSigned(
  connection: SignedConnection,
  call: SignedCall,
): Promise<Readonly<Record<string, unknown>>> {
  const { system, http, endpoint, credentials, clock } = connection;
  const { service, action, permission = `${service}:${action}`, method } = call;
  const url = `${endpoint.url}${call.path}`;
  const text = call.body === undefined ? "" : JSON.stringify(call.body);
  const region = endpoint.signingRegion;
  for (let isLast = false;; isLast = true) {
    const answer = await callJson(system, http, {
      ...defined({ service, action, method, url, body: call.body }),
      headers: () => {
        const at = system.now() + clock.skew;
        const unsigned = { method, url, headers: call.headers ?? {} };
        return signedHeaders({ credentials, service, region, at }, unsigned, text);
      },
    });
    const before = clock.skew;
    clock.skew = answer.skew;
    if (answer.code === "") return answer.body;
    const isLate = clockCodes.includes(answer.code) &&
      Math.abs(answer.skew - before) >= worthwhile;
    if (isLate && !isLast) continue;
    const { message, Message } = answer.body;
    const failure = explainRefusal({
      host: new URL(url).host,
      action,
      status: answer.status,
      code: answer.code.startsWith("HTTP") ? "" : answer.code,
      message: typeof message === "string" ? message : typeof Message === "string" ? Message : "",
      requestId: answer.requestId,
      region,
      temporary: credentials.sessionToken !== undefined,
      skew: clock.skew,
      secrets: secretsIn(credentials),
    });
    const isDenied = answer.code.startsWith("AccessDenied") && failure.hint === undefined;
    throw isDenied
      ? new Failure(
        failure.code,
        failure.message,
        `the identity's policies must allow ${permission}`,
      )
      : failure;
  }
}
