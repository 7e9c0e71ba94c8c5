import { Failure, valueOr } from "../model/failure.ts";
import { isAwsPortal, parseStartUrl } from "../model/start_url.ts";
import { type Http, tooSlow, within } from "../system/http.ts";
import type { CallSystem } from "./json_call.ts";

/** Milliseconds, as in the AWS CLI. */
const timeLimit = 10_000;

/** Servers that do not know HEAD. */
const noHead = [405, 501];
const redirects = [301, 302, 303, 307, 308];

const advice = "use the start URL that the access portal shows under Access keys";

/**
 * The portal behind an organization's own URL: read from a single redirect, which is not followed.
 * Nothing is sent but the URL, and only an https URL of AWS is accepted.
 *
 * @throws {Failure} `source` if it does not redirect to one, or what the connection throws
 */
export async function portalBehind(
  system: Pick<CallSystem, "trace">,
  http: Http,
  startUrl: string,
): Promise<string> {
  const { host } = new URL(startUrl);
  const ask = async (method: string) => {
    const late = tooSlow(host, timeLimit);
    const request = { method, url: startUrl, headers: { "user-agent": "athm" } };
    const answer = await within(timeLimit, late, (signal) => http.send({ ...request, signal }));
    system.trace("start URL", { host, method, status: answer.status });
    return answer;
  };
  const first = await ask("HEAD");
  const { status, headers } = noHead.includes(first.status) ? await ask("GET") : first;
  const location = redirects.includes(status) ? headers.get("location") : null;
  if (location === null) {
    throw new Failure(
      "source",
      `${startUrl} is not an access portal of AWS and does not redirect to one (HTTP ${status})`,
      advice,
    );
  }
  const target = location.length <= 4096 ? URL.parse(location, startUrl) : null;
  const found = target?.protocol === "https:"
    ? valueOr(() => parseStartUrl(target.origin + target.pathname), undefined)
    : undefined;
  if (found === undefined || !isAwsPortal(found)) {
    // Only the host: a path or query may contain a token.
    const where = target?.host ? `${target.protocol}//${target.host}` : "an invalid URL";
    throw new Failure(
      "source",
      `${startUrl} redirects to ${where}, which is not an access portal of AWS`,
      advice,
    );
  }
  return found;
}
