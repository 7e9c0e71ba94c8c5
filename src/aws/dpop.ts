import type { ProofKey } from "../model/console_sign_in.ts";
import { Secret } from "../model/secret.ts";

const curve = { name: "ECDSA", namedCurve: "P-256" } as const;

export async function newProofKey(): Promise<ProofKey> {
  const { privateKey } = await crypto.subtle.generateKey(curve, true, ["sign", "verify"]);
  const { x = "", y = "", d = "" } = await crypto.subtle.exportKey("jwk", privateKey);
  return { x, y, d: new Secret(d) };
}

/**
 * A proof of possession for one POST (RFC 9449): a JSON Web Token signed with ES256.
 *
 * @param now milliseconds since 1970 on the server's clock
 * @param id never used before
 */
export async function dpopProof(
  { x, y, d }: ProofKey,
  { url, now, id }: { readonly url: string; readonly now: number; readonly id: string },
): Promise<string> {
  const publicKey = { kty: "EC", crv: "P-256", x, y };
  const header = { typ: "dpop+jwt", alg: "ES256", jwk: publicKey };
  const claims = { htm: "POST", htu: url, iat: Math.floor(now / 1000), jti: id };
  const signed = `${encoded(header)}.${encoded(claims)}`;
  const key = await crypto.subtle.importKey(
    "jwk",
    { ...publicKey, d: d.reveal() },
    curve,
    false,
    ["sign"],
  );
  const bytes = new TextEncoder().encode(signed);
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, bytes);
  return `${signed}.${base64url(new Uint8Array(signature))}`;
}

function encoded(value: object): string {
  return base64url(new TextEncoder().encode(JSON.stringify(value)));
}

function base64url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}
