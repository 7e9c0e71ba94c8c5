import type { SamlSource } from "../model/profile.ts";

/** Identifies a sign-in at an identity provider; profiles with the same name share it. */
export function samlSignInName({ via, url = "", command = "", user = "" }: SamlSource): string {
  return `saml ${JSON.stringify([via, url, via === "command" ? command : "", user])}`;
}

/** The browser profile's name: one per provider and user, so that it stays signed in. */
export async function browserProfileName(
  { url = "", user = "" }: Pick<SamlSource, "url" | "user">,
): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify([new URL(url).origin, user]));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return digest.toHex().slice(0, 32);
}
