import { defined } from "../../model/fields.ts";
import { CookieJar } from "tough-cookie";
import { isLoopback } from "../../model/endpoint.ts";
import { Failure } from "../../model/failure.ts";
import type { Http, HttpAnswer } from "../../system/http.ts";
import type { System } from "../../system/system.ts";
import { parseRefresh, type Refresh } from "./page_signs.ts";

export interface SitePage {
  readonly url: URL;
  readonly status: number;
  readonly html: string;
  /** True for the page that the start URL led to. */
  readonly isFirst: boolean;
  readonly refresh?: Refresh;
}

/** Without `body` it is a GET. */
export interface SiteRequest {
  readonly url: URL;
  /** `application/x-www-form-urlencoded`. */
  readonly body?: string;
}

export interface SiteWorld {
  readonly system: Pick<System, "trace">;
  readonly http: (url: string) => Promise<Http>;
}

export interface Site extends Disposable {
  /** @throws {Failure} `network`, `tls`; `source` for a URL that is unsafe for a password. */
  open(request: SiteRequest): Promise<SitePage>;
  /** @throws {Failure} `source` for a URL that is unsafe for a password. */
  check(url: URL): void;
}

const most = { redirects: 20, cookies: 50, cookieLength: 8192 };
/** Timeout of one request in milliseconds. */
const patience = 30_000;

/** If `start` is https, every further request must be too. */
export function openSite({ system, http }: SiteWorld, start: URL): Site {
  const jar = new CookieJar();
  const clients = new Map<string, Promise<Http>>();
  let opened = 0;

  async function send({ url, body }: SiteRequest): Promise<HttpAnswer> {
    checkSafe(url, start);
    let client = clients.get(url.protocol);
    if (!client) clients.set(url.protocol, client = http(url.origin));
    const cookie = await jar.getCookieString(url.href);
    const stop = new AbortController();
    const late = new Failure(
      "network",
      `${url.host} did not answer within ${patience / 1000} s`,
      "check the network, HTTPS_PROXY and NO_PROXY",
    );
    const timer = setTimeout(() => stop.abort(late), patience);
    try {
      const answer = await (await client).send(defined({
        method: body === undefined ? "GET" : "POST",
        url: url.href,
        headers: defined({
          accept: "text/html,application/xhtml+xml",
          // Some providers only return a form to browsers.
          "user-agent": "Mozilla/5.0 (compatible; athm)",
          cookie: cookie || undefined,
          "content-type": body === undefined ? undefined : "application/x-www-form-urlencoded",
        }),
        body,
        signal: stop.signal,
      }));
      for (const each of answer.headers.getSetCookie().slice(0, most.cookies)) {
        if (each.length > most.cookieLength) continue;
        await jar.setCookie(each, url.href, { ignoreError: true });
      }
      // Trace only the host: paths and queries may contain sign-in secrets.
      system.trace("saml page", { host: url.host, status: answer.status });
      return answer;
    } catch (error) {
      throw stop.signal.aborted ? late : error;
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    check: (url) => checkSafe(url, start),
    async open(request) {
      let next = request;
      const isFirst = opened++ === 0;
      for (let step = 0; step <= most.redirects; step++) {
        const answer = await send(next);
        const location = answer.headers.get("location");
        const { status } = answer;
        if (status < 300 || status > 399 || location === null) {
          return pageOf(next.url, answer, isFirst);
        }
        const url = URL.parse(location, next.url);
        if (!url) throw refused(`${next.url.host} redirects to an invalid URL`);
        // RFC 9110, 15.4: 307 and 308 keep the body, which must not go to another host.
        const keeps = (status === 307 || status === 308) && next.body !== undefined;
        if (keeps && url.origin !== next.url.origin) {
          throw refused(`${next.url.host} redirects the form to ${url.host}`);
        }
        next = keeps && next.body !== undefined ? { url, body: next.body } : { url };
      }
      throw refused(`${next.url.host} redirects too many times`);
    },
    [Symbol.dispose]() {
      for (const client of clients.values()) {
        client.then((each) => each[Symbol.dispose](), () => {});
      }
    },
  };
}

/** Requires TLS, or a loopback address if the person started there. */
function checkSafe(url: URL, start: URL): void {
  if (url.protocol === "https:") return;
  if (url.protocol === "http:" && isLoopback(url.hostname) && start.protocol === "http:") return;
  throw refused(`the sign-in at ${start.host} continues at a URL that is not https`);
}

function pageOf(url: URL, { status, headers, body }: HttpAnswer, isFirst: boolean): SitePage {
  const type = headers.get("content-type") ?? "";
  if (!/^(?:text\/html|application\/xhtml\+xml)\b/i.test(type)) {
    const name = /^[\w.+-]+\/[\w.+-]+/.exec(type)?.[0] ?? "no content type";
    throw refused(`${url.host} did not return a page (HTTP ${status}, ${name})`);
  }
  const charset = /charset\s*=\s*"?([\w-]{1,40})/i.exec(type)?.[1] ?? "utf-8";
  const refresh = parseRefresh(headers.get("refresh") ?? undefined);
  return defined({ url, status, html: decoderOf(charset).decode(body), isFirst, refresh });
}

/** The meaning of a page's error status; the first match is used. */
const refusals: readonly {
  readonly fits: (page: SitePage) => boolean;
  readonly what: string;
  readonly hint: string;
}[] = [
  {
    fits: ({ status }) => status >= 500 || status === 429,
    what: "failed to show the sign-in page",
    hint: "try again in a minute",
  },
  {
    fits: ({ status }) => status === 401 || status === 403,
    what: "denied access to the sign-in page",
    hint: "use --saml-via browser: it may accept only browsers",
  },
  {
    fits: ({ status, isFirst }) => status >= 400 && isFirst,
    what: "rejected the sign-in URL",
    hint: "check the realm, client or application in --saml-url",
  },
  {
    fits: ({ status }) => status >= 400,
    what: "rejected the sign-in",
    hint: "run it again; if that fails, use --saml-via browser",
  },
];

/** The error for a page with an error status. @param words a clause that quotes the page */
export function refusedPage(page: SitePage, words: string): Failure | undefined {
  const refusal = refusals.find(({ fits }) => fits(page));
  return refusal && new Failure(
    "source",
    `${page.url.host} ${refusal.what} (HTTP ${page.status})${words}`,
    refusal.hint,
  );
}

function decoderOf(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder();
  }
}

function refused(message: string): Failure {
  return new Failure(
    "source",
    message,
    "check --saml-url, or use --saml-via browser or --saml-command CMD",
  );
}
