import { defined, isJsonObject, type JsonObject } from "../../model/fields.ts";
import { rfc3339 } from "../../model/credentials.ts";
import { Failure } from "../../model/failure.ts";
import { Secret } from "../../model/secret.ts";

/** The claims are for messages. AWS verifies them. */
export interface IdentityToken {
  readonly token: Secret;
  readonly issuer?: string;
  readonly subject?: string;
  readonly audience: readonly string[];
  readonly expires?: number;
}

/** STS's limits in characters. */
const length = { least: 4, most: 20_000 };
/** Maximum characters of a claim in a message. */
const longestClaim = 160;
/** The latest `Date`, in seconds. */
const lastSecond = 8.64e12;

/**
 * A signed JSON web token (RFC 7519) in compact form (RFC 7515 section 3.1), within STS's limits.
 * @throws {Failure} `source`, naming `from` and never quoting the text
 */
export function readIdentityToken(text: string, from: string): IdentityToken {
  const token = text.trim();
  const { least, most } = length;
  if (token === "") throw misfit(`${from} returned an empty token`);
  if (token.length < least || token.length > most) {
    throw misfit(
      `${from} returned ${token.length} characters, but STS accepts tokens of ${least} to ${most}`,
    );
  }
  if (/^[{"[]/.test(token)) {
    throw misfit(
      `${from} returned JSON instead of a token`,
      "print only the token: with jq, use -r to remove the quotes",
    );
  }
  const [header, payload, signature, ...rest] = token.split(".");
  const isJwt = rest.length === 0 && signature !== undefined &&
    [header, payload, signature].every((part) => /^[A-Za-z0-9_-]+$/.test(part ?? ""));
  const claims = isJwt && objectIn(header) ? objectIn(payload) : undefined;
  if (!claims) {
    throw misfit(
      `${from} did not return a signed JSON Web Token`,
      "a token has three parts of letters, digits, _ and -, separated by dots",
    );
  }
  const { iss, sub, aud, exp } = claims;
  const expires = typeof exp === "number" && Math.abs(exp) < lastSecond ? exp * 1000 : undefined;
  return defined({
    token: new Secret(token),
    issuer: typeof iss === "string" ? iss : undefined,
    subject: typeof sub === "string" ? sub : undefined,
    audience: (Array.isArray(aud) ? aud : [aud])
      .filter((each): each is string => typeof each === "string"),
    expires,
  });
}

/** Claims for a trust policy, none secret: `iss "…", aud "…", sub "…", valid until …`. */
export function describeToken({ issuer, audience, subject, expires }: IdentityToken): string {
  const words = [
    issuer === undefined ? "no iss" : `iss ${shown(issuer)}`,
    audience.length === 0 ? "no aud" : `aud ${shownAudience(audience)}`,
    subject === undefined ? "no sub" : `sub ${shown(subject)}`,
    expires === undefined ? "no end" : `valid until ${rfc3339(expires)}`,
  ];
  return words.join(", ");
}

function misfit(message: string, hint?: string): Failure {
  return new Failure("source", message, hint);
}

/** Decodes a JSON part of the token (base64url without padding), or nothing. */
function objectIn(part: string | undefined): JsonObject | undefined {
  try {
    const bytes = Uint8Array.fromBase64(part ?? "", { alphabet: "base64url" });
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** At most three audiences, for messages. */
export function shownAudience(audience: readonly string[]): string {
  return audience.slice(0, 3).map(shown).join(" and ");
}

/** A claim in one line of printable ASCII, at most 160 characters. */
function shown(claim: string): string {
  const cut = claim.length > longestClaim ? `${claim.slice(0, longestClaim - 1)}…` : claim;
  return JSON.stringify(cut.replace(/[^\x20-\x7e…]/g, "?"));
}
