import { defined } from "../model/fields.ts";
import { rfc3339, type Session } from "../model/credentials.ts";
import { sameText } from "../model/constant_time.ts";
import { Failure } from "../model/failure.ts";
import type { Secret } from "../model/secret.ts";
import type { System } from "../system/system.ts";
import type { RequestHead } from "../system/http_head.ts";
import { type HttpResponse, refusal } from "./http_server.ts";

/** Which requests a credential server accepts, and the sessions it serves. */
export interface Door {
  /** The client with this Authorization header, if any. */
  readonly client: (authorization: string) => Promise<ServerClient | undefined>;
  /** Against DNS rebinding by web pages. Undefined if a TLS certificate protects against that. */
  readonly hosts: readonly string[] | undefined;
}

export interface ServerClient {
  /** Undefined if there is nothing for this client at the path. */
  readonly credentials: (path: string) => Promise<Session> | undefined;
}

/** A door for one client, whose Authorization header is exactly the token. */
export function onlyClient(
  token: Secret,
  credentials: ServerClient["credentials"],
): Door["client"] {
  return (authorization) =>
    Promise.resolve(sameText(authorization, token.reveal()) ? { credentials } : undefined);
}

/**
 * Implements the container credentials endpoint of ECS and EKS.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
export function answerFor(
  system: Pick<System, "trace">,
  door: Door,
): (request: RequestHead) => Promise<HttpResponse> {
  return async ({ method, target, headers }) => {
    const answer = await answerTo(door, method, target, headers);
    system.trace("credentials requested", { status: answer.status });
    return answer;
  };
}

async function answerTo(
  { client, hosts }: Door,
  method: string,
  target: string,
  headers: RequestHead["headers"],
): Promise<HttpResponse> {
  if (hosts && !hosts.includes(headers.get("host")?.toLowerCase() ?? "")) {
    return refusal(403, "WrongHost", "the Host header does not match this server");
  }
  if (method !== "GET") return refusal(405, "MethodNotAllowed", "only GET is supported");
  try {
    const known = await client(headers.get("authorization") ?? "");
    if (!known) {
      return refusal(401, "WrongToken", "the Authorization header has no token of this server");
    }
    const session = await known.credentials(target);
    return session ? granted(session) : refusal(404, "NotFound", "no credentials at this path");
  } catch (error) {
    return error instanceof Failure
      ? failed(error)
      : refusal(500, "Failed", "internal error in athm; run it with --debug for details");
  }
}

function granted(session: Session): HttpResponse {
  return {
    status: 200,
    body: defined({
      AccessKeyId: session.accessKeyId,
      SecretAccessKey: session.secretAccessKey.reveal(),
      Token: session.sessionToken.reveal(),
      Expiration: rfc3339(session.expires),
      AccountId: session.account,
    }),
  };
}

/** Temporary failures are a 503, so that SDKs retry; most SDKs give up at once on a 4xx. */
function failed(failure: Failure): HttpResponse {
  const { message, hint } = failure;
  const text = hint === undefined ? message : `${message} (${hint})`;
  if (failure.passing) return refusal(503, "TryAgain", text);
  return refusal(failure.code === "not-found" ? 404 : 403, "SignInFailed", text);
}
