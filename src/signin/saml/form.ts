import { Failure } from "../../model/failure.ts";
import { Secret } from "../../model/secret.ts";
import type { System } from "../../system/system.ts";
import { isAwsSamlEndpoint } from "./aws_saml_endpoint.ts";
import { type Answers, isPasswordField, type KnownAnswers, newAnswers } from "./form_answers.ts";
import { type HtmlForm, type HtmlPage, readHtml } from "./html_form.ts";
import { openSite, refusedPage, type SitePage, type SiteRequest, type SiteWorld } from "./site.ts";

/** What a sign-in by form gave: the assertion, and what was typed on the way. */
export interface SignedInByForm {
  readonly assertion: Secret;
  readonly user?: string;
  readonly password?: Secret;
  readonly passwordOrigin?: string;
}

/** Most pages of one sign-in, and most times that one form is filled in. */
const most = { pages: 25, tries: 3 };

/**
 * Signs in at an identity provider as a browser without scripts would: follows redirects and forms,
 * asks the person for the fields that it finds, and stops at the form that goes to AWS.
 *
 * @throws {Failure} `source` where the pages do not lead there, `needs-person` where nobody can be
 * asked, `cancelled`, `network`, `tls`
 */
export async function signInByForm(
  world: SiteWorld & { readonly system: System },
  start: string,
  given: KnownAnswers,
): Promise<SignedInByForm> {
  const url = new URL(start);
  using site = openSite(world, url);
  const answers = newAnswers(world.system, given);
  const seen = new Map<string, number>();
  let page = await site.open({ url });
  for (let count = 0; count < most.pages; count++) {
    const html = readHtml(page.html);
    const form = chosenForm(html);
    if (!form) {
      const next = html.refresh && URL.parse(html.refresh, page.url);
      if (!next) throw noForm(page, answers.withoutTyped(html.error()));
      page = await site.open({ url: next });
      continue;
    }
    const action = actionOf(form, html, page);
    const response = form.fields.find(({ name }) => name === "SAMLResponse");
    if (response && isAwsSamlEndpoint(action)) {
      return { assertion: new Secret(response.value), ...answers.typed() };
    }
    // Before a question: nobody should type a password for an address that it is not sent to.
    site.check(action);
    const request = await filledIn(form, html, action, page, answers, seen);
    page = await site.open(request);
  }
  throw new Failure(
    "source",
    `the sign-in at ${page.url.host} took more than ${most.pages} pages`,
    "sign in with --saml-via browser, or --saml-command CMD",
  );
}

/** The form that leads on: the assertion's, a password's, one to fill in, or one that scripts would send. */
function chosenForm({ forms }: HtmlPage): HtmlForm | undefined {
  const asks = (form: HtmlForm) => form.fields.some((field) => field.asks);
  const usual = forms.filter(({ searches }) => !searches);
  return usual.find(({ fields }) => fields.some(({ name }) => name === "SAMLResponse")) ??
    usual.find(({ fields }) => fields.some((field) => field.asks === "password")) ??
    usual.find((form) => form.method === "POST" && asks(form)) ??
    usual.find(({ fields }) => fields.some(({ name }) => name === "SAMLRequest")) ??
    usual.find((form) => form.method === "POST") ??
    usual.find(asks);
}

function actionOf({ action }: HtmlForm, { base }: HtmlPage, page: SitePage): URL {
  const from = base === undefined ? page.url : URL.parse(base, page.url) ?? page.url;
  const url = action === "" ? page.url : URL.parse(action, from);
  if (url) return url;
  throw noForm(page);
}

async function filledIn(
  form: HtmlForm,
  html: HtmlPage,
  action: URL,
  page: SitePage,
  answers: Answers,
  seen: Map<string, number>,
): Promise<SiteRequest> {
  const asked = form.fields.filter((field) => field.asks);
  // A new password is chosen with care, and not with what is kept; a login asks for one alone.
  if (asked.filter(isPasswordField).length > 1) {
    throw new Failure(
      "source",
      `${page.url.host} requires a new password`,
      "change it there in a browser, then run this again",
    );
  }
  // The same form again: what was filled in was not taken.
  const signature = `${action.origin}${action.pathname} ${asked.map(({ name }) => name).join()}`;
  const tries = seen.get(signature) ?? 0;
  seen.set(signature, tries + 1);
  const said = tries > 0 ? saying(answers.withoutTyped(html.error(form), form)) : "";
  if (asked.length && tries >= most.tries) {
    throw new Failure(
      "source",
      `${page.url.host} rejected the sign-in ${most.tries} times${said}`,
      "check user name and password; some providers lock an account after more attempts",
    );
  }
  const place = { page: page.url, action };
  if (asked.length && tries > 0) await answers.wereRefused(form, place, said);
  const values: [string, string][] = [];
  for (const field of form.fields) {
    values.push([field.name, field.asks ? await answers.to(field, form, place) : field.value]);
  }
  const body = new URLSearchParams(values).toString();
  if (form.method === "POST") return { url: action, body };
  const url = new URL(action);
  url.search = body;
  return { url };
}

/** The provider's own words, quoted. */
function saying(words: string | undefined): string {
  return words ? `, saying ${JSON.stringify(words)}` : "";
}

function noForm(page: SitePage, words?: string): Failure {
  return refusedPage(page, saying(words)) ?? new Failure(
    "source",
    `the page of ${page.url.host} has no form that continues to AWS${saying(words)}`,
    "it may require scripts: use --saml-via browser or --saml-command CMD",
  );
}
