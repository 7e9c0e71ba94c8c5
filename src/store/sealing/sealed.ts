// A sealed file is one compact JWE (RFC 7516 §7.1), ASCII, without a newline:
//
//     HEADER..IV.CIPHERTEXT.TAG            each part base64url (RFC 7515 §2)
//
//     HEADER      {"alg":"dir","enc":"A256GCM","typ":"athm-session","v":1,"kid":"<file id>"}
//                 byte for byte: this order, no spaces
//     (nothing)   no encrypted key: `dir` is direct use of the store's key (RFC 7518 §4.5)
//     IV          12 random bytes, new for every write
//     CIPHERTEXT  the record, AES-256-GCM (RFC 7518 §5.3)
//     TAG         16 bytes; covers HEADER too
//
// The tag covers purpose, version and file id in the header, so that no file can replace another: a
// session a profile, or one profile the next. The reader does not parse an untrusted header: it
// compares it with the expected one.
//
// Any JWE library can open such a file. athm uses Web Crypto, because loading a library costs ten
// times the decryption, and every `exec` opens two files.
//
// 12 random bytes are safe for 2^32 writes under one key (NIST SP 800-38D §8.3): a write a second for
// 136 years.

/** What a file is for; part of its header. */
export type Purpose =
  | "athm-profile"
  | "athm-session"
  | "athm-narrowed"
  | "athm-policy"
  | "athm-folder"
  | "athm-client"
  | "athm-confirmation"
  | "athm-taken"
  | "athm-assertion"
  | "athm-portal"
  | "athm-console"
  | "athm-registry"
  | "athm-index";

export interface SealedAs {
  readonly purpose: Purpose;
  readonly id: string;
}

export const sealedVersion = 1;

/** The largest sealed file in bytes; real ones reach about 10 KiB. */
export const sealedLimit = 256 * 1024;

export type Opened<T> = T | "damaged" | "newer";

/** @param iv 12 bytes, used once with this key. @throws {RangeError} beyond `limit` */
export async function seal(
  key: CryptoKey,
  as: SealedAs,
  iv: Uint8Array<ArrayBuffer>,
  plain: Uint8Array<ArrayBuffer>,
  limit = sealedLimit,
): Promise<Uint8Array<ArrayBuffer>> {
  const header = encodeHeader(as, sealedVersion);
  const both = new Uint8Array(await crypto.subtle.encrypt(parameters(header, iv), key, plain));
  const cut = both.length - tagLength;
  const parts = [header, "", base64url(iv), base64url(both.subarray(0, cut))];
  const file = new TextEncoder().encode([...parts, base64url(both.subarray(cut))].join("."));
  if (file.length > limit) throw new RangeError("the file would be too large");
  return file;
}

/** Opens a sealed file, or returns that it is damaged or newer. Never throws. */
export async function unseal(
  key: CryptoKey,
  as: SealedAs,
  file: Uint8Array<ArrayBuffer>,
  limit = sealedLimit,
): Promise<Opened<Uint8Array<ArrayBuffer>>> {
  if (file.length > limit) return "damaged";
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(file); // keep all bytes
  const header = encodeHeader(as, sealedVersion);
  if (!text.startsWith(`${header}..`)) return isNewer(text, as) ? "newer" : "damaged";

  const parts = text.slice(header.length + 2).split(".", 4);
  const [iv, body, tag] = parts.map(fromBase64url);
  if (parts.length !== 3 || iv?.length !== ivLength || !body || tag?.length !== tagLength) {
    return "damaged";
  }
  const both = new Uint8Array(body.length + tag.length);
  both.set(body);
  both.set(tag, body.length);
  try {
    return new Uint8Array(await crypto.subtle.decrypt(parameters(header, iv), key, both));
  } catch {
    return "damaged"; // Web Crypto deliberately gives no details
  }
}

const ivLength = 12;
const tagLength = 16;

function parameters(header: string, iv: Uint8Array<ArrayBuffer>): AesGcmParams {
  return {
    name: "AES-GCM",
    iv,
    additionalData: new TextEncoder().encode(header),
    tagLength: tagLength * 8,
  };
}

function encodeHeader({ purpose, id }: SealedAs, version: number): string {
  const header = { alg: "dir", enc: "A256GCM", typ: purpose, v: version, kid: id };
  return base64url(new TextEncoder().encode(JSON.stringify(header)));
}

/** Only the wording of the error depends on it. Every version's header begins the same way. */
function isNewer(text: string, as: SealedAs): boolean {
  const end = text.slice(0, 1024).indexOf(".");
  const bytes = end < 0 ? undefined : fromBase64url(text.slice(0, end));
  if (!bytes) return false;
  const [, purpose, version] =
    /^\{"alg":"dir","enc":"A256GCM","typ":"([a-z-]+)","v":([1-9]\d{0,5})[,}]/
      .exec(new TextDecoder().decode(bytes)) ?? [];
  return purpose === as.purpose && Number(version) > sealedVersion;
}

function base64url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Strict: exactly one encoding per value, so that any changed bit is detected. */
function fromBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
    return base64url(bytes) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
}
