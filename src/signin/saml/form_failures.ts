import { Failure } from "../../model/failure.ts";
import type { Obstacle } from "./page_signs.ts";
import { refusedPage, type SitePage } from "./site.ts";

const onlyThere: Readonly<Record<Obstacle, readonly [what: string, hint: string]>> = {
  approval: [
    "waits for an approval on another device, and only a browser learns of it",
    "sign in with --saml-via browser",
  ],
  captcha: ["requires a captcha", "sign in with --saml-via browser"],
  passkey: ["requires a passkey or a security key", "sign in with --saml-via browser"],
  enrollment: [
    "requires you to set up a sign-in method",
    "do this once in a browser, then run this again",
  ],
};

export function doInBrowser(why: Obstacle, { host }: URL): Failure {
  const [what, hint] = onlyThere[why];
  return new Failure("source", `${host} ${what}`, hint);
}

/** The page came back although every option was tried. */
export function samePage({ url }: SitePage, words: string | undefined): Failure {
  return new Failure(
    "source",
    `${url.host} shows the same page again${saying(words)}`,
    "it may wait for an approval or require scripts: use --saml-via browser",
  );
}

export function noForm(page: SitePage, words?: string): Failure {
  return refusedPage(page, saying(words)) ?? new Failure(
    "source",
    `the page of ${page.url.host} has no form that continues to AWS${saying(words)}`,
    "it may require scripts: use --saml-via browser or --saml-command CMD",
  );
}

/** The provider's own words, quoted. */
export function saying(words: string | undefined): string {
  return words ? `, saying ${JSON.stringify(words)}` : "";
}
