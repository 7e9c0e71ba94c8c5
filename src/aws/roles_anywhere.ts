import { accountOf } from "../model/arn.ts";
import type { StsEndpoint } from "../model/endpoint.ts";
import { defined } from "../model/fields.ts";
import type { ShownCertificate } from "../model/roles_anywhere.ts";
import type { Http } from "../system/http.ts";
import { areVisible, issuedSession } from "./issued.ts";
import { callJson, type CallSystem, type JsonAnswer } from "./json_call.ts";
import { listIn, objectIn, tokenIn } from "./json_fields.ts";
import { refusedByAnywhere } from "./roles_anywhere_explain.ts";
import { percentEncoded } from "./sigv4.ts";
import { x509Headers, type X509Signer } from "./sigv4_x509.ts";
import { brokenAnswer } from "./sso_explain.ts";
import type { Issued } from "./sts.ts";

export interface SessionRequest {
  readonly trustAnchorArn: string;
  readonly profileArn: string;
  readonly roleArn: string;
  /** Seconds: 900 to 43,200. */
  readonly duration?: number;
  /** Only if the Roles Anywhere profile accepts one; default: the serial number in hexadecimal. */
  readonly sessionName?: string;
}

const action = "CreateSession";
/** Milliseconds: AWS's longest session of a role. */
const longestLife = 12 * 3600_000;
const longestToken = 16 * 1024;
/** Milliseconds of clock skew that justify a retry of a refused signature. */
const worthwhile = 60_000;

/**
 * A session of a role for a certificate.
 * https://docs.aws.amazon.com/rolesanywhere/latest/userguide/authentication-create-session.html
 *
 * @throws {Failure} `aws`, `aws-passing`, `network` or `tls`
 */
export async function createSession(
  system: CallSystem,
  http: Http,
  endpoint: StsEndpoint,
  signer: X509Signer & { readonly shown: ShownCertificate },
  { trustAnchorArn, profileArn, roleArn, duration, sessionName }: SessionRequest,
): Promise<Issued> {
  const query = Object.entries({ profileArn, roleArn, trustAnchorArn })
    .map(([name, value]) => `${name}=${percentEncoded(value)}`).join("&");
  const url = `${endpoint.url}/sessions?${query}`;
  const body = defined({ durationSeconds: duration, roleSessionName: sessionName });
  const headers = { "content-type": "application/json" };
  const ask = (skew: number) =>
    callJson(system, http, {
      service: "roles anywhere",
      action,
      method: "POST",
      url,
      body,
      headers: () =>
        x509Headers(
          signer,
          { region: endpoint.signingRegion, at: system.now() + skew },
          { method: "POST", url, headers },
          JSON.stringify(body),
        ),
    });
  let answer = await ask(0);
  // The signature contains a time, which AWS rejects if the clock is wrong.
  if (answer.code !== "" && Math.abs(answer.skew) >= worthwhile) answer = await ask(answer.skew);
  if (answer.code !== "") {
    const now = system.now() + answer.skew;
    const about = { trustAnchorArn, profileArn, roleArn, certificate: signer.shown, now };
    throw refusedByAnywhere(url, action, answer, about);
  }
  const issued = issuedIn(answer, new URL(url).host, system.now());
  if (!issued) throw brokenAnswer(endpoint.url, action, answer);
  return issued;
}

function issuedIn(answer: JsonAnswer, host: string, now: number): Issued | undefined {
  const [first] = listIn(answer.body, "credentialSet", 10) ?? [];
  const keys = first && objectIn(first, "credentials");
  const arn = first && tokenIn(objectIn(first, "assumedRoleUser") ?? {}, "arn", 2048);
  if (!keys || !areVisible([arn])) return undefined;
  const session = issuedSession(
    {
      accessKeyId: tokenIn(keys, "accessKeyId", 128),
      secretAccessKey: tokenIn(keys, "secretAccessKey", longestToken),
      sessionToken: tokenIn(keys, "sessionToken", longestToken),
      expiration: Date.parse(tokenIn(keys, "expiration", 64) ?? ""),
    },
    { host, action, now, skew: answer.skew, longestLife },
  );
  const account = accountOf(arn ?? "");
  return session && defined({
    session: { ...session, ...defined({ arn, account }) },
    requestId: answer.requestId,
  });
}
