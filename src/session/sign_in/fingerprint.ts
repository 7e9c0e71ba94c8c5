import type { Profile } from "../../model/profile.ts";
import { Secret } from "../../model/secret.ts";
import { factsOf } from "../../sources/all_sources.ts";

/** What a session depends on besides its profile's settings. */
export interface Origin {
  /** The fingerprint of the base profile. */
  readonly base?: string;
  /** Environment settings that decide which credentials a source returns. */
  readonly identity?: Readonly<Record<string, string | undefined>>;
}

/**
 * Identifies everything that affects a session: a session with another fingerprint was made with
 * other settings and is not used. Names are left out, so that sessions survive `mv`; a base profile
 * counts by its own fingerprint. Settings that a source declares irrelevant are left out too.
 */
export async function fingerprint(
  { name: _, source, ...settings }: Profile,
  origin: Origin,
): Promise<string> {
  return await digest([factsOf(source).deciding ?? source, settings, origin]);
}

export async function digest(value: unknown): Promise<string> {
  const bytes = new TextEncoder().encode(canonical(value));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** JSON with sorted keys and without absent fields. */
export function canonical(value: unknown): string {
  if (value instanceof Secret) return JSON.stringify(value.reveal());
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`);
    return `{${members.join(",")}}`;
  }
  return JSON.stringify(value);
}
