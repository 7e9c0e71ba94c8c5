import { createPrivateKey, type KeyObject } from "node:crypto";
import { Failure } from "../../model/failure.ts";
import type { Secret } from "../../model/secret.ts";
import { isPkcs12 } from "./der.ts";
import { withPassphrase } from "./passphrase.ts";

export type { KeyObject };

const isEncrypted = /-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: *4,ENCRYPTED/;

const anyKey = /-----BEGIN (?:(?:RSA|EC|ENCRYPTED) )?PRIVATE KEY-----[\s\S]*?-----END [A-Z ]+-----/;

/** Whether a file in PEM contains a private key. */
export function hasPemKey(bytes: Uint8Array<ArrayBuffer>): boolean {
  return anyKey.test(new TextDecoder().decode(bytes));
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
  if (pem === undefined) return derKey(bytes, path);
  if (!isEncrypted.test(pem)) {
    return orDamaged(`--private-key: ${path}`, () => createPrivateKey(pem));
  }
  return await withPassphrase(`the private key ${path}`, passphrase, (words) => {
    try {
      return createPrivateKey({ key: pem, passphrase: words });
    } catch {
      return undefined;
    }
  });
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
  throw new Failure(
    "source",
    `--private-key: ${path} contains no private key`,
    "use a file in PEM or DER: PKCS #8, PKCS #1 or SEC 1",
  );
}

function orDamaged(what: string, open: () => KeyObject): KeyObject {
  try {
    return open();
  } catch (cause) {
    throw new Failure("source", `${what} contains a damaged key`, undefined, {
      cause,
    });
  }
}
