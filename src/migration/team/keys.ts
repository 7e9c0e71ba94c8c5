// Public keys of SSH (RFC 4253, 5656, 8332 and 8709), and which signatures each may make. RSA with
// SHA-1 and DSA are not in the table; neither are security keys (`sk-…`) and certificates.

import { Failure, quote, usage } from "../../model/failure.ts";
import { plain } from "../../model/shown_command.ts";
import { fitsGlob } from "../portal_names.ts";
import { joined, leftPadded, type WireReader, wireReader } from "./wire.ts";

/** A public key that may sign. */
export interface TrustedKey {
  /** As `ssh-keygen -l` prints it: `SHA256:…`. */
  readonly fingerprint: string;
  /** The comment or principals of its line, without control characters. */
  readonly comment: string;
  /** The key in SSH's encoding, in base64. */
  readonly encoded: string;
}

/** A way to sign: the parameters to verify with, and the signature as Web Crypto expects it. */
export interface SignatureScheme {
  readonly verify: AlgorithmIdentifier | EcdsaParams;
  readonly import: AlgorithmIdentifier | RsaHashedImportParams | EcKeyImportParams;
  /** Nothing if it cannot be a signature. */
  readonly signature: (
    bytes: Uint8Array<ArrayBuffer>,
    key: ImportableKey,
    malformed: () => Error,
  ) => Uint8Array<ArrayBuffer> | undefined;
}

export interface ImportableKey {
  readonly format: "raw" | "jwk";
  readonly data: Uint8Array<ArrayBuffer> | JsonWebKey;
  /** Bytes of a signature, or of each of its two numbers. */
  readonly size: number;
}

interface KeyType {
  readonly schemes: Readonly<Record<string, SignatureScheme>>;
  /** Nothing if the key is too weak or not one of this type. */
  readonly read: (reader: WireReader) => ImportableKey | undefined;
}

const rsa = (hash: string): SignatureScheme => ({
  verify: { name: "RSASSA-PKCS1-v1_5" },
  import: { name: "RSASSA-PKCS1-v1_5", hash },
  // OpenSSH drops leading zeros.
  signature: (bytes, { size }) => leftPadded(bytes, size),
});

/** Fewer bits can be factored; more only cost time. */
const rsaBits = { least: 2048, most: 16_384 };

function ecdsa(curve: string, namedCurve: string, hash: string, size: number): KeyType {
  return {
    schemes: {
      [`ecdsa-sha2-${curve}`]: {
        verify: { name: "ECDSA", hash },
        import: { name: "ECDSA", namedCurve },
        signature: (bytes, _key, malformed) => {
          const reader = wireReader(bytes, malformed);
          const [r, s] = [reader.integer(), reader.integer()].map((each) => leftPadded(each, size));
          reader.end();
          return r && s && joined([r, s]);
        },
      },
    },
    read: (reader) => {
      const isThisCurve = reader.text() === curve;
      const data = reader.bytes();
      return isThisCurve && data.length === 1 + 2 * size && data[0] === 4
        ? { format: "raw", data, size }
        : undefined;
    },
  };
}

export const keyTypes: ReadonlyMap<string, KeyType> = new Map(Object.entries(
  {
    "ssh-ed25519": {
      schemes: {
        "ssh-ed25519": {
          verify: { name: "Ed25519" },
          import: { name: "Ed25519" },
          signature: (bytes) => bytes.length === 64 ? bytes : undefined,
        },
      },
      read: (reader) => {
        const data = reader.bytes();
        return data.length === 32 ? { format: "raw", data, size: 64 } : undefined;
      },
    },
    "ecdsa-sha2-nistp256": ecdsa("nistp256", "P-256", "SHA-256", 32),
    "ecdsa-sha2-nistp384": ecdsa("nistp384", "P-384", "SHA-384", 48),
    "ecdsa-sha2-nistp521": ecdsa("nistp521", "P-521", "SHA-512", 66),
    "ssh-rsa": {
      schemes: { "rsa-sha2-256": rsa("SHA-256"), "rsa-sha2-512": rsa("SHA-512") },
      read: (reader) => {
        const [e, n] = [reader.integer(), reader.integer()];
        const bits = n.length * 8 - Math.clz32(n[0] ?? 0) + 24;
        if (bits < rsaBits.least || bits > rsaBits.most || e.length > 8) return undefined;
        const [eText, nText] = [e, n].map((each) =>
          each.toBase64({ alphabet: "base64url", omitPadding: true })
        );
        return { format: "jwk", data: { kty: "RSA", e: eText!, n: nText! }, size: n.length };
      },
    },
  } satisfies Record<string, KeyType>,
));

