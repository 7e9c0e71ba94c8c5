import { createPrivateKey, type KeyObject } from "node:crypto";
import { Failure } from "../../model/failure.ts";
import type { Secret } from "../../model/secret.ts";
import { derInside, derValues, isPkcs12 } from "./der.ts";
import { withPassphrase } from "./passphrase.ts";

export type { KeyObject };

const encryptedPem =
  /^-----BEGIN ENCRYPTED PRIVATE KEY-----([\s\S]*)-----END ENCRYPTED PRIVATE KEY-----$/;

/** The form before PKCS #8, and the ciphers that the runtime has for it. */
const isTraditional = /^Proc-Type: *4,ENCRYPTED/m;
const hasKnownCipher = /^DEK-Info: *(?:AES-(?:128|192|256)|DES-EDE3)-CBC,/m;

const anyKey = /-----BEGIN (?:(?:RSA|EC|ENCRYPTED) )?PRIVATE KEY-----[\s\S]*?-----END [A-Z ]+-----/;

/** Whether a file in PEM contains a private key. */
export function hasPemKey(bytes: Uint8Array<ArrayBuffer>): boolean {
  return anyKey.test(new TextDecoder().decode(bytes));
}

/** As far as that needs no passphrase. @throws {Failure} `source` */
export function checkPrivateKey(bytes: Uint8Array<ArrayBuffer>, path: string): void {
  if (!hasPemKey(bytes) && bytes[0] !== 0x30) throw withoutKey(path);
}

/**
 * A private key in PEM or DER: PKCS #8, PKCS #1 or SEC 1.
 *
 * @param passphrase as for `withPassphrase`; called only for an encrypted key
 * @throws {Failure} `source`, and what `passphrase` throws
 */
export async function openPrivateKey(
  bytes: Uint8Array<ArrayBuffer>,
  path: string,
  passphrase: (attempt: number) => Promise<Secret | undefined>,
): Promise<KeyObject> {
  const [pem] = anyKey.exec(new TextDecoder().decode(bytes)) ?? [];
  const what = `the private key ${path}`;
  const option = `--private-key: ${path}`;
  // Load lazily: a key that is not encrypted does not need its library.
  const encrypted = () => import("./encrypted_key.ts");
  const [, base64] = encryptedPem.exec(pem ?? "") ?? [];
  if (base64 !== undefined || (pem === undefined && isEncryptedDer(bytes))) {
    const der = base64 === undefined
      ? bytes
      : orDamaged(option, () => Uint8Array.fromBase64(base64));
    const { openEncryptedKey } = await encrypted();
    return await withPassphrase(what, passphrase, (words) => openEncryptedKey(der, path, words));
  }
  if (pem === undefined) return derKey(bytes, path);
  if (!isTraditional.test(pem)) return orDamaged(option, () => createPrivateKey(pem));
  if (!hasKnownCipher.test(pem)) throw (await encrypted()).unsupported(path);
  return await withPassphrase(what, passphrase, (words) => {
    try {
      return createPrivateKey({ key: pem, passphrase: words });
    } catch {
      return undefined;
    }
  });
}

/** It begins with the algorithm, a key that is not encrypted with a number. */
function isEncryptedDer(bytes: Uint8Array<ArrayBuffer>): boolean {
  const [algorithm, data] = derInside(derValues(bytes)?.[0]) ?? [];
  return algorithm?.tag === 0x30 && data?.tag === 0x04;
}

/** A private key of a PKCS #12 file, in PKCS #8. @throws {Failure} `source` */
export function keyInPkcs12(der: Uint8Array<ArrayBuffer>, path: string): KeyObject {
  return orDamaged(
    `--certificate: ${path}`,
    () => createPrivateKey({ key: der as never, format: "der", type: "pkcs8" }),
  );
}

/** In DER the form is not named. */
function derKey(bytes: Uint8Array<ArrayBuffer>, path: string): KeyObject {
  for (const type of ["pkcs8", "pkcs1", "sec1"] as const) {
    try {
      return createPrivateKey({ key: bytes as never, format: "der", type });
    } catch {
      continue;
    }
  }
  if (isPkcs12(bytes)) {
    throw new Failure(
      "source",
      `--private-key: ${path} is a PKCS #12 file`,
      "use it for --certificate, without --private-key",
    );
  }
  throw withoutKey(path);
}

function withoutKey(path: string): Failure {
  return new Failure(
    "source",
    `--private-key: ${path} contains no private key`,
    "use a file in PEM or DER: PKCS #8, PKCS #1 or SEC 1",
  );
}

function orDamaged<T>(what: string, open: () => T): T {
  try {
    return open();
  } catch (cause) {
    throw new Failure("source", `${what} contains a damaged key`, undefined, {
      cause,
    });
  }
}
