import { X509Certificate } from "node:crypto";
import { Failure } from "../../model/failure.ts";
import type { System } from "../../system/system.ts";
import { hasCommonSignature, isForClients, isPkcs12 } from "./der.ts";

export interface Certificate {
  readonly x509: X509Certificate;
  readonly der: Uint8Array<ArrayBuffer>;
  /** In decimal. */
  readonly serial: string;
  /** Of a CA, any other is fine too. */
  readonly keyType: "rsa" | "ec" | "other";
  readonly subject: string;
  readonly issuer: string;
  /** Milliseconds since 1970. */
  readonly begins: number;
  readonly ends: number;
  readonly isForClients: boolean;
}

const limits = { bytes: 256 * 1024, certificates: 10 };

/** @throws {Failure} `source`, naming the option and the path */
export function readKeyFile(
  { files }: Pick<System, "files">,
  path: string,
  option: string,
): Uint8Array<ArrayBuffer> {
  const facts = files.real(path) === undefined ? undefined : files.facts(files.real(path) ?? path);
  if (!facts) throw new Failure("source", `${option}: file ${path} not found`);
  if (facts.kind !== "file" || facts.size > limits.bytes) {
    throw new Failure(
      "source",
      `${option}: ${path} is not a file of at most ${limits.bytes / 1024} KiB`,
    );
  }
  const bytes = files.read(path);
  if (!bytes) throw new Failure("source", `${option}: file ${path} not found`);
  return bytes;
}

/** All certificates of a file, in PEM or DER. @throws {Failure} `source` */
export function certificatesIn(
  bytes: Uint8Array<ArrayBuffer>,
  path: string,
  option: string,
): readonly Certificate[] {
  if (isPkcs12(bytes)) {
    throw new Failure(
      "source",
      `${option}: ${path} is a PKCS #12 file`,
      option === "--certificate"
        ? "omit the option for the private key, which is in this file"
        : "convert it: openssl pkcs12 -nokeys -in FILE -out FILE.pem",
    );
  }
  const text = new TextDecoder().decode(bytes);
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g);
  if ((blocks?.length ?? 0) > limits.certificates) {
    throw new Failure(
      "source",
      `${option}: ${path} contains more than ${limits.certificates} certificates`,
    );
  }
  if (!blocks && bytes[0] !== 0x30) {
    throw new Failure(
      "source",
      `${option}: ${path} contains no certificate`,
      "use a file in PEM (-----BEGIN CERTIFICATE-----) or DER",
    );
  }
  return (blocks ?? [bytes]).map((block) => certificateOf(block, path, option));
}

/** @param block in PEM or DER @throws {Failure} `source` */
export function certificateOf(
  block: string | Uint8Array<ArrayBuffer>,
  path: string,
  option: string,
): Certificate {
  try {
    const x509 = new X509Certificate(block);
    const der = new Uint8Array(x509.raw);
    const [begins, ends] = [Date.parse(x509.validFrom), Date.parse(x509.validTo)];
    if (Number.isNaN(begins) || Number.isNaN(ends)) throw new Error("no dates");
    return {
      x509,
      der,
      serial: BigInt(`0x${x509.serialNumber}`).toString(),
      keyType: keyTypeOf(x509),
      subject: oneLine(x509.subject),
      issuer: oneLine(x509.issuer),
      begins,
      ends,
      isForClients: isForClients(der),
    };
  } catch (cause) {
    const message = `${option}: ${path} contains a damaged certificate`;
    throw new Failure("source", message, undefined, { cause });
  }
}

function keyTypeOf(x509: X509Certificate): Certificate["keyType"] {
  try {
    const type = x509.publicKey.asymmetricKeyType;
    return type === "rsa" || type === "ec" ? type : "other";
  } catch {
    // The runtime lacks some curves.
    return "other";
  }
}

/** Of the certificate whose key signs. @throws {Failure} `source` */
export function checkKeyType({ keyType, subject }: Certificate, path: string): void {
  if (keyType !== "other") return;
  throw new Failure(
    "source",
    `--certificate: the certificate of ${subject} in ${path} has an unsupported key`,
    "use a certificate with an RSA or EC key",
  );
}

/** A name for messages: its parts are on lines of their own. */
function oneLine(name: string | undefined): string {
  const line = (name ?? "").split("\n").join(", ").replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ");
  return [...line].slice(0, 200).join("") || "an empty name";
}

/** Whether `issuer` signed `certificate`; by the names alone if the runtime lacks the algorithm. */
export function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  if (certificate.issuer !== issuer.subject) return false;
  if (issuer.keyType === "other" || !hasCommonSignature(certificate.der)) return true;
  try {
    return certificate.x509.verify(issuer.x509.publicKey);
  } catch {
    // It reads keys of more curves than it verifies with.
    return true;
  }
}
