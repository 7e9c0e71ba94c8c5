/**
 * Signs as `ssh-keygen -Y sign` does, in the process: the other side of `src/migration/team/`.
 *
 * @module
 */
import { joined, wireString } from "../../src/migration/team/wire.ts";

/** A key pair that signs files. */
export interface TestSigner {
  /** A line of a public key file. */
  readonly publicKey: string;
  sign(message: string | Uint8Array, how?: Signing): Promise<string>;
}

/** What to sign differently from how athm requires it. */
export interface Signing {
  readonly namespace?: string;
  readonly hash?: "sha256" | "sha512" | "sha1";
  /** The name of the signature's scheme, whatever it really is. */
  readonly scheme?: string;
  readonly version?: number;
}

export type SignerType =
  | "ssh-ed25519"
  | "ecdsa-sha2-nistp256"
  | "ecdsa-sha2-nistp384"
  | "ecdsa-sha2-nistp521"
  | "ssh-rsa";

export const signerTypes: readonly SignerType[] = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "ssh-rsa",
];

const curves: Readonly<Record<string, readonly [curve: string, hash: string]>> = {
  "ecdsa-sha2-nistp256": ["P-256", "SHA-256"],
  "ecdsa-sha2-nistp384": ["P-384", "SHA-384"],
  "ecdsa-sha2-nistp521": ["P-521", "SHA-512"],
};

export async function newSigner(
  type: SignerType = "ssh-ed25519",
  { comment = "ann@example.com", bits = 2048 }: { comment?: string; bits?: number } = {},
): Promise<TestSigner> {
  const [namedCurve = "", hash = "SHA-512"] = curves[type] ?? [];
  const algorithm = type === "ssh-ed25519" ? { name: "Ed25519" } : type === "ssh-rsa"
    ? {
      name: "RSASSA-PKCS1-v1_5",
      hash,
      modulusLength: bits,
      publicExponent: new Uint8Array([1, 0, 1]),
    }
    : { name: "ECDSA", namedCurve };
  const keys = await crypto.subtle.generateKey(algorithm, true, [
    "sign",
    "verify",
  ]) as CryptoKeyPair;
  const blob = joined([wireString(type), ...await parts(type, keys.publicKey)]);
  return {
    publicKey: `${type} ${blob.toBase64()} ${comment}`,
    async sign(message, how = {}) {
      const { namespace = "athm", hash: digestName = "sha512", version = 1 } = how;
      const bytes = typeof message === "string" ? new TextEncoder().encode(message) : message;
      const digest = await crypto.subtle.digest(
        digestName.replace("sha", "SHA-"),
        bytes as Uint8Array<ArrayBuffer>,
      );
      const magic = new TextEncoder().encode("SSHSIG");
      const about = [wireString(namespace), wireString(""), wireString(digestName)];
      const signed = joined([magic, ...about, wireString(new Uint8Array(digest))]);
      const raw = new Uint8Array(
        await crypto.subtle.sign({ name: algorithm.name, hash }, keys.privateKey, signed),
      );
      const proof = namedCurve === "" ? raw : joined([
        wireString(mpint(raw.slice(0, raw.length / 2))),
        wireString(mpint(raw.slice(raw.length / 2))),
      ]);
      const scheme = how.scheme ?? (type === "ssh-rsa" ? "rsa-sha2-512" : type);
      const whole = joined([
        magic,
        new Uint8Array([0, 0, 0, version]),
        wireString(blob),
        ...about,
        wireString(joined([wireString(scheme), wireString(proof)])),
      ]);
      return armored(whole);
    },
  };
}

export function armored(bytes: Uint8Array): string {
  const lines = bytes.toBase64().replace(/.{1,70}/g, "$&\n");
  return `-----BEGIN SSH SIGNATURE-----\n${lines}-----END SSH SIGNATURE-----\n`;
}

async function parts(type: SignerType, key: CryptoKey): Promise<Uint8Array[]> {
  if (type !== "ssh-rsa") {
    const point = new Uint8Array(await crypto.subtle.exportKey("raw", key));
    const curve = type.replace("ecdsa-sha2-", "");
    return type === "ssh-ed25519" ? [wireString(point)] : [wireString(curve), wireString(point)];
  }
  const { e = "", n = "" } = await crypto.subtle.exportKey("jwk", key);
  return [e, n].map((each) =>
    wireString(mpint(Uint8Array.fromBase64(each, { alphabet: "base64url" })))
  );
}

/** A positive number in the form of RFC 4251. */
function mpint(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  const bare = bytes.slice(first);
  return (bare[0] ?? 0) > 0x7f ? joined([new Uint8Array(1), bare]) : bare;
}
