import { defined, isJsonObject } from "../model/fields.ts";
import type { Credentials } from "../model/credentials.ts";
import { type Failure, usage } from "../model/failure.ts";
import { checkAccessKeyId, checkSecretAccessKey, checkSessionToken } from "../model/limits.ts";
import { Secret } from "../model/secret.ts";

/** A key as entered, not yet checked. */
export interface GivenKey {
  readonly id: string | undefined;
  readonly secret: string | undefined;
  readonly token?: string | undefined;
  readonly expiration?: string | undefined;
}

/**
 * Errors name `from` and never quote the text. @throws {Failure} `usage`
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 */
export function readDocument(text: string, from: string): GivenKey {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw misfit(from, "the input is not JSON");
  }
  if (!isJsonObject(document)) {
    throw misfit(from, "the input is not a JSON object");
  }
  if (document.Version !== undefined && document.Version !== 1) {
    throw misfit(from, "Version must be 1");
  }
  const textOf = (name: string) => {
    const value = document[name] ?? undefined;
    if (value === undefined || typeof value === "string") return value;
    throw misfit(from, `${name} must be a string`);
  };
  const given = {
    id: textOf("AccessKeyId"),
    secret: textOf("SecretAccessKey"),
    token: textOf("SessionToken"),
    expiration: textOf("Expiration"),
  };
  if (!given.id) throw misfit(from, "AccessKeyId is missing");
  if (!given.secret) throw misfit(from, "SecretAccessKey is missing");
  return given;
}

/** @throws {Failure} `usage`, which never quotes a secret part */
export function checkedKey({ id = "", secret = "", token, expiration }: GivenKey): Credentials {
  checkAccessKeyId(id);
  checkSecretAccessKey(secret);
  if (token) checkSessionToken(token);
  else if (id.startsWith("ASIA")) {
    throw usage(
      "the access key ID begins with ASIA: a temporary key requires its session token",
      "copy AWS_SESSION_TOKEN as well; a permanent key begins with AKIA",
    );
  }
  const expires = expiration ? timeOf(expiration) : undefined;
  return defined({
    accessKeyId: id,
    secretAccessKey: new Secret(secret),
    sessionToken: token ? new Secret(token) : undefined,
    expires: token ? expires : undefined,
  });
}

/** RFC 3339 as SDKs accept it: any offset and any fraction of a second. */
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

function timeOf(text: string): number {
  const time = rfc3339.test(text) ? Date.parse(text) : NaN;
  if (!Number.isNaN(time)) return time;
  throw usage("Expiration is not a time such as 2030-01-02T03:04:05Z");
}

function misfit(from: string, what: string): Failure {
  return usage(
    `${from}: ${what}`,
    'a credential_process prints {"Version":1,"AccessKeyId":"…","SecretAccessKey":"…"}',
  );
}
