import { Failure, usage } from "../../../model/failure.ts";
import { tooSlow, within } from "../../../system/http.ts";
import type { System } from "../../../system/system.ts";

/** Milliseconds for one request with its answer. */
const timeout = 30_000;
const mostRedirects = 5;

/**
 * The address of a file: https, and nothing in it that must not be printed. It names the file in
 * messages.
 *
 * @throws {Failure} `usage`
 */
export function parseFileUrl(text: string): URL {
  const example = "use an address such as https://example.com/athm.yaml";
  const url = /^https:\/\/[\x21-\x7e]+$/i.test(text) ? URL.parse(text) : null;
  if (!url) throw usage("the address of a team file must be an https URL", example);
  if (url.username || url.password || /[?#]/.test(text)) {
    throw usage(
      "the address of a team file must not contain a user name, password, query or fragment",
      example,
    );
  }
  return url;
}

/** Whether the operand is meant as a URL, of any scheme. */
export function isAddress(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]+:\/\//.test(text);
}

/**
 * Downloads at most `limit` bytes. Follows redirects, but only to https.
 *
 * @param missing the hint if the server has no such file
 * @throws {Failure} `network`, `tls`, `aws`
 */
export async function download(
  system: System,
  address: URL,
  { limit, caPem, missing }: {
    readonly limit: number;
    readonly caPem: string | undefined;
    readonly missing: string;
  },
): Promise<Uint8Array<ArrayBuffer>> {
  let url = address;
  for (let left = mostRedirects; left >= 0; left--) {
    using http = await system.http(url.href, caPem);
    const request = { method: "GET", url: url.href, headers: { accept: "*/*" }, limit };
    const late = tooSlow(url.host, timeout);
    const { status, headers, body } = await within(
      timeout,
      late,
      (signal) => http.send({ ...request, signal }),
    );
    if (status === 200) return body;
    const location = [301, 302, 303, 307, 308].includes(status) ? headers.get("location") : null;
    if (location === null) {
      throw new Failure("network", `${address.href} is not available (status ${status})`, missing);
    }
    const next = URL.parse(location, url.href);
    // Its query may be a secret, so only its host is printed.
    if (next?.protocol !== "https:" || next.username || next.password) {
      throw new Failure(
        "network",
        `${url.host} redirects ${address.href} to ${
          next ? `${next.protocol}//${next.host}` : "no valid address"
        }, but athm follows redirects to https only`,
        "use the https address of the file itself",
      );
    }
    url = next;
  }
  throw new Failure("network", `${address.href} redirects more than ${mostRedirects} times`);
}
