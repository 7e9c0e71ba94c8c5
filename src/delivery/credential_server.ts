import { defined } from "../model/defined.ts";
import { rfc3339, type Session } from "../model/credentials.ts";
import { sameText } from "../model/constant_time.ts";
import { Failure } from "../model/failure.ts";
import type { Secret } from "../model/secret.ts";
import type { System } from "../system/system.ts";
import type { RequestHead } from "../system/http_head.ts";
import { type Answer, refusal } from "./http_server.ts";

/** Whom a credential server answers, and with what. */
export interface Door {
  /** What the client must send as Authorization, unchanged. */
  readonly token: Secret;
  /**
   * What its Host header must say: a web page that reaches the port by another name is turned away.
   * Absent where a certificate does that.
   */
  readonly hosts: readonly string[] | undefined;
  /** The session behind a path, or nothing when there is none such. */
  readonly credentials: (path: string) => Promise<Session> | undefined;
}

/**
 * Answers as the container credentials endpoint of ECS and EKS does.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
export function answerFor(
  system: Pick<System, "trace">,
  door: Door,
): (request: RequestHead) => Promise<Answer> {
  return async ({ method, target, headers }) => {
    const answer = await answerTo(door, method, target, headers);
    system.trace("credentials asked", { status: answer.status });
    return answer;
  };
}

async function answerTo(
  { token, hosts, credentials }: Door,
  method: string,
  target: string,
  headers: RequestHead["headers"],
): Promise<Answer> {
  if (hosts && !hosts.includes(headers.get("host")?.toLowerCase() ?? "")) {
    return refusal(403, "WrongHost", "the Host header is not this server's");
  }
  if (method !== "GET") return refusal(405, "MethodNotAllowed", "only GET is answered");
  if (!sameText(headers.get("authorization") ?? "", token.reveal())) {
    return refusal(401, "WrongToken", "the Authorization header is not this server's token");
  }
  try {
    const session = await credentials(target);
    return session ? granted(session) : refusal(404, "NotFound", "there is nothing at this path");
  } catch (error) {
    return error instanceof Failure
      ? failed(error)
      : refusal(500, "Failed", "something in athm itself went wrong; see athm's --debug");
  }
}

function granted(session: Session): Answer {
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

/** What may pass is a 503, for SDKs to try again; on a 4xx most of them stop at once. */
function failed(failure: Failure): Answer {
  const { message, hint } = failure;
  const text = hint === undefined ? message : `${message} (${hint})`;
  if (failure.passing) return refusal(503, "TryAgain", text);
  return refusal(failure.code === "not-found" ? 404 : 403, "SignInFailed", text);
}
