import { createHash, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { Failure } from "../../model/failure.ts";
import type { Certificate } from "./certificate.ts";
import { ecdsaSequence } from "./der.ts";

/** Signs text with SHA-256: PKCS #1 v1.5, or ECDSA in DER. @throws {Failure} `source` */
export type Sign = (text: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer>>;

/** Signs the SHA-256 digest, in any common form; see `signedBy`. */
export type SignDigest = (digest: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer>>;

export function signedByKey(key: KeyObject): Sign {
  return (text) => Promise.resolve(new Uint8Array(sign("sha256", text, key)));
}

/**
 * Signs with what holds the key. A signature that does not verify is never sent: it is another
 * certificate's key, or none.
 */
export function signedBy(
  signDigest: SignDigest,
  { x509: { publicKey }, keyType }: Certificate,
  option: string,
): Sign {
  return async (text) => {
    const made = await signDigest(new Uint8Array(createHash("sha256").update(text).digest()));
    const forms = keyType === "ec" && made.length % 2 === 0 && made.length <= 132
      ? [made, ecdsaSequence(made)]
      : [made];
    const fitting = forms.find((form) => {
      try {
        return verify("sha256", text, publicKey, form);
      } catch {
        return false;
      }
    });
    if (fitting) return fitting;
    throw new Failure(
      "source",
      `the signature of ${option} does not match the certificate`,
      option === "--sign-command"
        ? "check that the key and the certificate belong together, and that the command signs the digest as it is, with SHA-256"
        : "check that the key and the certificate belong together",
    );
  };
}

export function isKeyOf(key: KeyObject, { x509 }: Certificate): boolean {
  const spki = (one: KeyObject) => one.export({ type: "spki", format: "der" }).toString("hex");
  return spki(createPublicKey(key)) === spki(x509.publicKey);
}

/** @throws {Failure} `source` if the key belongs to another certificate */
export function checkKeyFits(key: KeyObject, certificate: Certificate, path: string): void {
  if (isKeyOf(key, certificate)) return;
  throw new Failure(
    "source",
    `the private key ${path} does not belong to the certificate of ${certificate.subject}`,
    "check --certificate and --private-key; the certificate must be the first in its file",
  );
}
