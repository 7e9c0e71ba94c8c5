import { Failure } from "../model/failure.ts";
import { hint, profileName, rotateCommand, theProfile } from "../model/hint.ts";
import { roleNameOf } from "../model/arn.ts";
import { webIdentityRefusals } from "./explain_web_identity.ts";
import { samlRefusals } from "./explain_saml.ts";
import { webTokenRefusals } from "./explain_web_token.ts";
import type { Refusal, RefusalRule } from "./refusal.ts";

const throttling = [
  ...["Throttling", "ThrottlingException", "ThrottledException", "TooManyRequestsException"],
  ...["RequestLimitExceeded", "RequestThrottled", "RequestThrottledException", "SlowDown"],
];
const unsigned = ["SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature"];
const expired = ["ExpiredToken", "ExpiredTokenException"];
const denied = ["AccessDenied", "AccessDeniedException"];
/** From emulators, gateways and object stores that implement part of STS. */
const notOffered = ["MethodNotAllowed", "NotImplemented", "InvalidAction"];
const isNotOffered = ({ code, message }: Refusal) =>
  notOffered.includes(code) ||
  (code === "InvalidParameterValue" && message.startsWith("Unsupported action ")); // MinIO

const untimely = ["RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed"];

/** Error codes that a wrong clock may cause. */
export const clockCodes: readonly string[] = [...unsigned, ...untimely];

const wrongTime = ({ skew }: Refusal) => `the request's time differs from AWS's${clockWords(skew)}`;
const setClock = () => "set this machine's clock";
const inItsWords = (refusal: Refusal) => cleaned(refusal.message, refusal.secrets);
// Object stores give no message, for which the SDK has its own.
const deniedWords = (refusal: Refusal) =>
  /^\s*(?:UnknownError|Unknown)?\s*$/.test(refusal.message) ? "access denied" : inItsWords(refusal);

/**
 * What AWS's codes mean, and what to do.
 * https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_roles.html
 */
