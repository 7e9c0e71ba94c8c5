import type { SamlSource } from "../model/profile.ts";
import type { System } from "../system/system.ts";

/** What identifies a sign-in at an identity provider: profiles where it is the same share it. */
export function samlSignInName({ via, url = "", command = "", user = "" }: SamlSource): string {
  return `saml ${JSON.stringify([via, url, via === "command" ? command : "", user])}`;
}

/** The name of the browser's own profile: one for each provider and user, so that it stays signed in. */
export async function browserProfileName(
  { url = "", user = "" }: Pick<SamlSource, "url" | "user">,
): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify([new URL(url).origin, user]));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex().slice(0, 32);
}

/** Where a browser's own profile is, in the store's folder; without a name, all of them. */
export function browserFolder(
  { files }: Pick<System, "files">,
  home: string,
  name?: string,
): string {
  return files.join(home, "browser", ...name === undefined ? [] : [name]);
}
