/**
 * Signs outside a page's forms: a script submits one, the page loads another one after a while, or
 * it requires a browser.
 *
 * @module
 */

import { attribute, type Element, has, textOf } from "./html_elements.ts";

/** Why none of a page's forms may be sent. */
export type Obstacle = "approval" | "captcha" | "enrollment" | "passkey";

const marks = {
  captchaBox: /(?:^|\s)(?:g-recaptcha|h-captcha|cf-turnstile|frc-captcha)(?:\s|$)/i,
  captcha: /captcha|turnstile/i,
  qrCode: /qr-?_?code|barcode|\bqr\b/i,
  passkeyField:
    /^(?:clientDataJSON|authenticatorData|attestationObject|publicKeyCredential\w*|webauthn\w*)$/i,
  enrollmentField: /^(?:attestationObject|totp-?_?secret|\w*recovery\w*codes?)$/i,
  passkeyScript: /navigator\s*\.\s*credentials|PublicKeyCredential|web-?authn/i,
};

/** @param seen the elements of the page that a person can see */
export function obstacleOf(
  elements: readonly Element[],
  seen: ReadonlySet<Element>,
): Obstacle | undefined {
  const hidden = elements.filter((each) => typeIn(each) === "hidden").map((each) =>
    attribute(each, "name") ?? ""
  );
  if (elements.some((each) => seen.has(each) && isCaptcha(each))) return "captcha";
  const isSetUp = hidden.some((name) => marks.enrollmentField.test(name));
  const asksLogin = elements.some((each) => seen.has(each) && typeIn(each) === "password");
  const showsCode = elements.some((each) =>
    seen.has(each) && ["img", "canvas", "svg"].includes(each.tagName) &&
    says(each, marks.qrCode)
  );
  if (isSetUp || (showsCode && !asksLogin)) return "enrollment";
  const isPasskey = hidden.some(isPasskeyField) ||
    scriptsOf(elements).some((script) => marks.passkeyScript.test(script));
  return isPasskey ? "passkey" : undefined;
}

/** A hidden field that a script fills with what the browser's WebAuthn returned. */
export function isPasskeyField(name: string): boolean {
  return marks.passkeyField.test(name);
}

function isCaptcha(element: Element): boolean {
  const isBox = marks.captchaBox.test(attribute(element, "class") ?? "");
  if (isBox) return attribute(element, "data-size")?.toLowerCase() !== "invisible";
  if (!["img", "iframe", "audio", "canvas", "input"].includes(element.tagName)) return false;
  return typeIn(element) !== "hidden" && says(element, marks.captcha);
}

function typeIn(element: Element): string | undefined {
  return attribute(element, "type")?.trim().toLowerCase();
}

function says(element: Element, what: RegExp): boolean {
  return ["id", "class", "name", "src", "alt", "title"].some((name) =>
    what.test((attribute(element, name) ?? "").slice(0, 500))
  );
}

function scriptsOf(elements: readonly Element[]): string[] {
  return elements.filter(({ tagName }) => tagName === "script").map(textOf);
}

const statement = String
  .raw`(?:(?:window|self)\.)?document(?:\.forms)?(?:\[[^\]]{1,80}\]|\.(?:getElementById|getElementsByName|querySelector)\([^()]{1,80}\)(?:\[0\])?|\.[\w$]{1,80})\.(?:submit|requestSubmit)\(\);?`;
const inFunction = String.raw`(?:function\(\w{0,20}\)\{|\(\w{0,20}\)=>\{?)${statement}\}?`;
const atOnce = new RegExp(
  `^(?:${statement}|\\(${inFunction}\\)\\(\\);?|(?:window\\.|document\\.body\\.)?onload=${inFunction};?` +
    `|(?:window\\.|document\\.)?addEventListener\\(["'](?:load|DOMContentLoaded)["'],${inFunction}\\);?)$`,
);
const later = new RegExp(
  `^(?:window\\.)?setTimeout\\((?:${inFunction}|["']${statement}["'])(?:,(\\d{1,6}))?\\);?$`,
);

/**
 * After how many milliseconds the page submits a form without a person, if its script does nothing
 * else. A script that may also wait for a click proves nothing.
 */
export function submitsAfter(elements: readonly Element[]): number | undefined {
  const body = elements.find(({ tagName }) => tagName === "body");
  const texts = [(body && attribute(body, "onload")) ?? "", ...scriptsOf(elements)]
    .map((text) =>
      text.slice(0, 1000).replace(/<!--|(?:\/\/\s*)?(?:-->|<!\[CDATA\[|\]\]>)|\s/g, "").replace(
        /^javascript:/,
        "",
      )
    );
  if (texts.some((text) => atOnce.test(text))) return 0;
  const delay = texts.map((text) => later.exec(text)).find((found) => found !== null);
  return delay ? Number(delay[1] ?? 0) : undefined;
}

export function hasScript(elements: readonly Element[]): boolean {
  return elements.some((each) =>
    each.tagName === "script" || (each.tagName === "body" && has(each, "onload"))
  );
}

/** The next page, and after how many seconds it loads. */
export interface Refresh {
  readonly seconds: number;
  /** Absent for the page itself. */
  readonly url?: string;
}

/** The element or header `refresh`. https://html.spec.whatwg.org/multipage/semantics.html#attr-meta-http-equiv-refresh */
export function parseRefresh(content: string | undefined): Refresh | undefined {
  const found =
    /^\s*(\d{1,4})(?:\.\d*)?\s*(?:[;,]\s*(?:url\s*=\s*)?["']?([^"'\s]{1,4096})["']?\s*)?$/i
      .exec((content ?? "").slice(0, 8192));
  if (!found) return undefined;
  const [, seconds, url] = found;
  return url === undefined ? { seconds: Number(seconds) } : { seconds: Number(seconds), url };
}

export function refreshIn(elements: readonly Element[]): Refresh | undefined {
  const meta = elements.find((each) =>
    each.tagName === "meta" && attribute(each, "http-equiv")?.trim().toLowerCase() === "refresh"
  );
  return parseRefresh(meta && attribute(meta, "content"));
}
