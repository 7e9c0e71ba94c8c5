import type { Session } from "../model/credentials.ts";
import { Failure } from "../model/failure.ts";
import { Secret } from "../model/secret.ts";

export interface IssuedFields {
  readonly accessKeyId: string | undefined;
  readonly secretAccessKey: string | undefined;
  readonly sessionToken: string | undefined;
  /** Milliseconds since 1970 on AWS's clock. */
  readonly expiration: number | undefined;
}

/**
 * Visible ASCII, 16 KiB at most. Anything else cannot travel in a header, and shells and terminals
 * disagree on what it means: a NUL ends a variable, an escape sequence rewrites the screen.
 */
const visible = /^[\x21-\x7e]{1,16384}$/;

/** Whether every text is valid as a key, secret, token or ARN. */
export function areVisible(texts: readonly (string | undefined)[]): boolean {
  return texts.every((text) => text !== undefined && visible.test(text));
}

/**
 * Nothing if a field is missing or malformed. @throws {Failure} `aws` if they have expired
 * @param skew milliseconds that AWS's clock is ahead
 * @param longestLife milliseconds, the longest session that the service issues
 */
export function issuedSession(
  { accessKeyId, secretAccessKey, sessionToken, expiration }: IssuedFields,
  { host, action, now, skew, longestLife }: {
    readonly host: string;
    readonly action: string;
    readonly now: number;
    readonly skew: number;
    readonly longestLife: number;
  },
): Session | undefined {
  const areValid = areVisible([accessKeyId, secretAccessKey, sessionToken]);
  if (!areValid || expiration === undefined || !Number.isFinite(expiration)) return undefined;
  const expires = expiration - skew;
  if (expires <= now) {
    throw new Failure(
      "aws",
      `${host} returned credentials for ${action} that have already expired`,
      "check this machine's clock: athm doctor compares it with AWS's",
    );
  }
  return {
    accessKeyId: accessKeyId ?? "",
    secretAccessKey: new Secret(secretAccessKey ?? ""),
    sessionToken: new Secret(sessionToken ?? ""),
    // A Date header forged by a proxy must not produce a session that seems to last forever.
    expires: Math.min(expires, now + longestLife),
    issued: now,
    ...skew ? { skew } : {},
  };
}
