import { createPrivateKey, type KeyObject } from "node:crypto";
import { Failure } from "../../model/failure.ts";
import {
  berInteger,
  berList,
  berOctets,
  berOid,
  type BerValue,
  berValue,
  bytesOf,
  charactersOf,
} from "./ber.ts";
import { decrypted, mostWork, UnknownAlgorithm } from "./pkcs12_keys.ts";

/** Beyond these, a file would keep athm busy for more than 10 s, or fill the memory. */
const limits = { scryptBytes: 256 * 2 ** 20, scryptRuns: 16 };

const pbes2 = "1.2.840.113549.1.5.13";
const scrypt = "1.3.6.1.4.1.11591.4.11";

/**
 * Opens an EncryptedPrivateKeyInfo (RFC 5958) in DER. The runtime itself has neither PBKDF2 with SHA-1
 * nor triple DES, which OpenSSL wrote for years.
 *
 * @returns nothing if the passphrase is wrong
 * @throws {Failure} `source`
 */
export async function openEncryptedKey(
  der: Uint8Array<ArrayBuffer>,
  path: string,
  passphrase: string,
): Promise<KeyObject | undefined> {
  const spend = (work: number) => {
    if (work > mostWork) throw unsupported(path);
  };
  const pkcs8 = { format: "der", type: "pkcs8" } as const;
  try {
    const [algorithm, data] = berList(berValue(charactersOf(der)));
    if (usesScrypt(algorithm)) return keyIn({ key: der as never, passphrase, ...pkcs8 });
    const key = await decrypted(algorithm, berOctets(data), passphrase, spend);
    return key === undefined ? undefined : keyIn({ key: bytesOf(key) as never, ...pkcs8 });
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    if (cause instanceof UnknownAlgorithm) throw unsupported(path);
    const message = `--private-key: ${path} contains a damaged key`;
    throw new Failure("source", message, undefined, { cause });
  }
}

/** Whether the runtime derives the key, within the limits. @throws {UnknownAlgorithm} beyond them */
function usesScrypt(algorithm: BerValue | undefined): boolean {
  const [id, parameters] = berList(algorithm);
  if (berOid(id) !== pbes2) return false;
  const [derivation] = berList(parameters);
  const [name, details] = berList(derivation);
  if (berOid(name) !== scrypt) return false;
  const [, cost, size, runs] = berList(details);
  const fits = 128 * berInteger(cost) * berInteger(size) <= limits.scryptBytes &&
    berInteger(runs) <= limits.scryptRuns;
  if (!fits) throw new UnknownAlgorithm(scrypt);
  return true;
}

function keyIn(input: Parameters<typeof createPrivateKey>[0]): KeyObject | undefined {
  try {
    return createPrivateKey(input);
  } catch {
    return undefined;
  }
}

export function unsupported(path: string): Failure {
  return new Failure(
    "source",
    `--private-key: ${path} is encrypted in a way that athm does not support`,
    "convert it: openssl pkcs8 -topk8 -v2 aes-256-cbc -in FILE -out NEW",
  );
}
