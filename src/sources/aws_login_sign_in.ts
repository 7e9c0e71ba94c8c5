import { type ConsoleTokens, createToken, type SignInEnd } from "../aws/console_sign_in.ts";
import { parsePrincipalArn } from "../model/arn.ts";
import {
  type ConsoleEndpoint,
  consoleEndpoint,
  consoleKey,
  consoleName,
  consolePrincipal,
  type ConsoleSignIn,
  consoleSignInUrl,
} from "../model/console_sign_in.ts";
import { goodUntil } from "../model/credentials.ts";
import { defined } from "../model/fields.ts";
import { parseEndpointUrl } from "../model/endpoint.ts";
import { Failure } from "../model/failure.ts";
import { hint, profileName, rotateCommand } from "../model/hint.ts";
import type { AwsLoginSource } from "../model/profile.ts";
import type { Values } from "../line/values.ts";
import type { First, ProofContext, Proven } from "./source.ts";

/** Milliseconds of life required of keys that could not be refreshed. */
const leastLife = 60_000;

/** @throws {Failure} `usage` */
export function settleAwsLogin(values: Values): AwsLoginSource {
  const text = values.text("aws-login-endpoint-url");
  const region = values.text("region");
  const endpointUrl = text === undefined
    ? undefined
    : parseEndpointUrl(text, "--aws-login-endpoint-url").href.replace(/\/+$/, "");
  const source: AwsLoginSource = defined({
    kind: "aws-login" as const,
    remote: values.has("remote") || undefined,
    endpointUrl,
  });
  if (region !== undefined) {
    consoleSignInUrl({ region, endpoint: consoleEndpoint(source, { fips: values.has("fips") }) });
  }
  return source;
}

/** The sign-in of the source's identity: kept, refreshed or new, shared by profiles and processes. */
export async function proveAtConsole(
  source: AwsLoginSource,
  context: ProofContext,
): Promise<Proven<AwsLoginSource, ConsoleSignIn>> {
  const { system, proofs, network, after } = context;
  const endpoint = consoleEndpoint(source, network);
  let name = consoleName(source, network);
  const proof = await proofs.get("consoles", name, {
    good: ({ session }) => session.issued > after && system.now() < goodUntil(session),
    make: async (kept) => {
      const made = await renewed(source, context, endpoint, kept);
      name = consoleKey(made);
      return made;
    },
    nameOfMade: () => name,
  });
  const { principal } = proof;
  return { proof, source: source.principal === principal ? source : { ...source, principal } };
}

/** The keys are the session; a role that is assumed from a role's own is chained. */
export function keysOf({ session }: ConsoleSignIn): First {
  const { arn = "" } = session;
  const isUser = parsePrincipalArn(arn).kind === "user";
  return { credentials: session, issued: { session }, arn, chained: !isUser };
}

async function renewed(
  source: AwsLoginSource,
  context: ProofContext,
  endpoint: ConsoleEndpoint,
  kept: ConsoleSignIn | undefined,
): Promise<ConsoleSignIn> {
  if (!kept) return await signedIn(source, context, endpoint, undefined);
  const answer = await refreshed(context, kept);
  if (typeof answer !== "string") return answer;
  context.system.trace("console sign-in ended", { why: answer });
  return await signedIn(source, context, endpoint, answer);
}

async function refreshed(
  { system, http: connect, after }: ProofContext,
  kept: ConsoleSignIn,
): Promise<ConsoleSignIn | SignInEnd> {
  const { session, refreshToken, proofKey } = kept;
  using http = await connect(consoleSignInUrl(kept));
  const grant = { kind: "refresh", refreshToken, arn: session.arn ?? kept.principal } as const;
  try {
    const answer = await createToken(system, http, kept, proofKey, grant);
    return typeof answer === "string" ? answer : { ...kept, ...answer };
  } catch (error) {
    // If the keys are new enough for the caller, use them until AWS is available again.
    const serves = session.issued > after && session.expires - system.now() > leastLife;
    if (serves && error instanceof Failure && error.passing) return kept;
    throw error;
  }
}

/** Why the person has to sign in again: follows `the console sign-in as …`. */
const reasons: Readonly<Record<SignInEnd, string>> = {
  expired: "has expired",
  changed: "has ended because the password changed",
  invalid: "is no longer valid",
};

async function signedIn(
  { principal, remote = false }: AwsLoginSource,
  { system, http: connect, region }: ProofContext,
  endpoint: ConsoleEndpoint,
  end: SignInEnd | undefined,
): Promise<ConsoleSignIn> {
  const ended = end && `the console sign-in as ${principal} ${reasons[end]}`;
  if (!system.terminal.canAsk) {
    const who = principal === undefined ? "" : ` as ${principal}`;
    throw new Failure(
      "needs-person",
      ended === undefined
        ? `the AWS console requires a sign-in${who}: prompts are disabled`
        : `${ended}, and prompts are disabled`,
      hint`sign in on a terminal: ${rotateCommand}`,
    );
  }
  const isHere = !remote && await system.browser.isThere();
  const client = isHere ? "same-device" : "cross-device";
  const place = { region, endpoint, client } as const;
  using http = await connect(consoleSignInUrl(place));
  if (ended !== undefined) await system.terminal.tell(`athm: ${ended}`);
  const { askAtConsole } = await import("./aws_login_person.ts");
  const { proofKey, ...tokens } = await askAtConsole(system, http, place);
  const made = { ...place, proofKey, ...tokens, principal: principalOf(tokens) };
  if (principal === undefined || made.principal === principal) return made;
  throw new Failure(
    "source",
    `you signed in as ${made.principal}, but the profile belongs to ${principal}`,
    hint`choose that session in the browser, or change the profile: athm aws add ${profileName} --force --aws-login`,
  );
}

function principalOf({ session }: ConsoleTokens): string {
  return consolePrincipal(session.arn ?? "");
}
