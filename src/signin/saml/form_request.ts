import { noForm } from "./form_failures.ts";
import type { FormButton, FormEntry } from "./html_controls.ts";
import { type HtmlForm, type HtmlPage, methodOf } from "./html_form.ts";
import type { Refresh } from "./page_signs.ts";
import type { SitePage, SiteRequest } from "./site.ts";

/** Where a form goes, or a button sends it. @throws {Failure} `source` for an invalid URL */
export function targetOf(
  { action: own }: HtmlForm,
  button: FormButton | undefined,
  html: HtmlPage,
  page: SitePage,
): URL {
  const action = button?.action ?? own;
  const url = action === "" ? page.url : URL.parse(action, baseOf(html, page));
  if (url) return url;
  throw noForm(page);
}

function baseOf({ base }: HtmlPage, { url }: SitePage): URL {
  return base === undefined ? url : URL.parse(base, url) ?? url;
}

export function refreshed({ url }: Refresh, html: HtmlPage, page: SitePage): URL {
  const next = url === undefined ? page.url : URL.parse(url, baseOf(html, page));
  if (next) return next;
  throw noForm(page);
}

export function requestOf(
  form: HtmlForm,
  button: FormButton | undefined,
  entries: readonly FormEntry[],
  { html, page }: { readonly html: HtmlPage; readonly page: SitePage },
): SiteRequest {
  const action = targetOf(form, button, html, page);
  const body = new URLSearchParams([...entries, ...button?.entries ?? []].map(([...pair]) => pair))
    .toString();
  const method = button?.method === undefined ? form.method : methodOf(button.method);
  if (method === "POST") return { url: action, body };
  const url = new URL(action);
  url.search = body;
  return { url };
}
