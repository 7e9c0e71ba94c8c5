import { defined } from "../model/defined.ts";
import { formatDuration } from "../model/duration.ts";
import { Failure } from "../model/failure.ts";
import type { SamlSource } from "../model/profile.ts";
import { Secret } from "../model/secret.ts";
import {
  type OfferedRole,
  readSamlResponse,
  type SamlResponse,
} from "../signin/saml/saml_response.ts";
import { browserProfileName, samlSignInName } from "./saml_name.ts";
import { chooseRole } from "./saml_roles.ts";
import {
  type ExchangeContext,
  type First,
  issuedFirst,
  type ProofContext,
  type Proven,
  type Refused,
} from "./source.ts";

/** Milliseconds for which AWS takes an assertion, and by which athm stops before. */
const usable = 5 * 60_000;
const margin = 30_000;

/** Seconds: what AssumeRoleWithSAML takes, and what every role allows. */
const durations = { least: 900, most: 43_200, always: 3600 };

/** An assertion, and the role of it that is to be assumed. */
export interface SamlProof {
  readonly assertion: Secret;
  readonly response: SamlResponse;
  readonly role: OfferedRole;
  /** What it is kept under. */
  readonly name: string;
  /** True when it was made now and not kept from an earlier sign-in. */
  readonly isNew: boolean;
}

/**
 * An assertion, which is fetched where none is kept that is good, and the role that the person chooses.
 *
 * @throws {Failure} the refusal of one that was new: another would fare no better
 */
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
      // Only a sign-in shows the password that is to be kept.
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
    a.passwordOrigin === b.passwordOrigin;
}

/** What a sign-in gives; user name and password where the person typed what is to be kept. */
type Shown =
  & { readonly assertion: Secret }
  & Pick<SamlSource, "user" | "password" | "passwordOrigin">;

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
    const { password, passwordOrigin, ...rest } = source;
    const { url = "", user, rememberPassword } = rest;
    const { signInByForm } = await import("../signin/saml/form.ts");
    const done = await signInByForm({ system, http }, url, {
      user,
      password,
      passwordOrigin,
      // Tried again in the background, a wrong password would lock the account.
      passwordRefused: () => correct(rest),
    });
    return {
      assertion: done.assertion,
      ...done.user === undefined ? {} : { user: done.user },
      ...rememberPassword && done.password && done.passwordOrigin !== undefined
        ? { password: done.password, passwordOrigin: done.passwordOrigin }
        : {},
    };
  },
  command: async ({ command = "" }, { ask }) => ({
    assertion: new Secret((await ask(command, "--saml-command")).trim()),
  }),
};

/** A command may hand out what it kept. Clocks differ by a minute without anybody's harm. */
function refuseOld({ notOnOrAfter }: SamlResponse, now: number): void {
  if (notOnOrAfter === undefined || notOnOrAfter > now - 60_000) return;
  const ago = formatDuration(Math.round((now - notOnOrAfter) / 60_000) * 60);
  throw new Failure(
    "source",
    `the assertion from --saml-command expired ${ago} ago`,
    "AWS accepts an assertion for 5 minutes: the command must fetch a new one each time",
  );
}

/** Counted from its arrival, since the provider's clock may be another. */
function usableUntil({ issued, notOnOrAfter }: SamlResponse, now: number): number {
  const life = issued === undefined || notOnOrAfter === undefined ? usable : notOnOrAfter - issued;
  return now + Math.min(life, usable) - margin;
}

/** The provider's own wish for the length gives way to the role's limit; the person's does not. */
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
