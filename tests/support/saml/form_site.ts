import assert from "node:assert/strict";
import { signInByForm } from "../../../src/signin/saml/form.ts";
import type { KnownAnswers } from "../../../src/signin/saml/form_answers.ts";
import { connect } from "../../../src/system/http.ts";
import { testSystem } from "../test_system.ts";

/** Pages by address; what was asked for them, in order. */
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
  readonly given?: Partial<KnownAnswers>;
}

export function run(
  pages: Parameters<typeof site>[0],
  { answers, given = {} }: Asked = {},
  start = "https://idp.example.com/",
) {
  const { requests, http } = site(pages);
  // An SDK keeps athm's standard error for itself: what belongs to a question goes to the terminal.
  const say = (line: string) => assert.fail(`not seen: ${line}`);
  const system = testSystem({ ...answers ? { answers } : {}, system: { say } });
  const done = signInByForm({ system, http }, start, {
    user: undefined,
    password: undefined,
    passwordOrigin: "https://idp.example.com",
    passwordRefused: () => {},
    ...given,
  });
  return { done, requests, system };
}