const rules: readonly RefusalRule[] = [
  {
    codes: throttling,
    failure: "aws-passing",
    why: () => "too many requests",
    hint: () => "try again in a minute",
  },
  ...webIdentityRefusals,
  ...samlRefusals,
  ...webTokenRefusals,
  {
    codes: expired,
    why: () => "the credentials that signed the request have expired",
    hint: () =>
      hint`the source credentials of ${theProfile} are temporary and have expired: refresh them, or run athm aws add ${profileName} --force`,
  },
  { codes: untimely, why: wrongTime, hint: setClock },
  { codes: unsigned, message: /expired|not yet current/i, why: wrongTime, hint: setClock },
  {
    codes: unsigned,
    message: /scoped to a valid region/i,
    why: ({ region }) =>
      `the request is signed for ${region}, but the endpoint belongs to another region`,
    hint: () => "set --region to the endpoint's region",
  },
  {
    codes: unsigned,
    why: () =>
      "the signature does not match: the secret access key does not belong to the access key ID",
    hint: ({ temporary }) =>
      temporary
        ? hint`sign in again: ${rotateCommand}`
        : hint`add the key again: athm aws add ${profileName} --force`,
  },
  {
    // Only an object store's STS uses S3's code, and it has no regions.
    codes: ["InvalidAccessKeyId"],
    why: ({ temporary }) =>
      temporary ? "the session is not valid there" : "the access key ID does not exist there",
    hint: ({ temporary }) =>
      temporary
        ? hint`sign in again: ${rotateCommand}`
        : hint`check the key and --endpoint-url; athm aws add ${profileName} --force replaces them`,
  },
  {
    codes: ["InvalidClientTokenId", "UnrecognizedClientException"],
    why: ({ region, temporary }) =>
      temporary
        ? `the session token is not valid in ${region}`
        : `the access key ID does not exist in ${region}`,
    hint: ({ temporary }) =>
      temporary
        ? hint`sign in again: ${rotateCommand}. Tokens of another partition (GovCloud, China) are not valid here, and tokens of the global endpoint are not valid in opt-in regions`
        : "the key may be deleted, inactive, or from another partition (GovCloud, China): check IAM and --region",
  },
  {
    codes: ["MissingAuthenticationToken", "MissingAuthenticationTokenException"],
    why: () => "the request arrived without its signature",
    hint: () => "check whether a proxy removes headers",
  },
  {
    codes: ["RegionDisabledException"],
    why: ({ region }) => `STS is not activated in ${region} for this account`,
    hint: () => "activate it in the account settings of IAM, or use another --region",
  },
  {
    codes: ["OptInRequired"],
    why: ({ region }) => `the account has not opted into ${region}`,
    hint: () => "enable the region for the account, or use another --region",
  },
  {
    codes: [...denied, "ValidationError"],
    message: /MultiFactorAuthentication failed.*(?:invalid MFA|one time pass ?code)/i,
    failure: "mfa-code",
    why: () => "the MFA code is wrong or was already used",
    hint: () => "each code works once: wait for the next one, and check the device's clock",
  },
  {
    codes: [...denied, "ValidationError"],
    message: /MultiFactorAuthentication failed/i,
    why: inItsWords,
    hint: () =>
      "check --mfa-serial: it must be the ARN of a device that shows codes (not a security key) and belongs to the user of the access key",
  },
  {
    codes: denied,
    action: "AssumeRole",
    message: /root accounts/i,
    why: () => "the root user's key cannot assume a role",
    hint: () => "use the key of an IAM user",
  },
  {
    codes: denied,
    action: "AssumeRole",
    message: /sts:(?:TagSession|SetSourceIdentity)/,
    why: inItsWords,
    hint: () => "the role's trust policy must allow this action in addition to sts:AssumeRole",
  },
  {
    codes: ["NoSuchEntity"],
    action: "AssumeRole",
    why: ({ roleArn }) => `the role ${roleNameOf(roleArn ?? "") ?? ""} does not exist`,
    hint: () => "check --role-arn",
  },
  {
    codes: denied,
    action: "AssumeRole",
    why: deniedWords,
    hint: ({ roleArn }) =>
      `check ${
        roleNameOf(roleArn ?? "") ?? "the role"
      }'s trust policy: it must allow this caller, ` +
      "and may require --external-id or --mfa-serial. AWS returns the same error if the role does not exist",
  },
  {
    codes: denied,
    action: "GetSessionToken",
    message: /session credentials/i,
    why: () => "GetSessionToken requires a user's own key, but this key belongs to a session",
    hint: () => "assume a role with --role-arn instead",
  },
  {
    codes: denied,
    action: "GetFederationToken",
    message: /session credentials/i,
    why: () => "GetFederationToken requires a user's own key, but this key belongs to a session",
    hint: () => "assume a role with --role-arn instead",
  },
  {
    codes: denied,
    action: "GetFederationToken",
    why: deniedWords,
    hint: () =>
      "the user's policies must allow sts:GetFederationToken; or use a profile for a role",
  },
  { codes: denied, why: deniedWords },
  { codes: ["NoSuchEntity"], why: inItsWords },
  {
    codes: ["ValidationError"],
    message: /role chaining/i,
    why: () => "a role that is assumed from another role lasts at most 1 hour",
    hint: () => "--duration 1h",
  },
  {
    codes: ["ValidationError"],
    message: /MaxSessionDuration/,
    failure: "aws-too-long",
    why: () => "the duration exceeds the role's maximum session duration",
    hint: () => "use a shorter --duration, or raise the role's maximum (1 to 12 hours) in IAM",
  },
  {
    codes: [
      ...["ValidationError", "ValidationException", "InvalidParameterValue"],
      ...["InvalidParameterCombination", "MissingParameter", "MalformedInput"],
    ],
    why: inItsWords,
  },
  { codes: ["ResourceNotFoundException", "InvalidParameterException"], why: inItsWords },
  {
    codes: ["MalformedPolicyDocument", "MalformedPolicyDocumentException"],
    why: (refusal) => `the session policy is not valid: ${inItsWords(refusal)}`,
    hint: () => "check --policy and --policy-arn",
  },
  {
    codes: ["PackedPolicyTooLarge", "PackedPolicyTooLargeException"],
    why: (refusal) =>
      `the session's policies and tags do not fit into its token, which has at most 4,096 bytes: ${
        spaceNeeded(refusal)
      }`,
    hint: () => "use a shorter --policy, or fewer --policy-arn and --tag options",
  },
];

