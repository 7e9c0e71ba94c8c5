import { Failure } from "../../model/failure.ts";
import type { SamlChoice } from "../../model/profile.ts";
import { Secret } from "../../model/secret.ts";
import type { System } from "../../system/system.ts";
import { isAwsSamlEndpoint } from "./aws_saml_endpoint.ts";
import { type Answers, isPasswordField, type KnownAnswers, newAnswers } from "./form_answers.ts";
import { type Choose, type FormChoices, newChoices } from "./form_choices.ts";
import { doInBrowser, noForm, samePage, saying } from "./form_failures.ts";
import { refreshed, requestOf, targetOf } from "./form_request.ts";
import { stepOf } from "./form_step.ts";
import type { FormButton, FormEntry } from "./html_controls.ts";
import { type HtmlForm, type HtmlPage, readHtml } from "./html_form.ts";
import { openSite, type Site, type SitePage, type SiteRequest, type SiteWorld } from "./site.ts";

/** The result of a sign-in by form: the assertion, and what was typed and chosen. */
export interface SignedInByForm {
  readonly assertion: Secret;
  readonly user?: string;
  readonly password?: Secret;
  readonly passwordOrigin?: string;
  readonly choices: readonly SamlChoice[];
}

export interface FormWorld extends SiteWorld {
  readonly system: System;
  readonly choose: Choose;
}

export interface KnownToForm extends KnownAnswers {
  readonly choices?: readonly SamlChoice[] | undefined;
  /** Called when a sign-in with earlier choices failed, and a person can choose again. */
  readonly choicesFailed?: () => void;
}

/** Maximum pages, attempts per form, and presses of the same button. */
const most = { pages: 25, tries: 3, presses: 2 };
/** Milliseconds to wait for an approval, with a user at the terminal and without. */
const patience = { attended: 300_000, alone: 60_000 };

/**
 * Signs in at an identity provider by its forms: follows redirects, asks the person for fields and
 * decisions, and stops at the form that goes to AWS. Nothing that a person can see and decide is sent
 * without a question, now or at an earlier sign-in.
 *
 * @throws {Failure} `source` where the pages do not lead there, `needs-person` where athm cannot
 * prompt, `cancelled`, `network`, `tls`
 */
export async function signInByForm(
  world: FormWorld,
  start: string,
  given: KnownToForm,
): Promise<SignedInByForm> {
  const { system } = world;
  const choices = newChoices(system, world.choose, given.choices ?? []);
  try {
    return await walk(world, new URL(start), newAnswers(system, given), choices);
  } catch (error) {
    const isOver = error instanceof Failure && error.code === "source";
    if (isOver && choices.usedKept && system.terminal.canAsk) given.choicesFailed?.();
    throw error;
  }
}

/** The current page, and its possible actions. */
interface FormVisit {
  readonly page: SitePage;
  readonly html: HtmlPage;
  readonly site: Site;
  readonly answers: Answers;
  readonly choices: FormChoices;
  /** How often each form was sent, by signature. */
  readonly seen: Map<string, number>;
  /** Shows the page's text, once. */
  readonly show: () => Promise<void>;
}

async function walk(
  { system, ...world }: FormWorld,
  start: URL,
  answers: Answers,
  choices: FormChoices,
): Promise<SignedInByForm> {
  using site = openSite({ system, ...world }, start);
  const seen = new Map<string, number>();
  let page = await site.open({ url: start });
  let waited = 0;
  let told = "";
  const tell = async ({ title, content }: HtmlPage) => {
    const text = answers.readable(content.startsWith(title) ? content : `${title}: ${content}`);
    if (text === told) return;
    told = text;
    await system.terminal.tell(`athm: ${page.url.host}: ${text}`);
  };
  for (let count = 0; count < most.pages;) {
    const html = readHtml(page.html);
    const assertion = assertionOn(html, page);
    if (assertion) return { assertion, ...answers.typed(), choices: choices.kept() };
    const visit = { page, html, site, answers, choices, seen, show: () => tell(html) };
    const step = stepOf(html, html.refresh ?? page.refresh);
    let wait = 0;
    let request: SiteRequest;
    switch (step.does) {
      case "stop": {
        const words = answers.withoutTyped(html.error() ?? html.content);
        throw step.why ? doInBrowser(step.why, page.url) : noForm(page, words);
      }
      case "wait":
        wait = step.refresh.seconds * 1000;
        request = { url: refreshed(step.refresh, html, page) };
        break;
      case "fill":
        request = await filledIn(step.form, visit);
        break;
      case "send":
        wait = step.after;
        request = sent(step.form, undefined, [], step.times, visit);
        break;
      case "decide":
        request = await decided(step.forms, visit);
    }
    waited += wait;
    if (waited > (system.terminal.canAsk ? patience.attended : patience.alone)) {
      throw samePage(page, answers.withoutTyped(html.content));
    }
    if (wait === 0) count++;
    else {
      await tell(html);
      await system.sleep(wait);
    }
    page = await site.open(request);
  }
  throw new Failure(
    "source",
    `the sign-in at ${page.url.host} took more than ${most.pages} pages`,
    "sign in with --saml-via browser, or --saml-command CMD",
  );
}

