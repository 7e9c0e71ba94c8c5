import { sameText } from "../../model/constant_time.ts";
import { Failure } from "../../model/failure.ts";
import { Secret } from "../../model/secret.ts";
import { type Limits, serveConnections } from "../../system/connections.ts";
import type { RequestHead } from "../../system/http_head.ts";
import type { System } from "../../system/system.ts";
import { type CallbackPage, encodePage, pages } from "./callback_page.ts";

/** The code from the browser, or OAuth's error. */
export type CallbackAnswer = { readonly code: Secret } | { readonly error: string };

export interface Callback {
  readonly port: number;
  /**
   * The first response with the right state, within milliseconds.
   *
   * @param elsewhere the option that signs in on another machine
   * @throws {Failure} `source`
   */
  answer(patience: number, elsewhere: string): Promise<CallbackAnswer>;
  /** Frees the port after completing responses. */
  close(): Promise<void>;
}

const limits: Limits = {
  requests: 32,
  // Browsers open unused speculative connections.
  waiting: 32,
  headTime: 15_000,
  // Includes cookies of other programs on this machine.
  headBytes: 64 * 1024,
  // The authorization code is long.
  longestTarget: 32 * 1024,
};
const longestCode = 16 * 1024;
const farewell = 500;

/**
 * On a free port of 127.0.0.1, for `GET path?code=…&state=…`. Other requests have no effect.
 * @throws {Failure} `network` if no port can be opened
 */
export function openCallback(system: System, path: string, state: string): Callback {
  const listener = system.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener;
  const { promise: answered, resolve: take } = Promise.withResolvers<CallbackAnswer>();
  let taken = false;

  function judge(head: RequestHead | undefined): CallbackPage {
    const verdict = judged(head, { path, state, host: `127.0.0.1:${port}` });
    if ("page" in verdict) return verdict.page;
    if (taken) return pages.again;
    taken = true;
    take(verdict.answer);
    return "code" in verdict.answer ? pages.done : pages.refused;
  }

  const server = serveConnections(listener, {
    answer: (head) => Promise.resolve({ bytes: encodePage(judge(head)) }),
  }, limits);
  return {
    port,
    async answer(patience, elsewhere) {
      const stop = new AbortController();
      const late = system.sleep(patience, stop.signal).then(() => {
        throw noVisit(patience, elsewhere);
      });
      try {
        return await Promise.race([answered, late]);
      } finally {
        stop.abort();
        late.catch(() => {});
      }
    },
    close: () => server.close(farewell),
  };
}

/** Classifies a request: a response to the sign-in, or one that gets only a page. */
export function judged(
  head: RequestHead | undefined,
  { path, state, host }: {
    readonly path: string;
    readonly state: string;
    readonly host: string;
  },
): { readonly page: CallbackPage } | { readonly answer: CallbackAnswer } {
  if (!head) return { page: pages.unreadable };
  // A DNS rebinding attack sends its own host name.
  if (head.headers.get("host") !== host) return { page: pages.elsewhere };
  const mark = head.target.indexOf("?");
  const [place, query] = mark < 0
    ? [head.target, ""]
    : [head.target.slice(0, mark), head.target.slice(mark + 1)];
  if (place !== path) return { page: pages.unknown };
  if (head.method !== "GET") return { page: pages.method };
  const values = new URLSearchParams(query);
  const one = (name: string) => {
    const all = values.getAll(name);
    return all.length === 1 ? all[0] : undefined;
  };
  if (!sameText(one("state") ?? "", state)) return { page: pages.stranger };
  const error = one("error");
  if (error !== undefined) {
    // RFC 6749, section 4.1.2.1: do not repeat unexpected text.
    return { answer: { error: /^[a-z_]{1,40}$/.test(error) ? error : "error" } };
  }
  const code = one("code") ?? "";
  const isCode = code.length <= longestCode && /^[\x21-\x7e]+$/.test(code);
  return isCode ? { answer: { code: new Secret(code) } } : { page: pages.unreadable };
}

function noVisit(patience: number, elsewhere: string): Failure {
  return new Failure(
    "source",
    `the sign-in page was not completed within ${Math.round(patience / 60_000)} minutes`,
    `try again, or use ${elsewhere} to sign in with a browser on another machine`,
  );
}

export interface Pkce {
  /** Only sent to the token endpoint. */
  readonly verifier: Secret;
  readonly challenge: string;
}

export async function newPkce(system: Pick<System, "random">): Promise<Pkce> {
  const verifier = base64url(system.random(32));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return { verifier: new Secret(verifier), challenge: base64url(new Uint8Array(digest)) };
}

export function newState(system: Pick<System, "random">): string {
  return base64url(system.random(32));
}

function base64url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}
