/**
 * The federation endpoint of the console's sign-in.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
 *
 * @module
 */

import { randomBase64 } from "./accounts.ts";
import { type AwsError, validationError } from "./answers.ts";
import type { Incoming, Operation, Service } from "./service.ts";

function describe({ body, query }: Incoming): Operation {
  const { Action: action = "", ...params } = Object.fromEntries([
    ...new URLSearchParams(query),
    ...new URLSearchParams(new TextDecoder().decode(body)),
  ]);
  return { action, params };
}

/** An HTML page, like the real response to a bad request. */
function refuse(error: AwsError): Response {
  return new Response(`<html><body>${error.message}</body></html>`, {
    status: error.status,
    headers: { "content-type": "text/html" },
  });
}

/** Requests are not signed: a session is enough to get a token. */
export const federation: Service = {
  service: "signin",
  claims: ({ path }) => path === "/federation",
  // The session is a secret, and the log of calls may be shown.
  describe: (incoming) => {
    const { action, params: { Session: _, ...params } } = describe(incoming);
    return { action, params };
  },
  handle(incoming, { accounts, now }) {
    const { action, params } = describe(incoming);
    if (action !== "getSigninToken") throw validationError("there is no such action");
    // Servers on the way log URLs.
    if (incoming.query !== "") throw validationError("the session belongs into the body");
    const { sessionId, sessionKey, sessionToken } = JSON.parse(params["Session"] ?? "{}");
    const found = accounts.credentials.get(sessionId);
    const good = found?.secretAccessKey === sessionKey && found?.sessionToken === sessionToken &&
      (found?.expiresAt ?? 0) > now() &&
      ["assumed-role", "federated-user"].includes(found?.principal.kind ?? "");
    if (!good) throw validationError("Invalid credentials parameter");
    const seconds = params["SessionDuration"];
    if (seconds !== undefined && !(Number(seconds) >= 900 && Number(seconds) <= 43_200)) {
      throw validationError("Invalid duration");
    }
    if (seconds !== undefined && found?.principal.kind === "federated-user") {
      throw validationError("SessionDuration is not for GetFederationToken");
    }
    const token = randomBase64(600);
    accounts.signInTokens.add(token);
    return Promise.resolve(Response.json({ SigninToken: token }));
  },
  refuse,
};
