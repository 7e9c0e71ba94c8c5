import { defined, isJsonObject } from "../model/fields.ts";
import type { Session } from "../model/credentials.ts";
import { Failure } from "../model/failure.ts";
import { hint, rotateCommand } from "../model/hint.ts";
import { Secret } from "../model/secret.ts";
import { type Http, tooSlow, within } from "../system/http.ts";
import type { System } from "../system/system.ts";
import { requestTimeout, slowHint } from "./transport.ts";

export interface SignInRequest {
  readonly federationUrl: string;
  readonly session: Session;
  readonly destination: string;
  /** Seconds; default: as long as the session. */
  readonly duration?: number | undefined;
}

/** Maximum bytes of a response with a token. */
const longestAnswer = 64 * 1024;

/**
 * A URL that signs a browser in to the console with the session. Anyone can use it for 15 minutes.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
 *
 * Sends the session in the body of a POST, since proxies and servers log URLs.
 *
 * @throws {Failure} `aws`, `aws-passing`, `network` or `tls`
 */
export async function signInUrl(
  system: Pick<System, "monotonic" | "trace">,
  http: Http,
  { federationUrl, session, destination, duration }: SignInRequest,
): Promise<Secret> {
  const { host } = new URL(federationUrl);
  const form = new URLSearchParams(defined({
    Action: "getSigninToken",
    SessionDuration: duration === undefined ? undefined : String(duration),
    Session: JSON.stringify({
      sessionId: session.accessKeyId,
      sessionKey: session.secretAccessKey.reveal(),
      sessionToken: session.sessionToken.reveal(),
    }),
  }));
  const headers = {
    "content-type": "application/x-www-form-urlencoded",
    accept: "application/json",
  };
  const begun = system.monotonic();
  const request = { method: "POST", url: federationUrl, headers, body: form.toString() };
  const late = tooSlow(host, requestTimeout, slowHint);
  const { status, body } = await within(
    requestTimeout,
    late,
    (signal) => http.send({ ...request, signal }),
  );
  const ms = Math.round(system.monotonic() - begun);
  system.trace("federation", { action: "getSigninToken", host, status, ms });
  if (status !== 200) throw refused(host, status, duration);
  const token = body.length <= longestAnswer ? tokenIn(body) : undefined;
  if (token === undefined) {
    throw new Failure(
      "aws",
      `${host} did not return a sign-in token`,
      "a proxy or captive portal may be in between",
    );
  }
  const query = new URLSearchParams({
    Action: "login",
    Destination: destination,
    SigninToken: token,
  });
  return new Secret(`${federationUrl}?${query}`);
}

function tokenIn(body: Uint8Array): string | undefined {
  try {
    const answer: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
    const token = isJsonObject(answer) ? answer.SigninToken : undefined;
    return typeof token === "string" && /^[\x21-\x7e]{16,16384}$/.test(token) ? token : undefined;
  } catch {
    return undefined; // never show it: it may contain part of a token
  }
}

function refused(host: string, status: number, duration: number | undefined): Failure {
  if (status >= 500 || status === 429) {
    const why = `${host} returned a server error (HTTP ${status})`;
    return new Failure("aws-passing", why, "try again in a minute");
  }
  if (status >= 300 && status < 400) {
    return new Failure("network", `${host} returned a redirect, which athm does not follow`);
  }
  return new Failure(
    "aws",
    `${host} rejected this session (HTTP ${status})`,
    duration === undefined
      ? hint`run ${rotateCommand} for a new session`
      : "omit --duration for a role assumed from another role: the console then lasts as long as the session",
  );
}
