import { rfc3339 } from "../model/credentials.ts";
import { Failure } from "../model/failure.ts";
import { type Hint, hint, profileName } from "../model/hint.ts";
import type { JsonAnswer } from "./json_call.ts";
import { nameIn } from "./json_fields.ts";
import type { ShownCertificate } from "../model/roles_anywhere.ts";
import { requestWords } from "./sso_explain.ts";

interface RefusedCertificate {
  readonly trustAnchorArn: string;
  readonly profileArn: string;
  readonly roleArn: string;
  readonly certificate: ShownCertificate;
  /** Milliseconds since 1970 on AWS's clock. */
  readonly now: number;
}

interface AnywhereRule {
  /** What AWS's code and message say; also decided by what is known about the certificate. */
  readonly said?: RegExp;
  readonly known?: (refused: RefusedCertificate) => boolean;
  /** Completes the sentence `HOST refused CreateSession: …`. */
  readonly why: (refused: RefusedCertificate) => string;
  readonly hint: (refused: RefusedCertificate) => Hint;
}

function renew({ certificate }: RefusedCertificate): Hint {
  const rest = certificate.isKept ? "add the profile again with --force" : "replace the file";
  return `get a new certificate from your CA, and ${rest}`;
}

/**
 * The first match is used. AWS does not document its messages; these are what its users report, so
 * what the certificate itself shows comes first.
 */
const rules: readonly AnywhereRule[] = [
  {
    known: ({ certificate, now }) => certificate.ends <= now,
    why: ({ certificate }) => `the certificate expired at ${rfc3339(certificate.ends)}`,
    hint: renew,
  },
  {
    known: ({ certificate, now }) => certificate.begins > now,
    why: ({ certificate }) => `the certificate is not valid before ${rfc3339(certificate.begins)}`,
    hint: () => "wait until then, or use another certificate",
  },
  {
    said: /expired.*(?:request|signature)|(?:request|signature).*expired|signature.*not yet/i,
    why: () => "the time of the request is wrong",
    hint: () => "check this machine's clock: athm doctor compares it with AWS's",
  },
  { said: /expired/i, why: () => "the certificate has expired", hint: renew },
  {
    said: /revoked/i,
    why: () => "the certificate is revoked",
    hint: renew,
  },
  {
    said: /untrusted|trust chain/i,
    why: ({ certificate }) =>
      `the trust anchor does not trust the certificate, which ${certificate.issuer} issued`,
    hint: ({ certificate, trustAnchorArn }) =>
      certificate.problem
        ? `replace that certificate: ${certificate.problem}`
        : `check that ${trustAnchorArn} is the anchor of that CA, and set the certificates between with --chain`,
  },
  {
    said: /roleSessionName/i,
    why: () => "the Roles Anywhere profile accepts no session name",
    hint: () =>
      hint`remove it: athm aws set ${profileName} --unset session-name; or let the profile accept custom role session names`,
  },
  {
    said: /session tags/i,
    why: () => "attributes of the certificate cannot become session tags",
    hint: () => "change the attribute mappings of the Roles Anywhere profile, or the certificate",
  },
  {
    said: /anchor.*(?:disabled|not enabled)/i,
    why: ({ trustAnchorArn }) => `the trust anchor ${trustAnchorArn} is disabled`,
    hint: () => "ask an administrator to enable it",
  },
  {
    said: /profile.*(?:disabled|not enabled)/i,
    why: ({ profileArn }) => `the Roles Anywhere profile ${profileArn} is disabled`,
    hint: () => "ask an administrator to enable it",
  },
  {
    said: /anchor.*not found/i,
    why: ({ trustAnchorArn }) => `the trust anchor ${trustAnchorArn} does not exist`,
    hint: () => "check --trust-anchor-arn",
  },
  {
    said: /profile.*not found/i,
    why: ({ profileArn }) => `the Roles Anywhere profile ${profileArn} does not exist`,
    hint: () => "check --ra-profile-arn",
  },
  {
    said: /role.*profile|profile.*role/i,
    why: ({ roleArn, profileArn }) =>
      `the role ${roleArn} is not in the Roles Anywhere profile ${profileArn}`,
    hint: () => "add the role to the profile, or use a role that is in it",
  },
  {
    said: /assume role|assumerole/i,
    why: ({ roleArn }) => `the role ${roleArn} cannot be assumed`,
    hint: () =>
      "its trust policy must allow rolesanywhere.amazonaws.com sts:AssumeRole, sts:TagSession and sts:SetSourceIdentity, with conditions that the certificate meets",
  },
  {
    said: /duration/i,
    why: () => "the session duration is not allowed",
    hint: () => hint`choose a shorter one: athm aws set ${profileName} --duration 1h`,
  },
  {
    said: /signature/i,
    why: () => "the signature is wrong",
    hint: () => "check that the private key belongs to the certificate",
  },
];

/** The refusal, explained; AWS's messages about certificates contain no secret. */
export function refusedByAnywhere(
  url: string,
  action: string,
  answer: JsonAnswer,
  refused: RefusedCertificate,
): Failure {
  const { code, status, body } = answer;
  const message = nameIn(body, "message") ?? nameIn(body, "Message") ?? "";
  // The name of a role may contain any word.
  const said = `${code} ${message}`.replaceAll(/\barn:\S+/g, "ARN");
  const rule = rules.find(({ known, said: pattern }) => known?.(refused) || pattern?.test(said));
  const words = code.startsWith("HTTP")
    ? "without a reason"
    : message
    ? `${code}: ${message}`
    : code;
  const why = rule?.why(refused) ?? `${words} (HTTP ${status})`;
  return new Failure(
    "aws",
    `${new URL(url).host} refused ${action}: ${why}${requestWords(answer)}`,
    rule?.hint(refused),
  );
}
