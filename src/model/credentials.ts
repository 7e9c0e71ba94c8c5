import type { Secret } from "./secret.ts";

/** Credentials that sign AWS requests. Without `sessionToken` they are an IAM user's access key. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken?: Secret;
  /** Milliseconds since 1970 on AWS's clock; absent for keys that do not expire. */
  readonly expires?: number;
}

/** Temporary credentials as athm keeps them, with their metadata. */
export interface Session {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken: Secret;
  /** Milliseconds since 1970 on this machine's clock: AWS's value, corrected for clock skew. */
  readonly expires: number;
  /** When the session was created, on this machine's clock. */
  readonly issued: number;
  /** Milliseconds that AWS's clock was ahead when it was issued; absent if it agreed. */
  readonly skew?: number;
  /** The principal, if it is known without another call. */
  readonly arn?: string;
  readonly account?: string;
}

/**
 * What a session is restricted to beyond its profile. As AWS evaluates session policies, several
 * allow together what any one of them allows.
 */
export interface Narrowing {
  /** The managed policy `ReadOnlyAccess`, whose ARN depends on the partition. */
  readonly readOnly?: boolean;
  readonly policy?: string;
  /** The policy's name in the store, for people only. */
  readonly named?: string;
  readonly policyArns?: readonly string[];
}

/** True if it allows reading and nothing else. */
export function isReadOnly({ readOnly, policy, policyArns = [] }: Narrowing): boolean {
  return readOnly === true && policy === undefined && policyArns.length === 0;
}

/** For people and the audit log: `read-only`, `policy, policy-arn deploy`. */
export function narrowingWords({ readOnly, policy, named, policyArns = [] }: Narrowing): string {
  return [
    ...readOnly ? ["read-only"] : [],
    ...policy === undefined ? [] : [named === undefined ? "policy" : `policy @${named}`],
    ...policyArns.map((arn) => `policy-arn ${arn.split("/").at(-1)}`),
  ].join(", ");
}

/** athm renews a kept session with less than this left: 5 minutes, in milliseconds. */
export const defaultMinTtl = 5 * 60_000;

/**
 * Milliseconds. None for a session issued in the future: the clock was ahead then, so its expiry is
 * too late by the same amount.
 */
export function timeLeft(session: Pick<Session, "expires" | "issued">, now: number): number {
  return session.issued > now ? 0 : session.expires - now;
}

/** True while more than `minTtl` milliseconds are left. */
export function isFresh(
  session: Pick<Session, "expires" | "issued">,
  now: number,
  minTtl: number,
): boolean {
  return timeLeft(session, now) > minTtl;
}

/** Milliseconds that programs should have left; AWS SDKs refresh credentials with less. */
export const goodLife = 15 * 60_000;

/**
 * When to renew a session, in milliseconds since 1970: at two thirds of its lifetime, up to a
 * twentieth sooner or later by `chance` (0 to 1) so that many processes do not renew at once. Earlier
 * if less than 15 minutes would be left, because SDKs refetch such credentials on every call, but
 * never before half of the lifetime.
 */
export function renewalDue(session: Session, chance: number): number {
  const life = session.expires - session.issued;
  const twoThirds = session.issued + life * (2 / 3 + (chance - 0.5) / 10);
  return Math.min(twoThirds, goodUntil(session));
}

/** The last moment with 15 minutes left, or half of the lifetime if it is too short for that. */
export function goodUntil({ expires, issued }: Pick<Session, "expires" | "issued">): number {
  return Math.max(expires - goodLife, issued + (expires - issued) / 2);
}

/** Milliseconds for which a person's yes may last. */
export const longestConfirmation = 12 * 3600_000;

/** Milliseconds for which AWS accepts an identity provider's assertion. */
export const assertionLife = 5 * 60_000;

export function rfc3339(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, "Z");
}
