import type { Secret } from "./secret.ts";

/** What signs a request to AWS. Without `sessionToken` it is an IAM user's own key. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken?: Secret;
  /** Milliseconds since 1970 on AWS's clock; absent for keys that do not run out. */
  readonly expires?: number;
}

/** Temporary credentials as athm keeps them, with what is known about them. */
export interface Session {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken: Secret;
  /** Milliseconds since 1970 on this machine's clock: AWS's answer, corrected by the clock skew. */
  readonly expires: number;
  /** When it was made, on this machine's clock. */
  readonly issued: number;
  /** Whose credentials they are, where that is known without another call. */
  readonly arn?: string;
  readonly account?: string;
}

/** Least life left, in milliseconds, at which a kept session is still handed out: 5 minutes. */
export const defaultMinTtl = 5 * 60_000;

/** Milliseconds of life left at `now`; negative when it has run out. */
export function timeLeft(session: Pick<Session, "expires">, now: number): number {
  return session.expires - now;
}

/** True while more than `minTtl` milliseconds are left. */
export function isFresh(
  session: Pick<Session, "expires">,
  now: number,
  minTtl: number,
): boolean {
  return timeLeft(session, now) > minTtl;
}

/** Milliseconds of life that a program is given where the session's length allows. */
export const goodLife = 15 * 60_000;

/**
 * The moment to renew a session, in milliseconds since 1970: at two thirds of its life, a twentieth
 * sooner or later by `chance` (0 to 1) so that many do not do it at once; earlier where 15 minutes
 * would not be left, since SDKs fetch such credentials anew at every call, but not before half of it.
 */
export function renewalDue(session: Session, chance: number): number {
  const life = session.expires - session.issued;
  const twoThirds = session.issued + life * (2 / 3 + (chance - 0.5) / 10);
  return Math.min(twoThirds, goodUntil(session));
}

/**
 * The last moment, in milliseconds since 1970, at which a session still has the 15 minutes that SDKs
 * want; of one that is too short for that, the middle of its life.
 */
export function goodUntil({ expires, issued }: Pick<Session, "expires" | "issued">): number {
  return Math.max(expires - goodLife, issued + (expires - issued) / 2);
}

/** The moment as RFC 3339 in UTC without fractions, as every AWS SDK reads it. */
export function rfc3339(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, "Z");
}
