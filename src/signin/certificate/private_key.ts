import { createPrivateKey, type KeyObject } from "node:crypto";
import { Failure } from "../../model/failure.ts";
import type { Secret } from "../../model/secret.ts";

export type { KeyObject };

const isEncrypted = /-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: *4,ENCRYPTED/;

const anyKey = /-----BEGIN (?:(?:RSA|EC|ENCRYPTED) )?PRIVATE KEY-----[\s\S]*?-----END [A-Z ]+-----/;

/** A wrong passphrase may be asked for again. */
const mostTries = 3;

/**
 * A private key in PEM or DER: PKCS #8, PKCS #1 or SEC 1.
 *
 * @param passphrase asks for one; called only for an encrypted key. The first argument is the number
 * of the try, from 1; nothing ends the tries.
 * @throws {Failure} `source`, and what `passphrase` throws
 */
export async function openPrivateKey(
  bytes: Uint8Array<ArrayBuffer>,
  path: string,
  passphrase: (attempt: number) => Promise<Secret | undefined>,
): Promise<KeyObject> {
  const [pem] = anyKey.exec(new TextDecoder().decode(bytes)) ?? [];
  if (pem === undefined) return derKey(bytes, path);
  if (!isEncrypted.test(pem)) return orDamaged(path, () => createPrivateKey(pem));
  for (let attempt = 1; attempt <= mostTries; attempt++) {
    const words = await passphrase(attempt);
    if (words === undefined) break;
    try {
      return createPrivateKey({ key: pem, passphrase: words.reveal() });
    } catch {
      continue;
    }
  }
  throw new Failure("source", `the passphrase does not open the private key ${path}`);
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
  throw new Failure(
    "source",
    `--private-key: ${path} contains no private key`,
    "use a file in PEM or DER: PKCS #8, PKCS #1 or SEC 1",
  );
}

function orDamaged(path: string, open: () => KeyObject): KeyObject {
  try {
    return open();
  } catch (cause) {
    throw new Failure("source", `--private-key: ${path} contains a damaged key`, undefined, {
      cause,
    });
  }
}
