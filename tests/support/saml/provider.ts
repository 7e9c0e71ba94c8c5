/**
 * An identity provider on a loopback port: a login form, a second factor, cookies, redirects, and a
 * final page whose script would post the response to AWS.
 *
 * @module
 */

import type { PemPair } from "../certificates.ts";
import { listen, type LoopbackServer } from "../fake_aws/server.ts";
import { signingPair } from "./keys.ts";
import { type ResponseOptions, samlResponse } from "./response.ts";

/** A user of the provider. */
export interface SamlUser {
  readonly name: string;
  readonly password: string;
  /** A code to enter after the password. */
  readonly code?: string;
  /** Pages between the password and the code, in order. */
  readonly pages?: readonly PersonalPage[];
  /** The content of this user's responses. */
  readonly response: ResponseOptions;
}

export type PersonalPage = "terms" | "methods" | "push";

export interface SamlProvider extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`; `/aws` below it starts the sign-in. */
  readonly url: string;
  readonly certificate: string;
  readonly issuer: string;
  /** Every request, `METHOD PATH`. */
  readonly requests: readonly string[];
  /** Every response, in base64. */
  readonly given: readonly string[];
  addUser(user: SamlUser): void;
  /** A response for this user, as posted. */
  responseFor(name: string): string;
  /** Ends all sign-ins. */
  forget(): void;
}

/** The target of the form with the assertion, in HTML. */
const target = "https://signin.aws.amazon.com/saml";

const escape = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

function page(body: string, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(
    `<!DOCTYPE html><html><head><title>Example login</title></head><body>${body}</body></html>`,
    { status, headers: { "content-type": "text/html; charset=utf-8", ...headers } },
  );
}

function redirect(to: string, cookie?: string): Response {
  return new Response(null, {
    status: 302,
    headers: { location: to, ...cookie === undefined ? {} : { "set-cookie": cookie } },
  });
}

function loginForm(state: string, complaint = ""): Response {
  // Misnested and after a search form, as real pages are.
  return page(
    `<form role=search action=/search><input name=q></form><h1>Sign in</h1><p>${complaint}</p>
     <form method=post action="?from=page"><table><tr><td><label for=u>User name:</label>
     <td><input id=u name=username autocomplete=username autofocus><tr>
     <td><label>Password <input type=password name=password></label>
     <input type=hidden name=state value="${escape(state)}">
     <tr><td><input type=checkbox name=stay value=yes><button name=go value=1>Sign in</button></table>
     </form>`,
  );
}

const codeForm = (complaint = "") =>
  page(
    `<p>${complaint}</p><form method="POST" action="/code"><label for="c">One-time code</label>
     <input id="c" type="text" inputmode="numeric" autocomplete="one-time-code" name="otp">
     <input type="submit" name="verify" value="Verify"></form>`,
  );

/** Pages where a user decides or waits; `said` is the submitted form, absent at first. */
export const personal: Readonly<
  Record<PersonalPage, (said: URLSearchParams | undefined, polls: number) => Response | "done">
> = {
  terms: (said) =>
    said?.has("accept") ? "done" : page(
      `<h1>Terms of use</h1><p>Everything here is watched.</p><form method=post action=/step>
       <button name=accept value=1>Accept</button><button name=decline value=1>Decline</button></form>`,
    ),
  methods: (said) =>
    said?.get("method") === "token" && said.get("number") === "7" ? "done" : page(
      `<form method=post action=/step><fieldset><legend>Confirm with</legend><input type=radio
       name=method value=push checked>Push<input type=radio name=method value=token>Token
       </fieldset><input type=hidden name=number value=7><input type=submit value=Next></form>`,
    ),
  push: (_, polls) =>
    polls > 2
      ? "done"
      : page("<p>Tap <b>42</b> on your phone.</p>", 200, { refresh: "1; url=/step" }),
};

/** Pages that do not lead to AWS, by path. */
const bad: Readonly<Record<string, () => Response>> = {
  "/loop": () => redirect("/loop"),
  "/plain": () => page("<p>Welcome! Please enable JavaScript.</p>"),
  "/json": () => Response.json({ state: "login" }),
  "/huge": () => page("<p>x</p>".repeat(400_000)),
  "/cleartext": () => redirect("http://idp.example.com/login"),
  "/passkey": () =>
    page(
      `<form method=post action=/in><input type=hidden name=clientDataJSON></form>
       <button type=button>Use a passkey</button>`,
    ),
  "/captcha": () =>
    page(
      `<form method=post action=/in><input name=username><input type=password name=hidden
       aria-hidden=true><img id=captcha src=/c.png><input name=answer><button>Next</button></form>`,
    ),
  "/frame": () =>
    page(
      `<p>Loading…</p><form method=post action=/in><input type=hidden name=tx value=1></form>
       <script src=/frame.js></script>`,
    ),
  "/circle": () =>
    page("<form method=post action=/circle></form><script>document.forms[0].submit()</script>"),
  "/down": () => page("<h1>Out of order</h1>", 503),
};

/** Starts the provider on 127.0.0.1. */
export async function startSamlProvider(
  options: { readonly issuer?: string; readonly pair?: PemPair; readonly now?: () => number } = {},
): Promise<SamlProvider> {
  const { issuer = "urn:example:idp", pair = await signingPair(), now = Date.now } = options;
  const users = new Map<string, SamlUser>();
  const sessions = new Map<string, { user: string; proven: boolean; polls: number }>();
  /** Who has agreed to the terms. */
  const accepted = new Set<string>();
  const done = new Map<string, Set<PersonalPage>>();
  const requests: string[] = [];
  const given: string[] = [];

  function responseFor(name: string): string {
    const user = users.get(name);
    if (!user) throw new Error(`the provider has no user ${name}`);
    const response = samlResponse(pair, { issuer, now: now(), ...user.response });
    given.push(response);
    return response;
  }

  function handle(request: Request, body: URLSearchParams): Response {
    const { pathname } = new URL(request.url);
    requests.push(`${request.method} ${pathname}`);
    const cookies = new Map(
      (request.headers.get("cookie") ?? "").split("; ")
        .map((pair): [string, string] => {
          const [name = "", value = ""] = pair.split("=");
          return [name, value];
        }),
    );
    const sid = cookies.get("sid") ?? "";
    const session = sessions.get(sid);
    switch (`${request.method} ${pathname}`) {
      case "GET /aws":
        if (!session?.proven) return redirect("/login", `state=${crypto.randomUUID()}; Path=/`);
        return page(
          `<form method="post" action="${target.replaceAll("/", "&#x2F;")}">
           <input type="hidden" name="SAMLResponse" value="${responseFor(session.user)}">
           <input type="hidden" name="RelayState" value=""><noscript><input type="submit"></noscript>
           </form><script>document.forms[0].submit()</script>`,
        );
      case "GET /login":
        return loginForm(cookies.get("state") ?? "");
      case "POST /login": {
        // Without the form's cookie there is no sign-in, as a defense against login CSRF.
        if (!cookies.get("state") || cookies.get("state") !== body.get("state")) {
          return page("<p>Your session was lost.</p>", 400);
        }
        const user = users.get(body.get("username") ?? "");
        if (!user || user.password !== body.get("password") || body.get("go") !== "1") {
          return loginForm(cookies.get("state") ?? "", "Incorrect user name or password.");
        }
        const id = crypto.randomUUID();
        sessions.set(id, { user: user.name, proven: false, polls: 0 });
        done.set(id, new Set(accepted.has(user.name) ? ["terms"] : []));
        return redirect("/step", `sid=${id}; Path=/; HttpOnly; Max-Age=3600`);
      }
      case "GET /step":
      case "POST /step": {
        const user = session && users.get(session.user);
        const past = done.get(sid);
        if (!user || !session || !past) return redirect("/login");
        const next = user.pages?.find((each) => !past.has(each));
        if (!next) {
          session.proven = user.code === undefined;
          return redirect(session.proven ? "/aws" : "/code");
        }
        const said = request.method === "POST" ? body : undefined;
        const shown = personal[next](said, ++session.polls);
        if (shown !== "done") return shown;
        past.add(next);
        session.polls = 0;
        if (next === "terms") accepted.add(user.name);
        return redirect("/step");
      }
      case "GET /code":
        return codeForm();
      case "POST /code":
        if (!session || users.get(session.user)?.code !== body.get("otp")) {
          return codeForm("That code is wrong.");
        }
        session.proven = true;
        return page(`<form method="post" action="/proven"></form><script>1</script>`);
      case "POST /proven":
        return page(`<meta http-equiv="refresh" content="0; url=/aws">`);
    }
    return bad[pathname]?.() ?? page("<h1>Not found</h1>", 404);
  }

  const server: LoopbackServer = await listen(async (request) => {
    const text = request.method === "POST" ? await request.text() : "";
    return handle(request, new URLSearchParams(text));
  }, { port: 0 });
  return {
    url: `http://127.0.0.1:${server.port}`,
    certificate: pair.cert,
    issuer,
    requests,
    given,
    addUser: (user) => void users.set(user.name, user),
    responseFor,
    forget: () => sessions.clear(),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
