import { Failure } from "../model/failure.ts";
import type { Portal } from "../model/portal.ts";
import type { JsonAnswer } from "./json_call.ts";

interface PortalRefusalRule {
  readonly words: readonly string[];
  readonly actions?: readonly string[];
  /** Completes the sentence `HOST refused ACTION: …`. */
  readonly why: string;
  readonly hint?: string;
}

const wrongPortal =
  "check --sso-start-url and --sso-region; the access portal shows the region under Access keys";

const table: readonly PortalRefusalRule[] = [
  {
    words: ["invalid_request"],
    actions: ["RegisterClient", "StartDeviceAuthorization"],
    why: "this access portal does not exist in this region",
    hint: wrongPortal,
  },
  {
    words: ["invalid_redirect_uri"],
    why: "callbacks to this machine are not allowed",
    hint: "sign in with a code: --sso-device-code",
  },
  {
    words: ["unauthorized_client", "unsupported_grant_type"],
    why: "this way of signing in is not allowed",
    hint:
      "sign in with a code: --sso-device-code; otherwise contact your Identity Center administrator",
  },
  {
    words: ["invalid_scope"],
    why: "access to accounts is not granted (scope sso:account:access)",
    hint: "contact your Identity Center administrator",
  },
  {
    words: ["forbidden", "access_denied", "http 403"],
    why: "access is forbidden",
    hint:
      "a proxy, a firewall or a VPC endpoint policy may block the request; also check --sso-region",
  },
];

/** OAuth's error code for AWS's exception: `slow_down` for `SlowDownException`. */
export function oauthWord(code: string): string {
  return code.replace(/Exception$/, "").replace(/(?<=[a-z])(?=[A-Z])/g, "_").toLowerCase();
}

/** A refusal with host, operation and code, never the response's body. */
export function refusedByPortal(
  { oidcUrl }: Portal,
  action: string,
  answer: Pick<JsonAnswer, "code" | "status" | "requestId">,
): Failure {
  const { code, status } = answer;
  const row = table.find(({ words, actions }) =>
    words.includes(oauthWord(code)) && (actions?.includes(action) ?? true)
  );
  const why = row?.why ?? (code.startsWith("HTTP") ? "without a reason" : code);
  return new Failure(
    "aws",
    `${new URL(oidcUrl).host} refused ${action}: ${why}${row ? "" : ` (HTTP ${status})`}${
      requestWords(answer)
    }`,
    row?.hint,
  );
}

export function brokenAnswer(
  url: string,
  action: string,
  answer: Pick<JsonAnswer, "requestId">,
): Failure {
  return new Failure(
    "network",
    `${new URL(url).host} returned an incomplete response to ${action}${requestWords(answer)}`,
    "check for a proxy in between, or an endpoint of another service",
  );
}

export function requestWords({ requestId }: Pick<JsonAnswer, "requestId">): string {
  return requestId === undefined ? "" : ` (request ID ${requestId})`;
}
