import type { SamlSource } from "../model/profile.ts";

/**
 * Identifies a sign-in at an identity provider; profiles with the same name share it. Choices on the
 * provider's pages may decide which roles it offers.
 */
export function samlSignInName(
  { via, url = "", command = "", user = "", choices = [] }: SamlSource,
): string {
  const chosen = choices.length ? [choices.map(({ question, answer }) => [question, answer])] : [];
  return `saml ${JSON.stringify([via, url, via === "command" ? command : "", user, ...chosen])}`;
}

/** The browser profile's name: one per provider and user, so that it stays signed in. */
export async function browserProfileName(
  { url = "", user = "" }: Pick<SamlSource, "url" | "user">,
): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify([new URL(url).origin, user]));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return digest.toHex().slice(0, 32);
}
