/**
 * PKCS #12 files that no program writes, without encryption: as hostile as a test needs.
 *
 * @module
 */

import { createHmac, pbkdf2Sync } from "node:crypto";

type Bytes = Uint8Array<ArrayBuffer>;

export function tlv(tag: number, ...parts: readonly (Bytes | readonly number[])[]): Bytes {
  const content = parts.flatMap((part) => [...part]);
  const { length } = content;
  const size = length < 0x80
    ? [length]
    : [0x84, length >>> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff];
  return new Uint8Array([tag, ...size, ...content]);
}

export const sequence = (...parts: readonly Bytes[]) => tlv(0x30, ...parts);
export const octets = (bytes: Bytes) => tlv(0x04, bytes);
const explicit = (value: Bytes) => tlv(0xa0, value);
export const oid = (hex: string) => tlv(0x06, Uint8Array.fromHex(hex));
export const integer = (value: number) =>
  tlv(0x02, [0, value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff]);

const dataId = "2a864886f70d010701";
const bagId = (last: string) => oid(`2a864886f70d010c0a01${last}`);

export const keyBag = (pkcs8: Bytes) => sequence(bagId("01"), explicit(pkcs8));
export const certificateBag = (der: Bytes) =>
  sequence(
    bagId("03"),
    explicit(sequence(oid("2a864886f70d01091601"), explicit(octets(der)))),
  );
export const nestedBags = (...bags: readonly Bytes[]) =>
  sequence(bagId("06"), explicit(sequence(...bags)));

/** A key encrypted with 3DES, by this many iterations. */
export const encryptedKeyBag = (iterations: number) => {
  const parameters = sequence(octets(new Uint8Array(8)), integer(iterations));
  const algorithm = sequence(oid("2a864886f70d010c0103"), parameters);
  return sequence(bagId("02"), explicit(sequence(algorithm, octets(new Uint8Array(16)))));
};

const content = (value: Bytes) => sequence(oid(dataId), explicit(octets(value)));

/** A file with these bags; with a MAC that fits no passphrase if its iterations are given. */
export function pkcs12(bags: readonly Bytes[], macIterations?: number): Bytes {
  const mac = macIterations === undefined ? [] : [
    sequence(
      sequence(sequence(oid("2b0e03021a")), octets(new Uint8Array(20))),
      octets(new Uint8Array(8)),
      integer(macIterations),
    ),
  ];
  return sequence(tlv(0x02, [3]), content(safeOf(bags)), ...mac);
}

const safeOf = (bags: readonly Bytes[]) => sequence(content(sequence(...bags)));

/** A file with these bags and the MAC of an empty passphrase (PBMAC1 with SHA-256). */
export function pkcs12Mac(bags: readonly Bytes[]): Bytes {
  const safe = safeOf(bags);
  const salt = new Uint8Array(8);
  const key = pbkdf2Sync("", salt, 1, 32, "sha256");
  const digest = new Uint8Array(createHmac("sha256", key).update(safe).digest());
  const hmac = sequence(oid("2a864886f70d0209"));
  const derivation = sequence(
    oid("2a864886f70d01050c"),
    sequence(octets(salt), integer(1), integer(32), hmac),
  );
  const algorithm = sequence(oid("2a864886f70d01050e"), sequence(derivation, hmac));
  return sequence(
    tlv(0x02, [3]),
    content(safe),
    sequence(sequence(algorithm, octets(digest)), octets(salt), integer(1)),
  );
}
