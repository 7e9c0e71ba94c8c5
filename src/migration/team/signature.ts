// Detached signatures of `ssh-keygen -Y sign`, as OpenSSH's PROTOCOL.sshsig defines them:
//
//     -----BEGIN SSH SIGNATURE-----     base64 of: "SSHSIG", version 1, public key, namespace,
//     -----END SSH SIGNATURE-----       reserved, hash algorithm, signature
//
// What is signed is "SSHSIG", namespace, reserved, hash algorithm and the hash of the message, so
// that a signature for another namespace, such as git's, is valid nowhere else.

import { Failure } from "../../model/failure.ts";
import { plain } from "../../model/shown_command.ts";
import { namespace, readKey, type TrustedKey } from "./keys.ts";
import { joined, wireReader, wireString } from "./wire.ts";

/** Bytes; one of a 16,384-bit RSA key has some 6,000. */
export const signatureLimit = 16 * 1024;

const magic = new TextEncoder().encode("SSHSIG");
const hashes: ReadonlyMap<string, string> = new Map([["sha256", "SHA-256"], ["sha512", "SHA-512"]]);

/**
 * Verifies that one of `keys` signed `message` for the namespace `athm`, and returns that key.
 *
 * @param where the signature's file, for messages
 * @throws {Failure} `untrusted`
 */
export async function verifySignature(
  message: Uint8Array<ArrayBuffer>,
  armored: Uint8Array,
  keys: readonly TrustedKey[],
  where: string,
): Promise<TrustedKey> {
  const malformed = () =>
    new Failure(
      "untrusted",
      `${where} is not a signature made by ssh-keygen -Y sign`,
      `sign the file again: ssh-keygen -Y sign -n ${namespace} -f KEY FILE`,
    );
  const blob = dearmored(armored);
  if (!blob || magic.some((byte, at) => blob[at] !== byte)) throw malformed();
  const reader = wireReader(blob.slice(magic.length), malformed);
  if (reader.number() !== 1) throw malformed();
  const publicKey = reader.bytes();
  const signedFor = reader.text();
  const reserved = reader.bytes();
  const hash = reader.text();
  const signature = wireReader(reader.bytes(), malformed);
  reader.end();
  const schemeName = signature.text();
  const bytes = signature.bytes();
  signature.end();

  const encoded = publicKey.toBase64();
  const trusted = keys.find((each) => each.encoded === encoded);
  if (!trusted) {
    throw new Failure(
      "untrusted",
      `${where} was made with a key that is not in the file of --signed-by`,
      "compare the key with ssh-keygen -l -f KEYFILE, and ask the file's signer for the right one",
    );
  }
  if (signedFor !== namespace) {
    throw new Failure(
      "untrusted",
      `${where} was made for ${quoted(signedFor)}, not for ${quoted(namespace)}`,
      `sign the file with -n ${namespace}: ssh-keygen -Y sign -n ${namespace} -f KEY FILE`,
    );
  }
  const found = readKey(publicKey);
  const scheme = found?.type.schemes[schemeName];
  const digestName = hashes.get(hash);
  if (!found || !Object.hasOwn(found.type.schemes, schemeName) || !scheme || !digestName) {
    throw new Failure(
      "untrusted",
      `${where} uses ${quoted(digestName ? schemeName : hash)}, which athm does not accept`,
      "sign the file with a newer ssh-keygen, which uses SHA-2",
    );
  }
  const digest = new Uint8Array(await crypto.subtle.digest(digestName, message));
  const signed = joined([
    magic,
    ...[signedFor, reserved, hash, digest].map(wireString),
  ]);
  const proof = scheme.signature(bytes, found.key, malformed);
  const key = await imported(found.key, scheme.import);
  if (proof && key && await crypto.subtle.verify(scheme.verify, key, proof, signed)) return trusted;
  throw new Failure(
    "untrusted",
    `${where} does not match the file: the file was changed after it was signed`,
    "do not import it; ask the file's signer for the current file",
  );
}

async function imported(
  { format, data }: NonNullable<ReturnType<typeof readKey>>["key"],
  algorithm: AlgorithmIdentifier | RsaHashedImportParams | EcKeyImportParams,
): Promise<CryptoKey | undefined> {
  try {
    return format === "jwk"
      ? await crypto.subtle.importKey(format, data as JsonWebKey, algorithm, false, ["verify"])
      : await crypto.subtle.importKey(format, data as Uint8Array<ArrayBuffer>, algorithm, false, [
        "verify",
      ]);
  } catch (error) {
    // Not a point of the curve, for example.
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}

function dearmored(bytes: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  if (bytes.length > signatureLimit) return undefined;
  const text = new TextDecoder().decode(bytes).trim();
  const [, body = ""] =
    /^-----BEGIN SSH SIGNATURE-----\s([A-Za-z0-9+/=\s]+)\s-----END SSH SIGNATURE-----$/.exec(
      text,
    ) ??
      [];
  const base64 = body.replace(/\s/g, "");
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(base64)) {
    return undefined;
  }
  return Uint8Array.fromBase64(base64);
}

function quoted(text: string): string {
  return JSON.stringify(plain(text).slice(0, 40));
}