/** Bytes of a file of keys. */
const limit = 64 * 1024;

/** What a signature is for; `ssh-keygen -Y sign -n` sets it. */
export const namespace = "athm";

/**
 * The keys of a public key file or of a list like `allowed_signers` (ssh-keygen(1)), whose principals
 * are not compared. A line with a restriction that athm cannot check is an error, never ignored.
 *
 * @throws {Failure} `usage` if there is none
 */
export async function trustedKeys(
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<readonly TrustedKey[]> {
  if (bytes.length > limit) throw usage(`--signed-by: ${path} is larger than 64 KiB`);
  const text = new TextDecoder().decode(bytes);
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    throw usage(
      `--signed-by: ${path} is a private key`,
      `use the public key: ssh-keygen -y -f ${quote(path)} prints it`,
    );
  }
  const keys: TrustedKey[] = [];
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    const key = await keyOfLine(line.trim(), `--signed-by: ${path}, line ${at + 1}`);
    if (key) keys.push(key);
  }
  if (keys.length) return keys;
  throw usage(
    `--signed-by: ${path} contains no public key that athm can use`,
    "use a public key file of SSH with an Ed25519, ECDSA or RSA key (at least 2048 bits)",
  );
}

const isType = (word: string) => /^(ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.-]+$/.test(word);

async function keyOfLine(line: string, where: string): Promise<TrustedKey | undefined> {
  if (line === "" || line.startsWith("#")) return undefined;
  const words = line.match(/(?:[^\s"]|"[^"]*")+/g) ?? [];
  const at = words.findIndex(isType);
  const type = words[at] ?? "";
  if (at > 2 || !keyTypes.has(type)) return undefined;
  const before = words.slice(0, at);
  // A file of one key may have options and no principals.
  const options = before.slice(1).concat(
    before.slice(0, 1).filter((each) => /^[a-z-]+="/i.test(each)),
  );
  for (const option of options.flatMap((each) => each.match(/[^,"]+(?:"[^"]*")?/g) ?? [])) {
    const [, globs] = /^namespaces="([^"]*)"$/i.exec(option) ?? [];
    if (globs === undefined || globs.includes("!")) {
      throw usage(
        `${where}: athm does not support the option ${JSON.stringify(option.slice(0, 40))}`,
        "use a file with the key alone",
      );
    }
    if (!globs.split(",").some((glob) => fitsGlob(glob, namespace))) return undefined;
  }
  const blob = decoded(words[at + 1] ?? "");
  if (!blob || !readKey(blob)) return undefined;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", blob));
  return {
    fingerprint: `SHA256:${digest.toBase64({ omitPadding: true })}`,
    comment: plain(words.slice(at + 2).join(" ") || (before[0] ?? "")).slice(0, 80),
    encoded: blob.toBase64(),
  };
}

function decoded(text: string): Uint8Array<ArrayBuffer> | undefined {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0
    ? Uint8Array.fromBase64(text)
    : undefined;
}

/** Nothing for a type that athm does not support, or a malformed or weak key. */
export function readKey(
  blob: Uint8Array<ArrayBuffer>,
): { readonly type: KeyType; readonly key: ImportableKey } | undefined {
  const malformed = new Failure("usage", "malformed key");
  try {
    const reader = wireReader(blob, () => malformed);
    const type = keyTypes.get(reader.text());
    const key = type?.read(reader);
    reader.end();
    return type && key && { type, key };
  } catch (error) {
    if (error === malformed) return undefined;
    throw error;
  }
}
