/** One value of ASN.1's distinguished encoding (X.690). */
export interface Der {
  readonly tag: number;
  readonly content: Uint8Array<ArrayBuffer>;
}

/** Nested values in one certificate: far more than any has. */
const mostValues = 4096;

/** The values that fill `bytes` exactly, or nothing. */
export function derValues(bytes: Uint8Array<ArrayBuffer>): readonly Der[] | undefined {
  const values: Der[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at] ?? 0;
    let length = bytes[at + 1] ?? 0x80;
    let begin = at + 2;
    if ((tag & 0x1f) === 0x1f || length === 0x80 || length > 0x84) return undefined;
    if (length > 0x80) {
      const count = length - 0x80;
      length = bytes.subarray(begin, begin + count).reduce((sum, byte) => sum * 256 + byte, 0);
      begin += count;
    }
    at = begin + length;
    if (at > bytes.length || values.length === mostValues) return undefined;
    values.push({ tag, content: bytes.subarray(begin, at) });
  }
  return values;
}

/** The values in a value, or nothing. */
export function derInside(value: Der | undefined): readonly Der[] | undefined {
  return value && derValues(value.content);
}

const sequence = 0x30;
const integer = 0x02;
const extensions = 0xa3;
const octets = 0x04;
const bits = 0x03;
const keyUsage = "551d0f";
const extendedKeyUsage = "551d25";
/** clientAuth and anyExtendedKeyUsage (RFC 5280, section 4.2.1.12). */
const forClients = ["2b06010505070302", "551d2500"];

/** True if a certificate names no purposes, or client authentication. */
export function isForClients(certificate: Uint8Array<ArrayBuffer>): boolean {
  const value = extensionOf(certificate, extendedKeyUsage);
  if (!value) return true;
  const purposes = derInside(value[0]) ?? [];
  return purposes.some(({ content }) => forClients.includes(content.toHex()));
}

/** Whether the uses of its key have digitalSignature (RFC 5280, section 4.2.1.3); nothing if it names none. */
export function allowsSignatures(certificate: Uint8Array<ArrayBuffer>): boolean | undefined {
  const value = extensionOf(certificate, keyUsage);
  if (!value) return undefined;
  const [uses] = value;
  // The first byte counts the unused bits at the end.
  return uses?.tag === bits && ((uses.content[1] ?? 0) & 0x80) !== 0;
}

/** RSA with MD2, MD5 or SHA-1, and ECDSA with SHA-1. */
const weakSignatures = [
  ...["2a864886f70d010102", "2a864886f70d010104", "2a864886f70d010105"],
  "2a8648ce3d0401",
];

/** True if a certificate is signed with one of these. */
export function hasWeakSignature(certificate: Uint8Array<ArrayBuffer>): boolean {
  return weakSignatures.includes(signatureAlgorithm(certificate));
}

/** RSA (PKCS #1 v1.5) and ECDSA with SHA-256, SHA-384 and SHA-512. */
const commonSignatures = [
  ...["2a864886f70d01010b", "2a864886f70d01010c", "2a864886f70d01010d"],
  ...["2a8648ce3d040302", "2a8648ce3d040303", "2a8648ce3d040304"],
];

/** True if a certificate is signed with one of these. */
export function hasCommonSignature(certificate: Uint8Array<ArrayBuffer>): boolean {
  return commonSignatures.includes(signatureAlgorithm(certificate));
}

function signatureAlgorithm(certificate: Uint8Array<ArrayBuffer>): string {
  const [, algorithm] = derInside(derValues(certificate)?.[0]) ?? [];
  const [id] = derInside(algorithm) ?? [];
  return id?.content.toHex() ?? "";
}

/** The value of an extension, or nothing if the certificate lacks it. */
function extensionOf(
  certificate: Uint8Array<ArrayBuffer>,
  wanted: string,
): readonly Der[] | undefined {
  const [tbs] = derInside(derValues(certificate)?.[0]) ?? [];
  const listed = derInside(tbs)?.find(({ tag }) => tag === extensions);
  for (const extension of derInside(derInside(listed)?.[0]) ?? []) {
    const [id, ...rest] = derInside(extension) ?? [];
    if (id?.content.toHex() !== wanted) continue;
    return derInside(rest.find(({ tag }) => tag === octets)) ?? [];
  }
  return undefined;
}

/** True for a PKCS #12 file (RFC 7292), even a damaged one: a sequence that begins with version 3. */
export function isPkcs12(bytes: Uint8Array<ArrayBuffer>): boolean {
  const [tag = 0, length = 0] = bytes;
  // The basic encoding, which some programs use, may leave the length open.
  const begin = 2 + (length > 0x80 && length <= 0x84 ? length - 0x80 : 0);
  return tag === sequence && bytes.subarray(begin, begin + 3).toHex() === "020103";
}

/** An ECDSA signature as the sequence of its two numbers (RFC 3279, section 2.2.3). */
export function ecdsaSequence(raw: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const half = raw.length / 2;
  const numbers = [raw.subarray(0, half), raw.subarray(half)].flatMap((bytes) => {
    const first = bytes.findIndex((byte) => byte !== 0);
    const short = first < 0 ? [0] : [...bytes.subarray(first)];
    const positive = (short[0] ?? 0) >= 0x80 ? [0, ...short] : short;
    return [integer, positive.length, ...positive];
  });
  const length = numbers.length < 0x80 ? [numbers.length] : [0x81, numbers.length];
  return new Uint8Array([sequence, ...length, ...numbers]);
}
