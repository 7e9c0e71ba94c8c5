/** Pages in a real Chromium without a window: when athm gives up and when it continues. */
import assert from "node:assert/strict";
import { Failure } from "../../src/model/failure.ts";
import { signInByBrowser } from "../../src/signin/saml/browser.ts";
import { denoSystem } from "../../src/system/deno/system.ts";
import { listen } from "../support/fake_aws/server.ts";
import { unless } from "../support/programs.ts";
import { browserWrapper, noChromium } from "../support/saml/person.ts";

const login = `<form method=post action=/in><input name=user><input type=password name=pass>
  <button>Sign in</button></form>`;
const toAws = `<form method=post action="https://signin.aws.amazon.com/saml">
  <input type=hidden name=SAMLResponse value=good></form><script>document.forms[0].submit()</script>`;
const html = (body: string, headers: Record<string, string> = {}) =>
  new Response(`<!DOCTYPE html><title>Sign in</title>${body}`, {
    headers: { "content-type": "text/html; charset=utf-8", ...headers },
  });
const after = (ms: number, response: () => Response) =>
  new Promise<Response>((done) => setTimeout(() => done(response()), ms));

/** Pages by path; the sign-in starts at `/start`. */
type Pages = Readonly<Record<string, (request: Request) => Response | Promise<Response>>>;

interface Attempt {
  /** The assertion or the failure's message. */
  readonly outcome: string;
  /** Milliseconds from the last request to the decision. */
  readonly ms: number;
}

/** The last of several attempts with one browser profile, which is closed in between. */
async function attempt(pages: Pages, times = 1): Promise<Attempt> {
  let [requested, judged] = [0, 0];
  await using server = await listen(async (request) => {
    const page = pages[new URL(request.url).pathname];
    const response = await page?.(request) ?? new Response("", { status: 404 });
    if (page) requested = performance.now();
    return response;
  }, { port: 0 });
  const folder = await Deno.makeTempDir({ prefix: "athm-window-" });
  try {
    const { path } = await browserWrapper(folder);
    // The profile is known, so athm first looks without a window.
    await Deno.mkdir(`${folder}/browser/profile`, { recursive: true });
    const real = denoSystem();
    const system = {
      ...real,
      env: { get: (name: string) => name === "ATHM_BROWSER" ? path : undefined },
      terminal: { ...real.terminal, canAsk: false },
      say: () => {},
      trace: () => void (judged = performance.now()),
    };
    const url = `http://127.0.0.1:${server.port}/start`;
    let outcome = "";
    for (let time = 0; time < times; time++) {
      outcome = await signInByBrowser(system, url, `${folder}/browser`).then(
        (assertion) => assertion.reveal(),
        (error) => {
          assert.ok(error instanceof Failure, String(error));
          return error.message;
        },
      );
    }
    return { outcome, ms: judged - requested };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const waits = /requires input in the browser/;
const signedIn = /^good$/;

/** Milliseconds within which athm notices a page's content; otherwise it takes four seconds. */
const soon = 3_800;

const table: readonly (readonly [name: string, pages: Pages, outcome: RegExp, most?: number])[] = [
  ["a login form", { "/start": () => html(login) }, waits, soon],
  [
    "a login form that a script makes in a shadow tree",
    {
      "/start": () =>
        html(`<div id=app></div><script>setTimeout(() => {
          document.getElementById("app").attachShadow({ mode: "open" }).innerHTML = "<input>";
        }, 300)</script>`),
    },
    waits,
    soon,
  ],
  [
    "a login form in a frame",
    { "/start": () => html(`<iframe src=/frame></iframe>`), "/frame": () => html(login) },
    waits,
    soon,
  ],
  [
    "accounts to pick from",
    { "/start": () => html(`<div role=button tabindex=0>ann@example.com</div>`) },
    waits,
    soon,
  ],
  [
    "an approval on a phone",
    { "/start": () => html("<p>Approve it on your phone: 42</p>") },
    waits,
  ],
  [
    "a login form that a script sends, as with Kerberos, to a slow server",
    {
      "/start": () =>
        html(`${login}<script>setTimeout(() => document.forms[0].submit(), 100)</script>`),
      "/in": () => after(3_000, () => html(toAws)),
    },
    signedIn,
  ],
  ["a slow provider", { "/start": () => after(3_000, () => html(toAws)) }, signedIn],
];

for (const [name, pages, expected, most = Infinity] of table) {
  Deno.test(unless(noChromium(), `saml window: ${name}`), async () => {
    const { outcome, ms } = await attempt(pages);
    assert.match(outcome, expected);
    assert.ok(ms < most, `${ms} ms`);
  });
}

for (
  const [name, cookie, expected] of [
    ["remembers by a cookie with an age", "sid=1; Max-Age=3600", signedIn],
    ["forgets with the browser by a session cookie", "sid=1", waits],
  ] as const
) {
  Deno.test(unless(noChromium(), `saml window: a provider ${name}`), async () => {
    let visits = 0;
    const start = ({ headers }: Request) => {
      const isKnown = /sid=1/.test(headers.get("cookie") ?? "");
      if (isKnown) return html(toAws);
      return ++visits === 1 ? html(toAws, { "set-cookie": cookie }) : html(login);
    };
    const { outcome } = await attempt({ "/start": start }, 2);
    assert.match(outcome, expected);
    assert.equal(visits, expected === waits ? 2 : 1);
  });
}
