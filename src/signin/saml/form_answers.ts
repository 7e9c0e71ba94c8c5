import { defined } from "../../model/fields.ts";
import { Failure, promptsDisabled } from "../../model/failure.ts";
import { execCommand, hint, rotateCommand } from "../../model/hint.ts";
import { Secret } from "../../model/secret.ts";
import type { System } from "../../system/system.ts";
import type { Field, HtmlForm } from "./html_form.ts";
import { shown } from "./saml_response.ts";

export interface KnownAnswers {
  readonly user: string | undefined;
  readonly password: Secret | undefined;
  /** Where `password` was typed; it is filled in only there. */
  readonly passwordOrigin: string | undefined;
  /** Told when the provider does not take the kept password, which must not be tried again. */
  readonly passwordRefused: () => void;
}

export interface FormPlace {
  readonly page: URL;
  readonly action: URL;
}

/** What is filled into the fields of forms: what is known, else what the person types. */
export interface Answers {
  /** @throws {Failure} `needs-person` if athm cannot prompt, `cancelled`. */
  to(field: Field, form: HtmlForm, place: FormPlace): Promise<string>;
  /**
   * The last answers to this form were not taken.
   *
   * @throws {Failure} `needs-person` if athm cannot prompt.
   */
  wereRefused(form: HtmlForm, place: FormPlace, said: string): Promise<void>;
  /**
   * A page's own words, cleaned and short, without the values of fields. Nothing if they repeat a
   * password or a code.
   */
  withoutTyped(words: string | undefined, form?: HtmlForm): string | undefined;
  /** A page's text for the user: cleaned, shortened, and without what was typed. */
  readable(text: string): string;
  /** Whether one of the form's fields requires a person or a kept login. */
  takesPart(form: HtmlForm): boolean;
  /** User name and password, as they were last filled in, and the page that the password was for. */
  typed(): {
    readonly user?: string;
    readonly password?: Secret;
    readonly passwordOrigin?: string;
  };
}

const userLike = /user|login|e-?mail|identifier|account|\bid\b|signinname/;
const codeLike = /otp|one-?time|code|token|totp|2fa|mfa|verification|\bpin\b/;

/** Characters of a page's own words. */
const longestWords = 200;
/** Maximum characters of a text shown before a decision. */
const longestText = 600;

/** Whether a field asks for the password and not for a code that is hidden like one. */
export function isPasswordField({ asks, traits }: Field): boolean {
  return asks === "password" && !codeLike.test(traits);
}

