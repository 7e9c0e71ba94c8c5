/**
 * Who signed a request: AWS's checks, with its error messages.
 *
 * Messages as AWS gives them:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
 *
 * @module
 */

import type { Credential } from "./accounts.ts";
import { AwsError } from "./answers.ts";
import type { Incoming } from "./service.ts";
import { equalInConstantTime, type Scope, sha256Hex, sign } from "./sigv4.ts";

/** The content of a SigV4 `Authorization` header, not yet verified. */
export interface Claim {
  readonly accessKeyId: string;
  readonly scope: Scope;
  /** Lower-case names. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/** A signer with a valid signature. */
export interface Signer {
  readonly credential: Credential;
  readonly region: string;
}

const algorithm = "AWS4-HMAC-SHA256";

/** Maximum difference between a signature's date and the service's clock, in milliseconds. */
const dateWindow = 15 * 60_000;

function incomplete(message: string): AwsError {
  return new AwsError(400, "IncompleteSignature", message);
}

function mismatch(message: string): AwsError {
  return new AwsError(403, "SignatureDoesNotMatch", message);
}

/** The same message for an unknown key and for another key's token, as in AWS. */
function invalidToken(): AwsError {
  return new AwsError(
    403,
    "InvalidClientTokenId",
    "The security token included in the request is invalid.",
  );
}

/** Parses the header; throws AWS's {@link AwsError} for a malformed one. */
export async function parseAuthorization(
  header: string | undefined,
  expected = algorithm,
): Promise<Claim> {
  const [, name, rest = ""] = /^(\S+)\s*(.*)$/.exec(header?.trim() ?? "") ?? [];
  if (header === undefined || !name?.startsWith("AWS4-")) {
    throw new AwsError(
      403,
      "MissingAuthenticationToken",
      "Request is missing Authentication Token",
    );
  }
  if (name !== expected) throw incomplete(`Unsupported AWS 'algorithm': '${name}'.`);

  // Newer responses contain a digest of the header instead of the header, to keep it out of logs.
  const digest = (await sha256Hex(new TextEncoder().encode(header))).slice(0, 16);
  const fields = new Map<string, string>();
  for (const part of rest.split(",")) {
    const at = part.indexOf("=");
    if (at < 0) {
      throw incomplete(
        `Invalid key=value pair (missing equal-sign) in Authorization header ` +
          `(hashed with SHA-256): '${digest}'.`,
      );
    }
    fields.set(part.slice(0, at).trim(), part.slice(at + 1).trim());
  }
  const missing = ["Credential", "Signature", "SignedHeaders"].filter((field) =>
    !fields.get(field)
  );
  if (missing.length > 0) {
    throw incomplete(
      missing.map((field) => `Authorization header requires '${field}' parameter.`).join(" ") +
        ` (Hashed with SHA-256) Authorization=${digest}`,
    );
  }
  const credential = fields.get("Credential") ?? "";
  const [accessKeyId, date, region, service, terminator, ...more] = credential.split("/");
  if (!accessKeyId || !date || !region || !service || !terminator || more.length > 0) {
    throw incomplete(
      "Credential must have exactly 5 slash-delimited elements, " +
        `e.g. keyid/date/region/service/term, got '${credential}'`,
    );
  }
  if (terminator !== "aws4_request") {
    throw mismatch(
      `Credential should be scoped with a valid terminator: 'aws4_request', not '${terminator}'.`,
    );
  }
  return {
    accessKeyId,
    scope: { date, region, service },
    signedHeaders: (fields.get("SignedHeaders") ?? "").split(";"),
    signature: fields.get("Signature") ?? "",
  };
}

/**
 * The region that a host name of AWS stands for: `sts-fips.us-west-2.amazonaws.com` and
 * `vpce-1-2.sts.us-west-2.vpce.amazonaws.com` are us-west-2, the global `sts.amazonaws.com` is
 * us-east-1; `undefined` for any other host, such as a loopback address.
 *
 * https://docs.aws.amazon.com/general/latest/gr/sts.html
 */
export function regionOfHost(host: string, service: string): string | undefined {
  const name = host.replace(/:\d+$/, "").toLowerCase();
  if (name === `${service}.amazonaws.com`) return "us-east-1";
  const labels = name.split(".");
  const at = labels.findIndex((label) => label === service || label === `${service}-fips`);
  const region = labels[at + 1] ?? "";
  return at >= 0 && /^[a-z]{2,4}(-[a-z]+)+-\d+$/.test(region) ? region : undefined;
}

/** `YYYYMMDDTHHMMSSZ`. */
function basicFormat(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, "");
}

