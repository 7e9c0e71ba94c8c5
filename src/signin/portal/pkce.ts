import { Secret } from "../../model/secret.ts";
import type { System } from "../../system/system.ts";

/** A verifier and its challenge (RFC 7636, method S256). */
export interface Pkce {
  /** Shown to the token endpoint alone. */
  readonly verifier: Secret;
  /** What everybody may see. */
  readonly challenge: string;
}

/** 32 random bytes as a verifier: 43 characters of base64url. */
export async function newPkce(system: Pick<System, "random">): Promise<Pkce> {
  const verifier = base64url(system.random(32));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return { verifier: new Secret(verifier), challenge: base64url(new Uint8Array(digest)) };
}

/** A state that nobody guesses: 32 random bytes in base64url. */
export function newState(system: Pick<System, "random">): string {
  return base64url(system.random(32));
}

function base64url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}