function assertionOn(html: HtmlPage, page: SitePage): Secret | undefined {
  for (const form of html.forms) {
    const response = form.fields.find(({ name }) => name === "SAMLResponse");
    if (response && isAwsSamlEndpoint(targetOf(form, undefined, html, page))) {
      return new Secret(response.value);
    }
  }
  return undefined;
}

/** A form without fields to fill in: sent as often as a page may need, but never in a cycle. */
function sent(
  form: HtmlForm,
  button: FormButton | undefined,
  chosen: readonly FormEntry[],
  most: number,
  visit: FormVisit,
): SiteRequest {
  const { page, html, seen, answers } = visit;
  const { origin, pathname } = targetOf(form, button, html, page);
  const names = form.fields.map(({ name }) => name);
  const signature = JSON.stringify([origin, pathname, names, button?.label]);
  const times = seen.get(signature) ?? 0;
  if (times >= most) throw samePage(page, answers.withoutTyped(html.content));
  seen.set(signature, times + 1);
  const fixed = form.fields.map(({ name, value }) => [name, value] as const);
  return requestOf(form, button, [...fixed, ...chosen], visit);
}

/** A page without fields: the user reads its text and presses one of its buttons. */
async function decided(forms: readonly HtmlForm[], visit: FormVisit): Promise<SiteRequest> {
  const offered = forms.flatMap((form) =>
    (form.buttons.length ? form.buttons : [submit]).map((button) => ({ ...button, form, button }))
  );
  // Check the target before the prompt, or the user would decide in vain.
  for (const { form, button } of offered) {
    visit.site.check(targetOf(form, button, visit.html, visit.page));
  }
  const { title, text } = visit.html;
  const [first, ...more] = offered;
  // A choice with only one button is one prompt.
  const isSettled = first && more.length === 0 && first.form.choices.length > 0;
  const { form, button } = isSettled ? first : await visit.choices.pick({
    host: visit.page.url.host,
    title: "Your choice",
    options: offered,
    show: visit.show,
    // Different terms are a new decision.
    about: [title, text],
  });
  const chosen = button.skips ? [] : await chosenIn(form, visit);
  return sent(form, button, chosen, most.presses, visit);
}

const submit: FormButton = { label: "Continue", entries: [], skips: false };

async function chosenIn(
  form: HtmlForm,
  { html, choices, page, show: showPage }: FormVisit,
  isLogin = false,
): Promise<FormEntry[]> {
  const entries: FormEntry[] = [];
  for (const { label, options, start, otherwise, isIdle } of form.choices) {
    // "Keep me signed in": no login needs it.
    if (isIdle && isLogin) continue;
    const { host } = page.url;
    const about = [label, ...isLogin ? [] : [html.title, html.text]];
    // A login may leave a box empty; on any other page that is a decision too.
    const alone = isLogin ? otherwise : undefined;
    const show = isLogin ? undefined : showPage;
    const question = { host, title: label, options, start, otherwise: alone, about, show };
    entries.push(...(await choices.pick(question)).entries);
  }
  return entries;
}

async function filledIn(form: HtmlForm, visit: FormVisit): Promise<SiteRequest> {
  const { page, html, answers, choices, seen, site } = visit;
  const asked = form.fields.filter((field) => field.asks);
  // Do not fill in a new password; a login asks for only one.
  if (asked.filter(isPasswordField).length > 1) {
    throw new Failure(
      "source",
      `${page.url.host} requires a new password`,
      "change it there in a browser, then run this again",
    );
  }
  const action = targetOf(form, undefined, html, page);
  // Check the target before the prompt, or the user would type a password in vain.
  site.check(action);
  for (const button of form.buttons) site.check(targetOf(form, button, html, page));
  // The same form again: what was filled in was not taken.
  const signature = `${action.origin}${action.pathname} ${asked.map(({ name }) => name).join()}`;
  const tries = seen.get(signature) ?? 0;
  seen.set(signature, tries + 1);
  const said = tries > 0 ? saying(answers.withoutTyped(html.error(form), form)) : "";
  if (tries >= most.tries) {
    throw new Failure(
      "source",
      `${page.url.host} rejected the sign-in ${most.tries} times${said}`,
      "check user name and password; some providers lock an account after more attempts",
    );
  }
  const place = { page: page.url, action };
  if (tries > 0) await answers.wereRefused(form, place, said);
  const isLogin = answers.takesPart(form);
  const chosen = await chosenIn(form, visit, isLogin);
  const needsButton = form.buttons.length > 1 || !(isLogin || form.choices.length > 0);
  const button = needsButton
    ? await choices.pick({
      host: page.url.host,
      title: "Your choice",
      options: form.buttons.length ? form.buttons : [submit],
      start: form.buttons[0],
      show: isLogin ? undefined : visit.show,
      about: [html.title, ...isLogin ? [] : [html.text]],
    })
    : form.buttons[0];
  const target = button?.action === undefined
    ? place
    : { ...place, action: targetOf(form, button, html, page) };
  const entries: FormEntry[] = [];
  for (const field of form.fields) {
    const isAsked = field.asks && !button?.skips;
    entries.push([field.name, isAsked ? await answers.to(field, form, target) : field.value]);
  }
  return requestOf(form, button, [...entries, ...chosen], visit);
}
