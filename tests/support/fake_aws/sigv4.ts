/**
 * AWS Signature Version 4, written only from its specification, so that it does not repeat a
 * mistake of the SDK or of athm.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 *
 * @module
 */

/** The signed parts of an HTTP request. */
export interface SignedParts {
  readonly method: string;
  /** The path as it was sent, still percent-encoded. */
  readonly path: string;
  /** The query string as it was sent, without the question mark. */
  readonly query: string;
  /** Values by lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  /** Lowercase names, in the signer's order. */
  readonly signedHeaders: readonly string[];
  readonly body: Uint8Array<ArrayBuffer>;
}

/** The scope of a signature: `DATE/REGION/SERVICE/aws4_request`. */
export interface Scope {
  /** `YYYYMMDD`, UTC. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

const utf8 = new TextEncoder();

/** SHA-256 in lower-case hexadecimal. */
export async function sha256Hex(data: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data)).toHex();
}

async function hmac(
  key: Uint8Array<ArrayBuffer>,
  text: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", key, algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, utf8.encode(text)));
}

/** Percent-encodes everything except the unreserved characters of RFC 3986, as SigV4 requires. */
function uriEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => "%" + character.charCodeAt(0).toString(16).toUpperCase(),
  );
}

/**
 * Removes `.`, `..` and empty segments (RFC 3986, section 5.2.4). Every service except S3 does
 * this.
 */
function normalPath(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(segment);
  }
  const slash = kept.length > 0 && /(\/|\/\.{1,2})$/.test(path) ? "/" : "";
  return "/" + kept.join("/") + slash;
}

/** Encodes the path once more than in the request; again, every service except S3 does this. */
function canonicalUri(path: string): string {
  return normalPath(path).split("/").map(uriEncode).join("/");
}

/** Decodes percent-encoding; text that is not validly encoded stays unchanged and will not verify. */
function uriDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function canonicalQuery(query: string): string {
  return query.split("&").filter((pair) => pair !== "")
    .map((pair) => {
      const at = pair.indexOf("=");
      const name = at < 0 ? pair : pair.slice(0, at);
      const value = at < 0 ? "" : pair.slice(at + 1);
      return [uriEncode(uriDecode(name)), uriEncode(uriDecode(value))] as const;
    })
    // By code point, not by locale; encoded text is ASCII, so `<` compares bytes.
    .sort(([nameA, valueA], [nameB, valueB]) =>
      compareText(nameA, nameB) || compareText(valueA, valueB)
    )
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Task 1 of the specification: the canonical request. */
export async function canonicalRequest(parts: SignedParts): Promise<string> {
  const names = [...parts.signedHeaders].sort(compareText);
  const headers = names.map((name) =>
    `${name}:${(parts.headers.get(name) ?? "").trim().replace(/ +/g, " ")}\n`
  );
  return [
    parts.method,
    canonicalUri(parts.path),
    canonicalQuery(parts.query),
    headers.join(""),
    names.join(";"),
    await sha256Hex(parts.body),
  ].join("\n");
}

/** Task 2: the string to sign. `dateTime` is `YYYYMMDDTHHMMSSZ`. */
export async function stringToSign(
  canonical: string,
  dateTime: string,
  scope: Scope,
): Promise<string> {
  return [
    "AWS4-HMAC-SHA256",
    dateTime,
    `${scope.date}/${scope.region}/${scope.service}/aws4_request`,
    await sha256Hex(utf8.encode(canonical)),
  ].join("\n");
}

/** Task 3: the signature, in lower-case hexadecimal. */
export async function signature(secret: string, text: string, scope: Scope): Promise<string> {
  let key = utf8.encode("AWS4" + secret);
  for (const part of [scope.date, scope.region, scope.service, "aws4_request"]) {
    key = await hmac(key, part);
  }
  return (await hmac(key, text)).toHex();
}

/** All three tasks: what the `Signature` parameter of this request must be. */
export async function sign(
  parts: SignedParts,
  dateTime: string,
  scope: Scope,
  secret: string,
): Promise<string> {
  return await signature(
    secret,
    await stringToSign(await canonicalRequest(parts), dateTime, scope),
    scope,
  );
}

/** Compares in a time that does not reveal where two texts of the same length differ. */
export function equalInConstantTime(a: string, b: string): boolean {
  const [left, right] = [utf8.encode(a), utf8.encode(b)];
  let difference = left.length ^ right.length;
  for (let i = 0; i < left.length; i++) difference |= (left[i] ?? 0) ^ (right[i] ?? 0);
  return difference === 0;
}
