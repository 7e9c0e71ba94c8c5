/**
 * A user's browser for the variable BROWSER: `browse [nosy] URL` follows the URL to its end and
 * writes what it was shown to `~/browsed.log`. The nosy one first sends everything that may reach a
 * callback by mistake or attack, and sends the response twice.
 *
 * @module
 */

const [first = "", second] = Deno.args;
const address = second ?? first;
const log = (line: string) =>
  Deno.writeTextFile(`${Deno.env.get("HOME")}/browsed.log`, `${line}\n`, {
    append: true,
    mode: 0o600,
  });

async function visit(name: string, url: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(url, { redirect: "manual", ...init });
  const text = (await response.clone().text()).replaceAll(/\s+/g, " ");
  const shown = /<title>(.*?)<\/title>/.exec(text)?.[1] ?? text;
  await log(`${name}: ${response.status} ${shown}`.trim());
  return response;
}

const asked = await visit("page", address);
const location = asked.headers.get("location");
if (location !== null) {
  const callback = new URL(location);
  const other = (change: (url: URL) => void) => {
    const url = new URL(callback);
    change(url);
    return url.href;
  };
  if (second !== undefined) {
    await visit("favicon", other((url) => url.pathname = "/favicon.ico"));
    await visit("no state", other((url) => url.searchParams.delete("state")));
    await visit("wrong state", other((url) => url.searchParams.set("state", "guess")));
    await visit("two states", `${callback.href}&state=guess`);
    await visit("no code", other((url) => url.searchParams.delete("code")));
    await visit("post", callback.href, { method: "POST" });
    await visit("other path", other((url) => url.pathname = "/oauth/callback/"));
  }
  // Both at once: one of them is accepted.
  await Promise.all([
    visit("callback", callback.href),
    ...second === undefined
      ? []
      : [visit("again", callback.href).catch(() => log("again: refused"))],
  ]);
}