/** `aws-passing` if a retry may help, else `aws`. Never quotes the response's body. */
export function explainRefusal(refusal: Refusal): Failure {
  if (isNotOffered(refusal)) return explainNotOffered(refusal);
  const { host, action, code, status } = refusal;
  const rule = rules.find((rule) =>
    rule.codes.includes(code) && (rule.action ?? action) === action &&
    (rule.message?.test(refusal.message) ?? true)
  );
  const end = requestWords(refusal.requestId);
  if (rule) {
    return new Failure(
      rule.failure ?? "aws",
      `${host} refused ${action}: ${rule.why(refusal)}${end}`,
      rule.hint?.(refusal),
    );
  }
  if (status === 429) return explainRefusal({ ...refusal, code: "Throttling" });
  const named = /^[A-Za-z0-9.:_-]{1,64}$/.test(code) ? code : "without a reason";
  if (status >= 500) {
    return new Failure(
      "aws-passing",
      `${host} returned a server error for ${action}: ${named} (HTTP ${status})${end}`,
      "try again in a minute; see https://health.aws.amazon.com for AWS outages",
    );
  }
  return new Failure("aws", `${host} refused ${action}: ${named} (HTTP ${status})${end}`);
}

function explainNotOffered({ host, action, requestId }: Refusal): Failure {
  const advice: Readonly<Record<string, string | undefined>> = {
    GetCallerIdentity: undefined,
    GetSessionToken: "assume a role with the key instead: --role-arn ARN, without --mfa-serial",
    GetFederationToken: "add a role to assume with the key: --role-arn ARN",
  };
  return new Failure(
    "aws-not-offered",
    `${host} does not offer ${action}${requestWords(requestId)}`,
    action in advice ? advice[action] : "check that --endpoint-url is the URL of an STS endpoint",
  );
}

/** A response that is not from AWS: a captive portal's, a proxy's or another program's. */
export function explainStranger(
  host: string,
  status: number,
  contentType: string | null,
  service = "STS",
): Failure {
  const type = /^[\w.+-]+\/[\w.+-]+/.exec(contentType ?? "")?.[0] ?? "no content type";
  // AWS's front end responds in HTML when overloaded.
  const passing = status === 429 || (status >= 500 && status <= 599);
  return new Failure(
    passing ? "aws-passing" : "network",
    `${host} did not return an ${service} response (HTTP ${status}, ${type})`,
    passing
      ? "try again in a minute"
      : "a proxy or captive portal may be in between: check the network, HTTPS_PROXY, NO_PROXY and --endpoint-url",
  );
}

export function explainBroken(host: string, action: string, requestId?: string): Failure {
  return new Failure(
    "network",
    `${host} returned an incomplete response to ${action}${requestWords(requestId)}`,
    "check that --endpoint-url is the URL of an STS endpoint",
  );
}

/** AWS's message on one line of at most 300 characters, without what looks like a secret. */
export function cleaned(text: string, secrets: readonly string[]): string {
  // Drop a word at the cut: it may be half a secret.
  const start = text.length > 4096 ? text.slice(0, 4096).replace(/\S*$/, "") : text;
  let clean = start.replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, " ");
  for (const secret of secrets) if (secret.length > 5) clean = clean.replaceAll(secret, "[secret]");
  // Keep ARNs even if their paths look random: they are the point of the message.
  clean = clean.replace(secretLike, (word) => word.startsWith("arn:") ? word : "[secret]").trim();
  if (clean.length > 300) clean = `${clean.slice(0, 299)}…`;
  return clean.replace(/[.\s]+$/, "") || "no reason given";
}

/** Matches ARNs, to keep; JSON web tokens; base64 as long as a secret access key. */
const secretLike =
  /arn:aws[a-z-]*:[\w:/+=,.@-]*|eyJ[\w-]{8,}(?:\.[\w-]+)*|(?=[A-Za-z0-9/+]*[0-9/+])(?=[A-Za-z0-9/+]*[a-z])(?=[A-Za-z0-9/+]*[A-Z])[A-Za-z0-9/+]{40,}={0,2}/g;

/** AWS only reports what percentage of the space the request would use. */
function spaceNeeded(refusal: Refusal): string {
  const percent = /\b(\d{1,6})\s?%/.exec(refusal.message)?.[1];
  return percent === undefined ? inItsWords(refusal) : `they need ${percent}% of its space`;
}

function requestWords(id: string | undefined): string {
  return id !== undefined && /^[\w-]{1,64}$/.test(id) ? ` (request ID ${id})` : "";
}

function clockWords(skew: number): string {
  const minutes = Math.round(Math.abs(skew) / 60_000);
  if (minutes === 0) return "";
  return `: this machine's clock is ${minutes} min ${skew > 0 ? "behind" : "ahead"}`;
}
