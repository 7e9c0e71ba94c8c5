import type { Profile } from "../../model/profile.ts";
import { Secret } from "../../model/secret.ts";
import { factsOf } from "../../sources/all_sources.ts";

/** What a session is made from besides its profile's settings. */
export interface Origin {
  /** The fingerprint of the profile that this one stands on. */
  readonly base?: string;
  /** What of the environment decides whose credentials a source gives. */
  readonly identity?: Readonly<Record<string, string | undefined>>;
}

/**
 * Identifies everything that changes a session: a session whose fingerprint differs was made with
 * other settings and is not used. Names are left out, so that sessions outlive `mv`: of a profile that
 * this one stands on, its own fingerprint is what counts. So is what a source says decides nothing.
 */
export async function fingerprint(
  { name: _, source, ...settings }: Profile,
  origin: Origin,
): Promise<string> {
  return await digest([factsOf(source).deciding ?? source, settings, origin]);
}

/** SHA-256 of a value's canonical JSON, in hexadecimal digits. */
export async function digest(value: unknown): Promise<string> {
  const bytes = new TextEncoder().encode(canonical(value));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** JSON with the keys of every object in order and what is absent left out. */
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
