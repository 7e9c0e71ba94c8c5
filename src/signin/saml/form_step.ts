import type { HtmlForm, HtmlPage } from "./html_form.ts";
import { isPasskeyField, type Obstacle, type Refresh } from "./page_signs.ts";

/** The kind of a page. */
export type FormStep =
  /** Requires a browser. */
  | { readonly does: "stop"; readonly why: Obstacle | undefined }
  /** A login, a code, a profile: fields to fill in. */
  | { readonly does: "fill"; readonly form: HtmlForm }
  /** A form that a browser sends by itself, after some milliseconds, a limited number of times. */
  | {
    readonly does: "send";
    readonly form: HtmlForm;
    readonly after: number;
    readonly times: number;
  }
  /** The page loads another one by itself, such as while it waits for an approval. */
  | { readonly does: "wait"; readonly refresh: Refresh }
  /** Buttons and lists that require a person's decision. */
  | { readonly does: "decide"; readonly forms: readonly HtmlForm[] };

/** Seconds before a page reloads that count as waiting; longer ones are session timeouts. */
const longestRefresh = 60;

/** Never sends by itself what a person could see but was not asked about. */
export function stepOf(page: HtmlPage, refresh: Refresh | undefined): FormStep {
  const { obstacle } = page;
  const forms = page.forms.filter(({ searches }) => !searches);
  if (obstacle === "captcha" || obstacle === "enrollment") return { does: "stop", why: obstacle };
  const message = (name: string) =>
    forms.find((form) => isMessage(form) && form.fields.some((field) => field.name === name));
  const fills = (form: HtmlForm | undefined) => form && { does: "fill" as const, form };
  const sends = (form: HtmlForm | undefined, times: number, after = 0) =>
    form && { does: "send" as const, form, after, times };
  const step = sends(message("SAMLResponse"), 2) ??
    fills(forms.find(({ fields }) => fields.some(({ asks }) => asks === "password"))) ??
    fills(forms.find((form) => form.method === "POST" && asks(form))) ??
    sends(message("SAMLRequest"), 2);
  if (step) return step;
  if (refresh && refresh.seconds <= longestRefresh) return { does: "wait", refresh };
  // Of several, athm does not know which one the script sends.
  const silents = forms.filter((form) => form.method === "POST" && isSilent(form));
  const silent = silents.length === 1 ? silents[0] : undefined;
  if (obstacle !== "passkey" && !forms.some(isDecided)) {
    const after = page.submits ?? (page.isBlank && page.hasScript ? 0 : undefined);
    const sent = after === undefined ? undefined : sends(silent, after > 0 ? 2 : 1, after);
    if (sent) return sent;
  }
  const decided = forms.filter((form) => isDecided(form) && !isForScript(form));
  if (decided.length > 0) return { does: "decide", forms: decided };
  const waits = page.hasScript && page.error() === undefined && approval.test(page.content);
  return fills(forms.find(asks)) ??
    { does: "stop", why: obstacle ?? (waits ? "approval" : undefined) };
}

/** What a page says whose script asks whether a person has approved the sign-in, as PingID's. */
const approval =
  /\b(?:approv\w*|swipe|push|authenticating on|sent (?:you )?an? (?:\w+ )?(?:notification|request))\b/i;

function asks({ fields }: HtmlForm): boolean {
  return fields.some((field) => field.asks);
}

function isDecided(form: HtmlForm): boolean {
  return !asks(form) && (form.hasButton || form.choices.length > 0);
}

/** It has no visible element. */
function isSilent(form: HtmlForm): boolean {
  return !asks(form) && !isDecided(form) && !isForScript(form);
}

function isForScript({ fields }: HtmlForm): boolean {
  return fields.some(({ name }) => isPasskeyField(name));
}

/** SAML's HTTP POST binding (saml-bindings-2.0, 3.5): the button is for browsers without scripts. */
function isMessage(form: HtmlForm): boolean {
  const isOnlyMessage = form.fields.every(({ name }) => binding.has(name));
  return !asks(form) && form.choices.length === 0 && form.buttons.length < 2 &&
    (isOnlyMessage || !form.hasButton);
}

const binding = new Set(["SAMLRequest", "SAMLResponse", "RelayState", "SigAlg", "Signature"]);
