/**
 * A temporary signing key of an identity provider, for one test.
 *
 * @module
 */

import type { PemPair } from "../certificates.ts";
import "../certificates.ts"; // prepares the library below
import { PemConverter, X509CertificateGenerator } from "@peculiar/x509";

const algorithm = {
  name: "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
};

/** RSA with a self-signed certificate, as providers use. */
export async function signingPair(): Promise<PemPair> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const now = Date.now();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: "CN=athm throw-away identity provider",
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(now - 3_600_000),
    notAfter: new Date(now + 86_400_000),
  });
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    cert: certificate.toString("pem"),
    key: PemConverter.encode(pkcs8, PemConverter.PrivateKeyTag),
  };
}
