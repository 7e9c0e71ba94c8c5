import { Failure } from "../model/failure.ts";
import type { Portal } from "../model/portal.ts";
import type { JsonAnswer } from "./json_call.ts";

/** One kind of refusal: the first row that fits is taken. */
interface PortalRefusalRule {
  readonly words: readonly string[];
  readonly actions?: readonly string[];
  /** The rest of the sentence `HOST refused ACTION: …`. */
  readonly why: string;
  readonly hint?: string;
}

const wrongPortal =
  "check --sso-start-url, and --sso-region: it is the region of the Identity Center, which the access portal shows under Access keys";

const table: readonly PortalRefusalRule[] = [
  {
    words: ["invalid_request"],
    actions: ["RegisterClient", "StartDeviceAuthorization"],
    why: "it does not know this access portal in this region",
    hint: wrongPortal,
  },
  {
    words: ["invalid_redirect_uri"],
    why: "it does not take a callback to this machine",
    hint: "sign in with a code: --sso-device-code",
  },
  {
    words: ["unauthorized_client", "unsupported_grant_type"],
    why: "it does not let athm sign in in this way",
    hint: "sign in with a code: --sso-device-code; else ask whoever runs the Identity Center",
  },
  {
    words: ["invalid_scope"],
    why: "it does not grant access to accounts (scope sso:account:access)",
    hint: "ask whoever runs the Identity Center",
  },
  {
    words: ["forbidden", "access_denied", "http 403"],
    why: "access is forbidden",
    hint:
      "a proxy, a firewall or a VPC endpoint's policy may be in the way; check --sso-region too",
  },
];

/** OAuth's words; AWS's exceptions are the same words otherwise written: `SlowDownException`. */
export function oauthWord(code: string): string {
  return code.replace(/Exception$/, "").replace(/(?<=[a-z])(?=[A-Z])/g, "_").toLowerCase();
}

/** A refusal of the service as a `Failure`: host, operation and code, never the answer's body. */
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

/** An answer that lacks what it is there for. */
export function brokenAnswer(
  url: string,
  action: string,
  answer: Pick<JsonAnswer, "requestId">,
): Failure {
  return new Failure(
    "network",
    `${new URL(url).host} answered ${action} without what it was asked for${requestWords(answer)}`,
    "is there a proxy in between, or an endpoint of another service?",
  );
}

export function requestWords({ requestId }: Pick<JsonAnswer, "requestId">): string {
  return requestId === undefined ? "" : ` (request id ${requestId})`;
}