/** Answers that begin with what is given; each of that is used once. */
export function newAnswers({ terminal }: Pick<System, "terminal">, given: KnownAnswers): Answers {
  let user = given.user;
  let password = given.password;
  let userIsNew = user !== undefined;
  let passwordIsNew = password !== undefined;
  let passwordOrigin = given.passwordOrigin;
  let kept = password !== undefined;
  let askedAt: FormPlace | undefined;
  /** Passwords and codes that were filled in. */
  const secrets = new Set<string>();
  const filledIn = (secret: string) => {
    if (secret !== "") secrets.add(secret);
    return secret;
  };

  const isUser = (field: Field, form: HtmlForm) => isUserField(field, form, secrets.size > 0);

  // Otherwise anyone who can redirect the sign-in, or write one of its forms, receives the password.
  const isForHere = (place: FormPlace) =>
    place === askedAt ||
    [place.page, place.action].every(({ origin }) => origin === passwordOrigin);

  const askPassword = async (place: FormPlace, note = "") => {
    const { page, action } = place;
    askedAt = place;
    const whose = user === undefined ? "" : ` of ${user}`;
    const whither = action.host === page.host
      ? page.host
      : `${page.host}, which sends it to ${action.host}`;
    return await terminal.askSecret(`Password${whose} at ${whither}${note}: `);
  };

  return {
    async to(field, form, place) {
      const { host } = place.page;
      const label = shown(field.label, 80).replace(/[:*\s]+$/, "") || "value";
      if (isPasswordField(field)) {
        if (!password || !passwordIsNew || !isForHere(place)) {
          demand(
            terminal,
            host,
            "a password",
            "--saml-remember-password keeps it (with --saml-via form)",
          );
          password = new Secret(await askPassword(place));
          passwordOrigin = place.page.origin;
          kept = false;
        }
        passwordIsNew = false;
        return filledIn(password.reveal());
      }
      if (field.asks === "password") {
        demand(terminal, host, JSON.stringify(label), "codes cannot be kept");
        return filledIn((await terminal.askSecret(`${label} (${host}): `)).trim());
      }
      if (isUser(field, form)) {
        if (user === undefined || !userIsNew) {
          if (field.value && user === undefined) return user = field.value;
          demand(terminal, host, "a user name", "set --saml-user");
          const known = user === undefined ? "" : ` [${user}]`;
          user = await terminal.ask(`User name at ${host}${known}: `) || user || "";
        }
        userIsNew = false;
        return user;
      }
      if (field.value) return field.value;
      demand(terminal, host, JSON.stringify(label), "codes cannot be kept");
      return filledIn(await terminal.ask(`${label} (${host}): `));
    },

    async wereRefused(form, place, said) {
      const { host } = place.page;
      const isLogin = form.fields.some(isPasswordField);
      // A form that asks for a code again says nothing of the password.
      if (isLogin) {
        passwordIsNew = false;
        if (kept) given.passwordRefused();
        kept = false;
      }
      if (!terminal.canAsk) {
        throw new Failure(
          "needs-person",
          `${host} rejected the user name, the kept password or the code${said}`,
          hint`run ${rotateCommand} on a terminal to enter them again`,
        );
      }
      await terminal.tell(`athm: ${host} rejected that${said}; try again`);
      if (!isLogin || !user || !form.fields.some((field) => isUser(field, form))) return;
      // Users may type their password again without reading, so the next prompt must not show it.
      const again = await askPassword(place, " (leave empty to change the user name)");
      userIsNew = passwordIsNew = again !== "";
      if (!passwordIsNew) return;
      password = new Secret(again);
      passwordOrigin = place.page.origin;
    },

    withoutTyped(words = "", form) {
      const text = shown(words, Infinity);
      const isTold = [...secrets].some((secret) => text.includes(shown(secret, Infinity)));
      if (text === "" || isTold) return undefined;
      const values = [user ?? "", ...(form?.fields ?? []).map(({ value }) => value)]
        .map((value) => shown(value, Infinity)).filter((value) => value.length >= 3)
        .sort((a, b) => b.length - a.length);
      return shown(values.reduce((left, value) => left.replaceAll(value, "…"), text), longestWords);
    },

    readable(text) {
      const clean = shown(text, Infinity);
      const typed = [...secrets].map((secret) => shown(secret, Infinity))
        .filter((secret) => secret !== "");
      return shown(typed.reduce((left, each) => left.replaceAll(each, "…"), clean), longestText);
    },

    takesPart: (form) =>
      form.fields.some((field) =>
        field.asks === "password" || (field.asks && (field.value === "" || isUser(field, form)))
      ),

    typed: () => defined({ user, password, passwordOrigin }),
  };
}

/**
 * The field before the password is the user's, whatever it is called. After it, a profile or a new
 * address may be asked for, with fields of the same names.
 */
function isUserField(field: Field, { fields }: HtmlForm, isSignedIn: boolean): boolean {
  if (codeLike.test(field.traits)) return false;
  const texts = fields.filter((each) => each.asks === "text");
  if (texts[0] !== field) return false;
  if (fields.some((each) => each.asks === "password")) return true;
  const isNamed = userLike.test(field.traits.replaceAll(/e-?mail/g, ""));
  const isAlone = texts.length === 1;
  return isSignedIn ? isAlone && isNamed : isNamed || (isAlone && userLike.test(field.traits));
}

function demand(
  { canAsk }: System["terminal"],
  host: string,
  what: string,
  otherwise: string,
): void {
  if (canAsk) return;
  throw promptsDisabled(
    `${host} requires ${what}`,
    hint`run ${execCommand} on a terminal to sign in; ${otherwise}`,
  );
}
