export interface CallbackPage {
  readonly status: number;
  /** HTML for the two ends of a sign-in, plain text for other requests. */
  readonly html?: { readonly title: string; readonly text: string };
  readonly text?: string;
}

const plain = (status: number, text: string): CallbackPage => ({ status, text });

/** A refusal does not reveal what was wrong with a guess. */
export const pages = {
  done: {
    status: 200,
    html: { title: "Signed in", text: "Return to the terminal. You may close this page." },
  },
  refused: {
    status: 200,
    html: {
      title: "Not signed in",
      text: "The sign-in was denied; see the terminal for details. You may close this page.",
    },
  },
  again: plain(410, "This sign-in is already complete."),
  stranger: plain(403, "This is not a response that athm expects."),
  elsewhere: plain(421, "This address is only available as 127.0.0.1."),
  unknown: plain(404, "Not found."),
  method: plain(405, "Only GET is allowed."),
  unreadable: plain(400, "The request is not valid."),
} as const satisfies Readonly<Record<string, CallbackPage>>;

const reasons: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  410: "Gone",
  421: "Misdirected Request",
};

/** An HTTP/1.1 response without scripts, resources and caching. */
export function encodePage({ status, html, text }: CallbackPage): Uint8Array {
  const body = new TextEncoder().encode(html ? document(html) : `${text}\n`);
  const head = [
    `HTTP/1.1 ${status} ${reasons[status]}`,
    `Content-Type: ${html ? "text/html" : "text/plain"}; charset=utf-8`,
    `Content-Length: ${body.length}`,
    "Content-Security-Policy: default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control: no-store",
    "Referrer-Policy: no-referrer",
    "X-Content-Type-Options: nosniff",
    ...status === 405 ? ["Allow: GET"] : [],
    "Connection: close",
    "",
    "",
  ].join("\r\n");
  const start = new TextEncoder().encode(head);
  const whole = new Uint8Array(start.length + body.length);
  whole.set(start);
  whole.set(body, start.length);
  return whole;
}

function document({ title, text }: { readonly title: string; readonly text: string }): string {
  return [
    "<!doctype html>",
    '<html lang="en">',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width">',
    '<meta name="color-scheme" content="light dark">',
    // An empty icon saves the browser a request.
    '<link rel="icon" href="data:,">',
    `<title>${title} - athm</title>`,
    `<h1>${title}</h1>`,
    `<p>${text}</p>`,
    "</html>",
    "",
  ].join("\n");
}
