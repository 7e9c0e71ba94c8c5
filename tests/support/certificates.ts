/**
 * Temporary certificates for one test.
 *
 * @module
 */

/** A certificate and its private key as PEM text. */
export interface PemPair {
  readonly cert: string;
  /** PKCS #8. */
  readonly key: string;
}

/** A certificate authority that lives as long as the test. */
export interface TestAuthority {
  /** The CA's own certificate as PEM: for `AWS_CA_BUNDLE` or `caCerts`. */
  readonly cert: string;
  /** A server certificate for these DNS names and IP addresses. */
  issue(hosts: readonly string[]): Promise<PemPair>;
}

// The library's dependency injection does not load without these two functions, and finds no
// metadata. A whole polyfill would be one more package to trust.
// https://github.com/PeculiarVentures/x509#-reflect-polyfill-required
if (!("getMetadata" in Reflect)) {
  const nothing = () => undefined;
  Object.assign(Reflect, { getMetadata: nothing, getOwnMetadata: nothing });
}
const x509 = await import("@peculiar/x509");

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const hour = 3_600_000;

/** Valid for a day, and for the past hour in case clocks differ. */
function validity(): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - hour), notAfter: new Date(now + 24 * hour) };
}

async function newKeys(): Promise<CryptoKeyPair> {
  return await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

/** Makes a CA (ECDSA P-256, RFC 5280) that signs certificates valid for a day. */
export async function createTestAuthority(): Promise<TestAuthority> {
  const keys = await newKeys();
  const name = "CN=athm throw-away test CA";
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name,
    keys,
    signingAlgorithm: algorithm,
    ...validity(),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });

  return {
    cert: ca.toString("pem"),
    async issue(hosts) {
      const own = await newKeys();
      const certificate = await x509.X509CertificateGenerator.create({
        subject: "CN=athm test server",
        issuer: name,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        ...validity(),
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
          new x509.SubjectAlternativeNameExtension(
            hosts.map(generalName),
          ),
          await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
          await x509.SubjectKeyIdentifierExtension.create(own.publicKey),
        ],
      });
      const pkcs8 = await crypto.subtle.exportKey("pkcs8", own.privateKey);
      return {
        cert: certificate.toString("pem"),
        key: x509.PemConverter.encode(pkcs8, x509.PemConverter.PrivateKeyTag),
      };
    },
  };
}

/** A name in the form of RFC 5280, section 4.2.1.6: addresses are not DNS names. */
function generalName(host: string): { readonly type: "ip" | "dns"; readonly value: string } {
  const isAddress = host.includes(":") || /^\d+(\.\d+){3}$/.test(host);
  return { type: isAddress ? "ip" : "dns", value: host };
}
