/** These characters fit a header, and a shorter token could be guessed. */
export const tokenPattern = /^[\x21-\x7e]{32,256}$/;

/** SHA-256 in hexadecimal: what the store keeps of a client's token. */
export async function hashOfToken(token: string): Promise<string> {
  const bytes = new TextEncoder().encode(token);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
