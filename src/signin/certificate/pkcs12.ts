import { Failure } from "../../model/failure.ts";
import type { Secret } from "../../model/secret.ts";
import {
  berInside,
  berInteger,
  berList,
  berOctets,
  berOid,
  type BerValue,
  berValue,
  bytesOf,
  charactersOf,
  derOf,
} from "./ber.ts";
import { withPassphrase } from "./passphrase.ts";
import {
  decrypted,
  type FilePassphrase,
  macFits,
  mostWork,
  type Pkcs12Mac,
  type Spend,
  UnknownAlgorithm,
} from "./pkcs12_keys.ts";

/** What athm uses of a PKCS #12 file. */
export interface Pkcs12Contents {
  /** In DER, in the file's order. */
  readonly certificates: readonly Uint8Array<ArrayBuffer>[];
  /** PKCS #8 in DER. */
  readonly keys: readonly Uint8Array<ArrayBuffer>[];
}

const mostParts = 100;

const dataOid = "1.2.840.113549.1.7.1";
const encryptedOid = "1.2.840.113549.1.7.6";
const certificateOid = "1.2.840.113549.1.9.22.1";
const bagOids = {
  key: "1.2.840.113549.1.12.10.1.1",
  encryptedKey: "1.2.840.113549.1.12.10.1.2",
  certificate: "1.2.840.113549.1.12.10.1.3",
  bags: "1.2.840.113549.1.12.10.1.6",
};

interface SealedFile {
  /** The authenticated content. */
  readonly content: string;
  readonly mac: Pkcs12Mac | undefined;
}

class WrongPassphrase extends Error {}

class TooMuchWork extends Error {}

/**
 * The certificates and keys of a PKCS #12 file (RFC 7292), after its MAC was verified. A file without
 * a passphrase, in either encoding, opens without a question.
 *
 * @param passphrase as for `withPassphrase`
 * @param most work of key derivation, for each passphrase and for both empty ones
 * @throws {Failure} `source`, and what `passphrase` throws
 */
export async function openPkcs12(
  bytes: Uint8Array<ArrayBuffer>,
  path: string,
  passphrase: (attempt: number) => Promise<Secret | undefined>,
  most: number = mostWork,
): Promise<Pkcs12Contents> {
  try {
    const file = sealedFile(bytes);
    const spend = within(most);
    return await opened(file, "", spend) ??
      await opened(file, undefined, spend).catch(unlessTooMuch) ??
      await withPassphrase(
        `the PKCS #12 file ${path}`,
        passphrase,
        (words) => opened(file, words, within(most)),
      );
  } catch (error) {
    throw failureOf(error, path);
  }
}

/** @throws {Failure} `source` for a damaged file, as far as that shows without its passphrase */
export function checkPkcs12(bytes: Uint8Array<ArrayBuffer>, path: string): void {
  try {
    sealedFile(bytes);
  } catch (error) {
    throw failureOf(error, path);
  }
}

/** A hostile file must not keep athm busy. */
function within(most: number): Spend {
  let left = most;
  return (work) => {
    if (work < 1) throw new Error("no iterations");
    left -= work;
    if (left < 0) throw new TooMuchWork();
  };
}

/** The file may have a passphrase. If that requires too much too, trying it says so. */
function unlessTooMuch(error: unknown): undefined {
  if (!(error instanceof TooMuchWork)) throw error;
}

function failureOf(error: unknown, path: string): Failure {
  if (error instanceof Failure) return error;
  const option = `--certificate: ${path}`;
  if (error instanceof UnknownAlgorithm) {
    return new Failure(
      "source",
      `${option} uses an unsupported algorithm (${error.message})`,
      "convert it: openssl pkcs12 -in FILE -out FILE.pem, then use FILE.pem for --certificate",
    );
  }
  if (error instanceof TooMuchWork) {
    return new Failure(
      "source",
      `${option} requires too many iterations of key derivation`,
      "export the certificate again with fewer",
    );
  }
  if (error instanceof WrongPassphrase) {
    return new Failure(
      "source",
      `the passphrase of ${path} does not decrypt what is in it`,
      "export the certificate again, with one passphrase for the file and its key",
    );
  }
  return new Failure("source", `${option} is a damaged PKCS #12 file`, undefined, { cause: error });
}

function sealedFile(bytes: Uint8Array<ArrayBuffer>): SealedFile {
  const [version, info, mac] = berList(berValue(charactersOf(bytes)));
  if (berInteger(version) !== 3) throw new Error("not version 3");
  const [type, content] = berList(info);
  // Signed by a certificate instead of a passphrase; programs do not write it.
  if (berOid(type) !== dataOid) throw new UnknownAlgorithm(berOid(type));
  return { content: berOctets(berInside(content)), mac: mac && macOf(mac) };
}

function macOf(value: BerValue): Pkcs12Mac {
  const [info, salt, iterations] = berList(value);
  const [algorithm, digest] = berList(info);
  if (!algorithm) throw new Error("no algorithm");
  return {
    algorithm,
    digest: berOctets(digest),
    salt: berOctets(salt),
    iterations: iterations ? berInteger(iterations) : 1,
  };
}

/** Nothing if the passphrase is wrong. */
async function opened(
  { content, mac }: SealedFile,
  passphrase: FilePassphrase,
  spend: Spend,
): Promise<Pkcs12Contents | undefined> {
  if (mac && !await macFits(mac, content, passphrase, spend)) return undefined;
  try {
    return await contentsOf(content, passphrase, spend);
  } catch (error) {
    // Without a MAC, only this shows that the passphrase is wrong.
    if (error instanceof WrongPassphrase && !mac) return undefined;
    throw error;
  }
}

async function contentsOf(
  content: string,
  passphrase: FilePassphrase,
  spend: Spend,
): Promise<Pkcs12Contents> {
  const certificates: Uint8Array<ArrayBuffer>[] = [];
  const keys: Uint8Array<ArrayBuffer>[] = [];
  let parts = 0;
  const listed = (value: BerValue) => {
    const all = berList(value);
    parts += all.length;
    if (parts > mostParts) throw new Error("too many parts");
    return all;
  };
  const clear = async (algorithm: BerValue | undefined, data: BerValue | undefined) => {
    const text = await decrypted(algorithm, berOctets(data), passphrase, spend);
    if (text === undefined) throw new WrongPassphrase();
    try {
      return berValue(text);
    } catch (cause) {
      throw new WrongPassphrase(undefined, { cause });
    }
  };
  const take = async (bags: BerValue): Promise<void> => {
    for (const bag of listed(bags)) {
      const [id, wrapped] = berList(bag);
      const value = berInside(wrapped);
      const oid = berOid(id);
      if (oid === bagOids.key) keys.push(derOf(value));
      else if (oid === bagOids.encryptedKey) {
        const [algorithm, data] = berList(value);
        keys.push(derOf(await clear(algorithm, data)));
      } else if (oid === bagOids.certificate) {
        const [type, certificate] = berList(value);
        if (berOid(type) !== certificateOid) continue;
        certificates.push(bytesOf(berOctets(berInside(certificate))));
      } else if (oid === bagOids.bags) await take(value);
    }
  };
  for (const info of listed(berValue(content))) {
    const [type, wrapped] = berList(info);
    const value = berInside(wrapped);
    const oid = berOid(type);
    if (oid === dataOid) await take(berValue(berOctets(value)));
    else if (oid === encryptedOid) {
      const [, inner] = berList(value);
      const [, algorithm, data] = berList(inner);
      await take(await clear(algorithm, data));
    } else throw new UnknownAlgorithm(oid);
  }
  return { certificates, keys };
}
