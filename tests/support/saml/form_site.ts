import assert from "node:assert/strict";
import { Failure } from "../../../src/model/failure.ts";
import { type KnownToForm, signInByForm } from "../../../src/signin/saml/form.ts";
import { connect } from "../../../src/system/http.ts";
import { testSystem } from "../test_system.ts";

/** Pages by URL, and the prompts in order. */
function site(pages: Readonly<Record<string, (request: Request) => Response | Promise<Response>>>) {
  const requests: string[] = [];
  const http = () =>
    Promise.resolve(connect(async (url, init) => {
      const request = new Request(url, init);
      const cookie = request.headers.get("cookie");
      requests.push(
        `${request.method} ${url}${cookie ? ` cookie ${cookie}` : ""}` +
          (request.method === "POST" ? ` ${await request.clone().text()}` : ""),
      );
      const page = pages[url] ?? (() => new Response("no", { status: 404 }));
      return await page(request);
    }, () => {}));
  return { requests, http };
}

export const html = (body: string, headers: Record<string, string> = {}) =>
  new Response(body, { headers: { "content-type": "text/html", ...headers } });
export const to = (location: string, status = 302, headers: Record<string, string> = {}) =>
  new Response(null, { status, headers: { location, ...headers } });
export const final = html.bind(
  null,
  `<form method=post action="https://signin.aws.amazon.com/saml"><input type=hidden name=SAMLResponse value="PHg+">`,
);
export const login = () =>
  html(`<form method=post action=/in><input name=user><input type=password name=pass></form>`);

export interface Asked {
  readonly answers?: readonly string[];
  readonly given?: Partial<KnownToForm>;
  /** What is chosen, by its label; without more, the choice is left. */
  readonly choices?: readonly string[];
}

/** A choice that was offered. */
export interface OfferedChoice {
  readonly title: string;
  readonly labels: readonly string[];
  readonly start: string | undefined;
}

export function run(
  pages: Parameters<typeof site>[0],
  { answers, given = {}, choices }: Asked = {},
  start = "https://idp.example.com/",
) {
  const { requests, http } = site(pages);
  // An SDK captures athm's standard error, so prompts go to the terminal.
  const say = (line: string) => assert.fail(`not seen: ${line}`);
  const slept: number[] = [];
  const sleep = (milliseconds: number) => Promise.resolve(void slept.push(milliseconds));
  const isAsked = answers !== undefined || choices !== undefined;
  const system = testSystem({
    ...isAsked ? { answers: answers ?? [] } : {},
    system: { say, sleep },
  });
  const offered: OfferedChoice[] = [];
  const left = [...choices ?? []];
  const choose = (title: string, labels: readonly string[], start?: string) => {
    offered.push({ title, labels, start });
    const label = left.shift();
    if (label === undefined) return Promise.reject(new Failure("cancelled", "cancelled"));
    assert.ok(labels.includes(label), `${label} is not among ${labels.join()}`);
    return Promise.resolve(labels.indexOf(label));
  };
  const done = signInByForm({ system, http, choose }, start, {
    user: undefined,
    password: undefined,
    passwordOrigin: "https://idp.example.com",
    passwordRefused: () => {},
    ...given,
  });
  const posts = () => requests.filter((each) => each.startsWith("POST"));
  return { done, requests, posts, system, offered, slept };
}
