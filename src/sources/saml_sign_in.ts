import { assertionLife } from "../model/credentials.ts";
import { defined } from "../model/fields.ts";
import { formatDuration } from "../model/duration.ts";
import { Failure } from "../model/failure.ts";
import type { SamlSource } from "../model/profile.ts";
import { Secret } from "../model/secret.ts";
import type { Choose } from "../signin/saml/form_choices.ts";
import {
  type OfferedRole,
  readSamlResponse,
  type SamlResponse,
} from "../signin/saml/saml_response.ts";
import type { System } from "../system/system.ts";
import { browserProfileName, samlSignInName } from "./saml_name.ts";
import { choose } from "../screen/choice.ts";
import { chooseRole } from "./saml_roles.ts";
import {
  type ExchangeContext,
  type First,
  issuedFirst,
  type ProofContext,
  type Proven,
  type Refused,
} from "./source.ts";

/** Milliseconds before AWS's limit at which athm stops using an assertion. */
const margin = 30_000;

/** Seconds: the limits of AssumeRoleWithSAML, and the duration every role allows. */
const durations = { least: 900, most: 43_200, always: 3600 };

export interface SamlProof {
  readonly assertion: Secret;
  readonly response: SamlResponse;
  readonly role: OfferedRole;
  readonly name: string;
  /** True if it was made now, not kept from an earlier sign-in. */
  readonly isNew: boolean;
}

/** @throws {Failure} the refusal of a new assertion: another would not help */
export async function proveBySaml(
  source: SamlSource,
  context: ProofContext,
  refused: Refused<SamlProof> | undefined,
): Promise<Proven<SamlSource, SamlProof>> {
  let learned = source;
  let corrected: SamlSource | undefined;
  let isNew = false;
  const { proofs, system } = context;
  if (refused) {
    await proofs.forget("assertions", refused.proof.name);
    if (refused.proof.isNew) throw refused.error;
  }
  const make = async () => {
    isNew = true;
    const made = await signInBy[source.via](source, context, (rest) => corrected = rest);
    const { assertion, ...shown } = made;
    learned = { ...corrected ?? source, ...shown };
    const now = system.now();
    const response = readSamlResponse(assertion);
    if (source.via === "command") refuseOld(response, now);
    return { assertion, expires: usableUntil(response, now) };
  };
  try {
    const { assertion } = await proofs.get("assertions", samlSignInName(source), {
      // The password to save is known only after a new sign-in.
      good: (kept) =>
        kept.assertion.reveal() !== refused?.proof.assertion.reveal() &&
        !(source.rememberPassword === true && source.password === undefined),
      make,
      nameOfMade: () => samlSignInName(learned),
    });
    const response = readSamlResponse(assertion);
    const role = await chooseRole(response.roles, learned.roleArn, system);
    const settled = { ...learned, roleArn: role.roleArn };
    return {
      proof: { assertion, response, role, name: samlSignInName(learned), isNew },
      corrected,
      source: isSame(settled, source) ? source : settled,
    };
  } catch (error) {
    return { error, corrected };
  }
}

function isSame(a: SamlSource, b: SamlSource): boolean {
  return a.roleArn === b.roleArn && a.user === b.user && a.password === b.password &&
    a.passwordOrigin === b.passwordOrigin && a.choices === b.choices;
}

/** The result of a sign-in, with a newly typed user name and password to save. */
type Shown =
  & { readonly assertion: Secret }
  & Pick<SamlSource, "user" | "password" | "passwordOrigin" | "choices">;

const signInBy: {
  readonly [V in SamlSource["via"]]: (
    source: SamlSource,
    context: ProofContext,
    correct: (source: SamlSource) => void,
  ) => Promise<Shown>;
} = {
  browser: async (source, { system, browserFolder }) => {
    const { signInByBrowser } = await import("../signin/saml/browser.ts");
    const folder = browserFolder(await browserProfileName(source));
    return { assertion: await signInByBrowser(system, source.url ?? "", folder) };
  },
  form: async (source, { system, http }, correct) => {
    const { url = "", user, password, passwordOrigin, rememberPassword, choices } = source;
    let rest = source;
    const forget = (...names: readonly (keyof SamlSource)[]) =>
      correct(rest = without(rest, names));
    const { signInByForm } = await import("../signin/saml/form.ts");
    const done = await signInByForm({ system, http, choose: chooseFrom(system) }, url, {
      user,
      password,
      passwordOrigin,
      choices,
      // Background retries with a wrong password would lock the account.
      passwordRefused: () => forget("password", "passwordOrigin"),
      choicesFailed: () => forget("choices"),
    });
    return {
      assertion: done.assertion,
      ...done.user === undefined ? {} : { user: done.user },
      ...rememberPassword && done.password && done.passwordOrigin !== undefined
        ? { password: done.password, passwordOrigin: done.passwordOrigin }
        : {},
      ...done.choices.length ? { choices: done.choices } : {},
    };
  },
  command: async ({ command = "" }, { ask }) => ({
    assertion: new Secret((await ask(command, "--saml-command")).trim()),
  }),
};

function chooseFrom(system: System): Choose {
  return async (title, labels, start) =>
    labels.indexOf(
      await choose(system, title, () => labels.map((name) => ({ name, line: name })), start),
    );
}

function without(source: SamlSource, names: readonly (keyof SamlSource)[]): SamlSource {
  const left = Object.entries(source).filter(([name]) => !names.some((each) => each === name));
  return { kind: "saml", via: source.via, ...Object.fromEntries(left) };
}

/** A command may return an old assertion. A minute of clock skew is tolerated. */
function refuseOld({ notOnOrAfter }: SamlResponse, now: number): void {
  if (notOnOrAfter === undefined || notOnOrAfter > now - 60_000) return;
  const ago = formatDuration(Math.round((now - notOnOrAfter) / 60_000) * 60);
  throw new Failure(
    "source",
    `the assertion from --saml-command expired ${ago} ago`,
    "AWS accepts an assertion for 5 minutes: the command must fetch a new one each time",
  );
}

/** Counted from arrival, since the provider's clock may differ. */
function usableUntil({ issued, notOnOrAfter }: SamlResponse, now: number): number {
  const life = issued === undefined || notOnOrAfter === undefined
    ? assertionLife
    : notOnOrAfter - issued;
  return now + Math.min(life, assertionLife) - margin;
}

/** A duration from the provider is reduced to the role's limit; one from the person is not. */
export async function assumeBySaml(
  _source: SamlSource,
  { system, sts, role: { duration: asked, policy, policyArns } }: ExchangeContext,
  { assertion, response: { duration: wish }, role }: SamlProof,
): Promise<First> {
  const duration = asked ?? (wish && Math.min(Math.max(wish, durations.least), durations.most));
  const request = { ...role, assertion, ...defined({ policy, policyArns }) };
  try {
    return issuedFirst(await sts.assumeRoleWithSaml({ ...request, ...defined({ duration }) }));
  } catch (error) {
    const tooLong = error instanceof Failure && error.code === "aws-too-long";
    if (!tooLong || asked !== undefined || (duration ?? 0) <= durations.always) throw error;
    system.say(
      `athm: note: the provider asks for ${
        formatDuration(duration ?? 0)
      }, but the role allows less: ` +
        "the session lasts 1h (set --duration for another length)",
    );
    return issuedFirst(await sts.assumeRoleWithSaml({ ...request, duration: durations.always }));
  }
}
