import { canonicalRequest, scopeOf, sha256, timestamp } from "./sigv4.ts";

/** Who signs: a certificate's owner. */
export interface X509Signer {
  /** The certificate, then those of its CAs, in DER. */
  readonly certificates: readonly Uint8Array[];
  /** The certificate's serial number in decimal. */
  readonly serial: string;
  readonly algorithm: "RSA" | "ECDSA";
  /** The signature over SHA-256 of the text: PKCS #1 v1.5, or ECDSA in DER. */
  readonly sign: (text: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>;
}

const service = "rolesanywhere";

/**
 * The headers of a request that is signed with a certificate, those given included.
 * https://docs.aws.amazon.com/rolesanywhere/latest/userguide/authentication-sign-process.html
 *
 * @param at milliseconds since 1970 on AWS's clock
 */
export async function x509Headers(
  { certificates, serial, algorithm, sign }: X509Signer,
  { region, at }: { readonly region: string; readonly at: number },
  { method, url, headers }: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
  },
  body: string,
): Promise<Record<string, string>> {
  const [own = "", ...chain] = certificates.map((der) => der.toBase64());
  const all: Record<string, string> = {
    ...headers,
    "x-amz-date": timestamp(at),
    "x-amz-x509": own,
    ...chain.length ? { "x-amz-x509-chain": chain.join(",") } : {},
  };
  const name = `AWS4-X509-${algorithm}-SHA256`;
  const scope = scopeOf({ at, region, service });
  const unsigned = { method, url, headers: all };
  const { text, names } = canonicalRequest(service, unsigned, await sha256(body));
  const toSign = [name, timestamp(at), scope, await sha256(text)].join("\n");
  const signature = (await sign(new TextEncoder().encode(toSign))).toHex();
  const authorization =
    `${name} Credential=${serial}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return { ...all, authorization };
}
