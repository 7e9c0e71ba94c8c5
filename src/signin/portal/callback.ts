import { sameText } from "../../model/constant_time.ts";
import { Failure } from "../../model/failure.ts";
import { Secret } from "../../model/secret.ts";
import { type Limits, serveConnections } from "../../system/connections.ts";
import type { RequestHead } from "../../system/http_head.ts";
import type { System } from "../../system/system.ts";
import { type CallbackPage, encodePage, pages } from "./callback_page.ts";

/** What the browser brought back: the code, or OAuth's word for why there is none. */
export type CallbackAnswer = { readonly code: Secret } | { readonly error: string };

/** The address on this machine that a sign-in page sends the browser back to (RFC 8252, 7.3). */
export interface Callback {
  readonly port: number;
  /**
   * The first answer that bears the right state.
   *
   * @param patience milliseconds
   * @throws {Failure} `source` when none comes in time
   */
  answer(patience: number): Promise<CallbackAnswer>;
  /** Frees the port. What is being answered is answered first. */
  close(): Promise<void>;
}

const limits: Limits = {
  requests: 32,
  // A browser opens a few on speculation and leaves them silent.
  waiting: 32,
  headTime: 15_000,
  // Cookies of other programs on this machine come along.
  headBytes: 64 * 1024,
  // The code is one of AWS's longer tokens.
  longestTarget: 32 * 1024,
};
/** Characters of the longest code that is taken. */
const longestCode = 16 * 1024;
/** Milliseconds for which closing waits until the browser has its page. */
const farewell = 500;

/**
 * Listens on 127.0.0.1 alone, on a free port, for `GET path?code=…&state=…`. Every other request gets a
 * plain refusal and changes nothing: a favicon, another program's guess, a second answer.
 *
 * @throws {Failure} `network` when no port can be opened
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
    async answer(patience) {
      const stop = new AbortController();
      const late = system.sleep(patience, stop.signal).then(() => {
        throw nobodyCame(patience);
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

/** What a request is: an answer, or anything else with the page that it gets. */
export function judged(
  head: RequestHead | undefined,
  { path, state, host }: {
    readonly path: string;
    readonly state: string;
    readonly host: string;
  },
): { readonly page: CallbackPage } | { readonly answer: CallbackAnswer } {
  if (!head) return { page: pages.unreadable };
  // A page of another origin that was made to resolve to this machine sends its own name.
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
    // RFC 6749, section 4.1.2.1: a word of a list; whatever else it is is not repeated.
    return { answer: { error: /^[a-z_]{1,40}$/.test(error) ? error : "error" } };
  }
  const code = one("code") ?? "";
  const isCode = code.length <= longestCode && /^[\x21-\x7e]+$/.test(code);
  return isCode ? { answer: { code: new Secret(code) } } : { page: pages.unreadable };
}

function nobodyCame(patience: number): Failure {
  return new Failure(
    "source",
    `the sign-in page was not completed within ${Math.round(patience / 60_000)} minutes`,
    "try again, or use --sso-device-code to sign in with a browser on another machine",
  );
}

/** A verifier and its challenge (RFC 7636, method S256). */
export interface Pkce {
  /** Shown to the token endpoint alone. */
  readonly verifier: Secret;
  /** What everybody may see. */
  readonly challenge: string;
}

/** 32 random bytes as a verifier: 43 characters of base64url. */
export async function newPkce(system: Pick<System, "random">): Promise<Pkce> {
  const verifier = base64url(system.random(32));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return { verifier: new Secret(verifier), challenge: base64url(new Uint8Array(digest)) };
}

/** A state that nobody guesses: 32 random bytes in base64url. */
export function newState(system: Pick<System, "random">): string {
  return base64url(system.random(32));
}

function base64url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}
