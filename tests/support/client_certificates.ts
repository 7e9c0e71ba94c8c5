/**
 * A company's CA for one test: a root that IAM Roles Anywhere may trust, a CA below it, and the
 * certificates of clients.
 *
 * @module
 */

import "./certificates.ts"; // prepares the library below
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  PublicKey,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { createPrivateKey } from "node:crypto";

export type KeyKind = "p256" | "p384" | "rsa";
/** The file format of a private key. */
export type KeyForm = "pkcs8" | "traditional" | "der";

export interface ClientOptions {
  readonly name: string;
  readonly key?: KeyKind;
  /** Until it expires, counted from now; default 30. */
  readonly days?: number;
  /** Days from now at which it begins; default yesterday. */
  readonly begins?: number;
  readonly usage?: "client" | "server" | "none";
  readonly serial?: string;
  readonly passphrase?: string;
  readonly form?: KeyForm;
  /** In DER (SubjectPublicKeyInfo), if the key pair is made elsewhere. */
  readonly publicKey?: Uint8Array<ArrayBuffer>;
  readonly isCa?: boolean;
  /** False for a key that may only encrypt; default true. */
  readonly signs?: boolean;
}

export interface ClientFiles {
  readonly cert: string;
  /** PEM, or DER with that form. */
  readonly key: string | Uint8Array<ArrayBuffer>;
}

export interface ClientAuthority {
  readonly root: string;
  /** The CA that signs the clients' certificates. */
  readonly chain: string;
  issue(options: ClientOptions): Promise<ClientFiles>;
}

const day = 86_400_000;
const ec = (curve: string) => ({ name: "ECDSA", namedCurve: curve, hash: "SHA-256" });
const algorithms = {
  p256: ec("P-256"),
  p384: ec("P-384"),
  rsa: {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    publicExponent: new Uint8Array([1, 0, 1]),
    modulusLength: 2048,
  },
};

async function newKeys(kind: KeyKind): Promise<CryptoKeyPair> {
  return await crypto.subtle.generateKey(
    algorithms[kind],
    true,
    ["sign", "verify"],
  ) as CryptoKeyPair;
}

/** @param now milliseconds since 1970 */
export async function createClientAuthority(now = Date.now()): Promise<ClientAuthority> {
  const [rootKeys, keys] = [await newKeys("p256"), await newKeys("p256")];
  const [rootName, name] = ["CN=Example Root CA, O=Example", "CN=Example Clients CA, O=Example"];
  const ofCa = [
    new BasicConstraintsExtension(true, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
  ];
  const long = { notBefore: new Date(now - 400 * day), notAfter: new Date(now + 400 * day) };
  const root = await X509CertificateGenerator.createSelfSigned({
    name: rootName,
    keys: rootKeys,
    signingAlgorithm: algorithms.p256,
    extensions: ofCa,
    ...long,
  });
  const between = await X509CertificateGenerator.create({
    subject: name,
    issuer: rootName,
    publicKey: keys.publicKey,
    signingKey: rootKeys.privateKey,
    signingAlgorithm: algorithms.p256,
    extensions: ofCa,
    ...long,
  });
  return {
    root: root.toString("pem"),
    chain: between.toString("pem"),
    async issue(options) {
      const { key: kind = "p256", days = 30, begins = -1, usage = "client" } = options;
      const own = await newKeys(kind);
      const purpose = ExtendedKeyUsage[usage === "server" ? "serverAuth" : "clientAuth"];
      const certificate = await X509CertificateGenerator.create({
        subject: `CN=${options.name}, O=Example`,
        issuer: name,
        publicKey: options.publicKey ? new PublicKey(options.publicKey) : own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithms.p256,
        ...options.serial !== undefined && { serialNumber: options.serial },
        notBefore: new Date(now + Math.min(begins, days - 1) * day),
        notAfter: new Date(now + days * day),
        extensions: options.isCa ? ofCa : [
          new BasicConstraintsExtension(false, undefined, true),
          new KeyUsagesExtension(
            KeyUsageFlags[options.signs ?? true ? "digitalSignature" : "keyEncipherment"],
            true,
          ),
          ...usage === "none" ? [] : [new ExtendedKeyUsageExtension([purpose])],
        ],
      });
      const pkcs8 = await crypto.subtle.exportKey("pkcs8", own.privateKey);
      const pem = PemConverter.encode(pkcs8, PemConverter.PrivateKeyTag);
      return { cert: certificate.toString("pem"), key: keyFile(pem, kind, options) };
    },
  };
}

function keyFile(pem: string, kind: KeyKind, { form = "pkcs8", passphrase }: ClientOptions) {
  const key = createPrivateKey(pem);
  const sealed = passphrase === undefined ? {} : { cipher: "aes-256-cbc", passphrase };
  if (form === "der") {
    return new Uint8Array(key.export({ type: "pkcs8", format: "der" }));
  }
  const type = form === "pkcs8" ? "pkcs8" : kind === "rsa" ? "pkcs1" : "sec1";
  return key.export({ type, format: "pem", ...sealed } as never).toString();
}
