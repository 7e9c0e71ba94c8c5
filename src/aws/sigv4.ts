import type { Credentials } from "../model/credentials.ts";

/** Where and when a signature is valid. */
export interface Signing {
  readonly credentials: Credentials;
  /** As in a credential scope, such as `sts`. */
  readonly service: string;
  readonly region: string;
  /** Milliseconds since 1970 on AWS's clock. */
  readonly at: number;
}

export interface UnsignedRequest {
  readonly method: string;
  /** With its path and query already percent-encoded. */
  readonly url: string;
  /** Lower-case names; the host is added. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The hash of a payload that is unknown when the request is signed, as S3 accepts it. */
export const unsignedPayload = "UNSIGNED-PAYLOAD";

/** Presigned URLs are valid for at most 7 days. */
export const longestPresigned = 7 * 24 * 3600;

/**
 * The headers of a signed request, those given included.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export async function signedHeaders(
  signing: Signing,
  { method, url, headers = {} }: UnsignedRequest,
  body: string,
): Promise<Record<string, string>> {
  const { accessKeyId, sessionToken } = signing.credentials;
  const all: Record<string, string> = {
    ...headers,
    "x-amz-date": timestamp(signing.at),
    ...sessionToken ? { "x-amz-security-token": sessionToken.reveal() } : {},
  };
  const unsigned = { method, url, headers: all };
  const { text, names } = canonicalRequest(signing.service, unsigned, await sha256(body));
  const signature = await signatureOf(signing, await sha256(text));
  const credential = `${accessKeyId}/${scopeOf(signing)}`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, ` +
    `SignedHeaders=${names}, Signature=${signature}`;
  return { ...all, authorization };
}

/**
 * A URL that contains the signature, for the sender of the request; its parameters in the order of
 * the AWS CLI.
 *
 * @param expires seconds
 * @param payload the hash of the body, or {@link unsignedPayload}
 */
export async function presigned(
  signing: Signing,
  { method, url, headers = {} }: UnsignedRequest,
  expires: number,
  payload?: string,
): Promise<string> {
  const { accessKeyId, sessionToken } = signing.credentials;
  const { host, pathname, search, origin } = new URL(url);
  const { names } = namesAndLines({ ...headers, host });
  const added: Readonly<Record<string, string>> = {
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": `${accessKeyId}/${scopeOf(signing)}`,
    "X-Amz-Date": timestamp(signing.at),
    "X-Amz-Expires": `${expires}`,
    "X-Amz-SignedHeaders": names,
    ...sessionToken ? { "X-Amz-Security-Token": sessionToken.reveal() } : {},
  };
  const query = [
    ...search === "" ? [] : search.slice(1).split("&"),
    ...Object.entries(added).map(([name, value]) => `${name}=${percentEncoded(value)}`),
  ];
  const signed = `${origin}${pathname}?${query.join("&")}`;
  const request = { method, url: signed, headers };
  const { text } = canonicalRequest(signing.service, request, payload ?? await sha256(""));
  return `${signed}&X-Amz-Signature=${await signatureOf(signing, await sha256(text))}`;
}

/** The canonical request, and the names of the headers in it. */
export function canonicalRequest(
  service: string,
  { method, url, headers = {} }: UnsignedRequest,
  payload: string,
): { readonly text: string; readonly names: string } {
  const { host, pathname, search } = new URL(url);
  const { names, lines } = namesAndLines({ ...headers, host });
  const path = canonicalPath(service, pathname);
  const query = canonicalQuery(search.slice(1).split("&"));
  return { text: [method, path, query, ...lines, "", names, payload].join("\n"), names };
}

/** The signature of a canonical request's hash; `time` as its date line has it. */
export async function signatureOf(
  signing: Signing,
  requestHash: string,
  time = timestamp(signing.at),
): Promise<string> {
  const text = ["AWS4-HMAC-SHA256", time, scopeOf(signing), requestHash].join("\n");
  const { secretAccessKey } = signing.credentials;
  let key: Uint8Array<ArrayBuffer> = utf8.encode(`AWS4${secretAccessKey.reveal()}`);
  for (const part of [...scopeOf(signing).split("/"), text]) key = await hmac(key, part);
  return key.toHex();
}

/** Percent-encodes all but the unreserved characters of RFC 3986. */
export function percentEncoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** `20260101T000000Z`. */
export function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/[-:]|\.\d{3}/g, "");
}

const utf8 = new TextEncoder();

export async function sha256(text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", utf8.encode(text))).toHex();
}

async function hmac(
  key: Uint8Array<ArrayBuffer>,
  text: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", key, algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, utf8.encode(text)));
}

export function scopeOf({ at, region, service }: Omit<Signing, "credentials">): string {
  return `${timestamp(at).slice(0, 8)}/${region}/${service}/aws4_request`;
}

/** Every service except S3 encodes the path once more than it is sent. */
function canonicalPath(service: string, path: string): string {
  return service === "s3" ? path : path.split("/").map(percentEncoded).join("/");
}

/** Sorted by name: `=` sorts after the `-` of a longer one. No name occurs twice. */
function canonicalQuery(pairs: readonly string[]): string {
  const name = (pair: string) => pair.split("=", 1)[0] ?? "";
  return pairs.toSorted((a, b) => name(a) < name(b) ? -1 : 1).join("&");
}

function namesAndLines(headers: Readonly<Record<string, string>>) {
  const names = Object.keys(headers).sort();
  const lines = names.map((name) => `${name}:${headers[name]?.trim().replace(/\s+/g, " ")}`);
  return { names: names.join(";"), lines };
}