function parseBasicFormat(text: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  const [, year, month, day, hour, minute, second] = match ?? [];
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(time)) {
    throw incomplete(
      `Date must be in ISO-8601 'basic format'. Got '${text}'. ` +
        "See http://en.wikipedia.org/wiki/ISO_8601",
    );
  }
  return time;
}

function checkDate(dateTime: string, now: number): void {
  const signedAt = parseBasicFormat(dateTime);
  if (signedAt < now - dateWindow) {
    throw mismatch(
      `Signature expired: ${dateTime} is now earlier than ${basicFormat(now - dateWindow)} ` +
        `(${basicFormat(now)} - 15 min.)`,
    );
  }
  if (signedAt > now + dateWindow) {
    throw mismatch(
      `Signature not yet current: ${dateTime} is still later than ` +
        `${basicFormat(now + dateWindow)} (${basicFormat(now)} + 15 min.)`,
    );
  }
}

function checkScope(scope: Scope, service: string, host: string, dateTime: string): void {
  if (scope.service !== service) {
    throw mismatch(`Credential should be scoped to correct service: '${service}'. `);
  }
  const region = regionOfHost(host, service);
  if (region !== undefined && scope.region !== region) {
    throw mismatch(`Credential should be scoped to a valid region, not '${scope.region}'. `);
  }
  const date = dateTime.slice(0, 8);
  if (scope.date !== date) {
    throw mismatch(
      "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from " +
        `HTTP: '${scope.date}' != '${date}', from '${dateTime}'.`,
    );
  }
}

/**
 * The host and every header that AWS interprets must be signed, or anyone on the way could add one.
 */
function checkSignedHeaders(incoming: Incoming, signed: readonly string[]): void {
  const needed = [...incoming.headers.keys()]
    .filter((name) => name === "host" || name.startsWith("x-amz-"));
  for (const name of needed) {
    if (!signed.includes(name)) {
      const called = name === "host" ? "'Host' or ':authority'" : `'${name}'`;
      throw mismatch(`${called} must be a 'SignedHeader' in the AWS Authorization.`);
    }
  }
}

/** The key of a request, if its token belongs to the key and has not expired. */
function findCredential(
  incoming: Incoming,
  accessKeyId: string,
  credentials: ReadonlyMap<string, Credential>,
  now: number,
): Credential {
  const credential = credentials.get(accessKeyId);
  if (credential === undefined || credential.key?.active === false) throw invalidToken();
  if (credential.key && credential.key.unknownFor > 0) {
    credential.key.unknownFor -= 1;
    throw invalidToken();
  }
  const token = incoming.headers.get("x-amz-security-token") ?? "";
  if (!equalInConstantTime(token, credential.sessionToken ?? "")) throw invalidToken();
  if (credential.expiresAt !== undefined && now >= credential.expiresAt) {
    throw new AwsError(
      403,
      "ExpiredToken",
      "The security token included in the request is expired",
    );
  }
  return credential;
}

/**
 * Verifies who signed a request for `service`, or throws AWS's {@link AwsError}. `now` is in
 * milliseconds since 1970.
 */
export async function authenticate(
  incoming: Incoming,
  service: string,
  credentials: ReadonlyMap<string, Credential>,
  now: number,
): Promise<Signer> {
  const claim = await parseAuthorization(incoming.headers.get("authorization"));
  const dateTime = incoming.headers.get("x-amz-date");
  if (dateTime === undefined) {
    throw incomplete("Authorization header requires existence of a 'X-Amz-Date' header.");
  }
  parseBasicFormat(dateTime);
  const credential = findCredential(incoming, claim.accessKeyId, credentials, now);
  checkScope(claim.scope, service, incoming.headers.get("host") ?? "", dateTime);
  checkSignedHeaders(incoming, claim.signedHeaders);
  checkDate(dateTime, now);

  const parts = { ...incoming, signedHeaders: claim.signedHeaders };
  const expected = await sign(parts, dateTime, claim.scope, credential.secretAccessKey);
  if (!equalInConstantTime(expected, claim.signature)) {
    throw mismatch(
      "The request signature we calculated does not match the signature you provided. Check " +
        "your AWS Secret Access Key and signing method. Consult the service documentation for " +
        "details.",
    );
  }
  return { credential, region: claim.scope.region };
}
