import type { Issued } from "../aws/sts.ts";
import { formatDuration } from "../model/duration.ts";
import { Failure } from "../model/failure.ts";
import type { SamlSource } from "../model/profile.ts";
import { Secret } from "../model/secret.ts";
import {
  type OfferedRole,
  readSamlResponse,
  type SamlResponse,
} from "../signin/saml/saml_response.ts";
import { browserFolder, browserProfileName, samlSignInName } from "./saml_name.ts";
import { chooseRole } from "./saml_roles.ts";
import type { Obtained, SourceContext } from "./source.ts";

/** Milliseconds for which AWS takes an assertion, and by which athm stops before. */
const usable = 5 * 60_000;
const margin = 30_000;

/** Seconds: what AssumeRoleWithSAML takes, and what every role allows. */
const durations = { least: 900, most: 43_200, always: 3600 };

/** An assertion, and what was learnt of the source's settings on the way. */
interface Proven {
  readonly assertion: Secret;
  readonly learnt: SamlSource;
  /** True when it was made now and not kept from an earlier sign-in. */
  readonly isNew: boolean;
}

/** It learns of its own source alone. */
type SamlContext = Omit<SourceContext, "learn"> & { readonly learn: (source: SamlSource) => void };

/** First credentials for an assertion, which is fetched where none is kept that is good. */
export async function obtainBySaml(
  source: SamlSource,
  { learn, ...outer }: SourceContext,
): Promise<Obtained> {
  let known = source;
  const context: SamlContext = {
    ...outer,
    learn: (settled) => {
      known = settled;
      learn(settled);
    },
  };
  let proven = await prove(source, context);
  const assume = async ({ assertion, learnt }: Proven) => {
    const response = readSamlResponse(assertion);
    const role = await chooseRole(response.roles, learnt.roleArn, context.system);
    const settled = { ...learnt, roleArn: role.roleArn };
    const sts = context.stsFor(settled);
    const issued = await assumeRole({ ...context, sts }, assertion, response, role);
    if (!isSame(settled, known)) context.learn(settled);
    return issued;
  };
  let issued: Issued;
  try {
    issued = await assume(proven);
  } catch (error) {
    if (!(error instanceof Failure && error.code === "aws-proof")) throw error;
    await context.forgetAssertion(samlSignInName(proven.learnt));
    // One that was kept may have run out; a new one that is refused stays refused.
    if (proven.isNew) throw error;
    proven = await prove(source, context, proven.assertion);
    issued = await assume(proven);
  }
  const { session } = issued;
  return {
    credentials: session,
    ...session.arn === undefined ? {} : { arn: session.arn },
    chained: true,
    issued,
  };
}

function isSame(a: SamlSource, b: SamlSource): boolean {
  return a.roleArn === b.roleArn && a.user === b.user && a.password === b.password &&
    a.passwordOrigin === b.passwordOrigin;
}

async function prove(
  source: SamlSource,
  context: SamlContext,
  refused?: Secret,
): Promise<Proven> {
  let learnt = source;
  let isNew = false;
  const assertion = await context.assertion({
    name: samlSignInName(source),
    refused,
    // Only a sign-in shows the password that is to be kept.
    anew: source.rememberPassword === true && source.password === undefined,
    make: async () => {
      isNew = true;
      const { assertion, ...shown } = await signInBy[source.via](source, context);
      learnt = { ...source, ...shown };
      const now = context.system.now();
      const response = readSamlResponse(assertion);
      if (source.via === "command") refuseOld(response, now);
      return { name: samlSignInName(learnt), assertion, expires: usableUntil(response, now) };
    },
  });
  return { assertion, learnt, isNew };
}

/** What a sign-in gives; user name and password where the person typed what is to be kept. */
type Shown =
  & { readonly assertion: Secret }
  & Pick<SamlSource, "user" | "password" | "passwordOrigin">;

const signInBy: {
  readonly [V in SamlSource["via"]]: (
    source: SamlSource,
    context: SamlContext,
  ) => Promise<Shown>;
} = {
  browser: async (source, { system, home }) => {
    const { url = "" } = source;
    const { signInByBrowser } = await import("../signin/saml/browser.ts");
    const folder = browserFolder(system, home(), await browserProfileName(source));
    return { assertion: await signInByBrowser(system, url, folder) };
  },
  form: async (source, { system, trustedPem, learn }) => {
    const { url = "", user, password, passwordOrigin, rememberPassword } = source;
    const http = (url: string) => system.http(url, trustedPem);
    const { signInByForm } = await import("../signin/saml/form.ts");
    const done = await signInByForm({ system, http }, url, {
      user,
      password,
      passwordOrigin,
      // Tried again in the background, a wrong password would lock the account.
      passwordRefused: () => {
        const { password: _, passwordOrigin: __, ...rest } = source;
        learn(rest);
      },
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
    `the assertion that --saml-command printed ran out ${ago} ago`,
    "AWS takes one for 5 minutes: the command has to fetch a new one each time",
  );
}

/** Counted from its arrival, since the provider's clock may be another. */
function usableUntil({ issued, notOnOrAfter }: SamlResponse, now: number): number {
  const life = issued === undefined || notOnOrAfter === undefined ? usable : notOnOrAfter - issued;
  return now + Math.min(life, usable) - margin;
}

/** The provider's own wish for the length gives way to the role's limit; the person's does not. */
async function assumeRole(
  context: SamlContext,
  assertion: Secret,
  response: SamlResponse,
  { roleArn, providerArn }: OfferedRole,
): Promise<Issued> {
  const { role, system } = context;
  const wish = response.duration;
  const duration = role.duration ??
    (wish && Math.min(Math.max(wish, durations.least), durations.most));
  const request = { ...role, roleArn, providerArn, assertion };
  try {
    return await context.sts.assumeRoleWithSaml({
      ...request,
      ...duration === undefined ? {} : { duration },
    });
  } catch (error) {
    const tooLong = error instanceof Failure && error.code === "aws-too-long";
    if (!tooLong || role.duration !== undefined || (duration ?? 0) <= durations.always) throw error;
    system.say(
      `athm: note: the provider asks for ${
        formatDuration(duration ?? 0)
      }, and the role allows less: ` +
        "the session lasts 1h (--duration asks for another length)",
    );
    return await context.sts.assumeRoleWithSaml({ ...request, duration: durations.always });
  }
}
