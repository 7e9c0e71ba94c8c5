import forge from "node-forge/lib/forge.js";
import "node-forge/lib/asn1.js";

/** One value of ASN.1's basic encoding (X.690). Bytes are characters from 0 to 255. */
export interface BerValue {
  readonly constructed: boolean;
  readonly value: string | readonly BerValue[];
}

/** Levels of nesting: far more than any file of keys has. */
const deepest = 32;

/** The one value that fills `bytes`. @throws {Error} */
export function berValue(bytes: string): BerValue {
  return forge.asn1.fromDer(bytes, {
    strict: true,
    parseAllBytes: true,
    decodeBitStrings: false,
    maxDepth: deepest,
  });
}

/** The values inside. @throws {Error} */
export function berList(value: BerValue | undefined): readonly BerValue[] {
  if (value && typeof value.value !== "string") return value.value;
  throw new Error("a sequence is missing");
}

/** The one value inside, as of an explicit tag. @throws {Error} */
export function berInside(value: BerValue | undefined): BerValue {
  const [only, ...more] = berList(value);
  if (only && more.length === 0) return only;
  throw new Error("not exactly one value inside");
}

/** A string of bytes, which may be in parts. @throws {Error} */
export function berOctets(value: BerValue | undefined): string {
  if (!value) throw new Error("a string of bytes is missing");
  return typeof value.value === "string" ? value.value : value.value.map(berOctets).join("");
}

/** In the notation with dots. @throws {Error} */
export function berOid(value: BerValue | undefined): string {
  if (typeof value?.value !== "string") throw new Error("an object identifier is missing");
  return forge.asn1.derToOid(value.value);
}

/** Not negative; too large a number is infinite. @throws {Error} */
export function berInteger(value: BerValue | undefined): number {
  const bytes = value?.value;
  if (typeof bytes !== "string" || bytes === "" || bytes.charCodeAt(0) >= 0x80) {
    throw new Error("not a number");
  }
  return bytes.length > 6 ? Infinity : parseInt(bytesOf(bytes).toHex(), 16);
}

export function derOf(value: BerValue): Uint8Array<ArrayBuffer> {
  return bytesOf(forge.asn1.toDer(value).getBytes());
}

export function bytesOf(characters: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(characters, (character) => character.charCodeAt(0));
}

export function charactersOf(bytes: Uint8Array): string {
  return forge.util.createBuffer(bytes).getBytes();
}
