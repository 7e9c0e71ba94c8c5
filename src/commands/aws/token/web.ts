import { rfc3339 } from "../../../model/credentials.ts";
import { parseDuration } from "../../../model/duration.ts";
import { usage } from "../../../model/failure.ts";
import { checkDuration, checkTags, parseTag } from "../../../model/limits.ts";
import type { Command } from "../../../line/command.ts";
import { webIdentityToken } from "../../../session/sign_in/identity.ts";
import { deedOf, obtain, obtainOptions } from "../../profile/obtain.ts";
import { handingOut } from "./origin.ts";

const algorithms = ["RS256", "ES384"];
/** Seconds by which the session must outlive the token, to allow for latency. */
const spare = 10;

/** Options of a source or a role that mean the token here, or mean nothing without those. */
const taken = ["audience", "duration", "tag", "transitive-tag"];

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html */
const mostAudiences = 10;

/** `athm aws token web --audience A [NAME]`: prints AWS's token about the session's identity. */
export const command: Command = {
  count: [0, 1],
  options: [
    { name: "audience", value: "A", repeat: true, help: "service that the token is for; required" },
    { name: "duration", value: "TIME", help: "how long the token is valid: 1m to 1h (default 5m)" },
    { name: "algorithm", value: "ALG", choices: algorithms, help: "signature (default: RS256)" },
    { name: "tag", value: "K=V", repeat: true, help: "claim to add to the token" },
    { name: "json", help: "print a JSON object with the time of expiry" },
    ...obtainOptions.filter(({ name }) => !taken.includes(name)),
  ],
  examples: [
    "athm aws token web --audience https://vault.example.com example",
    "athm aws token web --audience api://AzureADTokenExchange --ambient",
  ],
  work: async (line, system) => {
    const { values } = line;
    const audiences = audiencesIn(values.all("audience"));
    const asked = parseDuration(values.text("duration") ?? "5m", "--duration");
    const duration = checkDuration(asked, "GetWebIdentityToken");
    const tags = checkTags(values.all("tag").map((text) => parseTag(text)));
    const algorithm = values.text("algorithm") ?? "RS256";

    // AWS issues no token that is valid longer than the session.
    const own = values.without(taken);
    const lasting = own.has("min-ttl") ? own : own.with("min-ttl", `${duration + spare}`);
    const given = { ...line, values: lasting };
    const obtained = await obtain(given, system, { deed: deedOf(line) });
    const { profile, session } = obtained;
    const request = { audiences, duration, tags, algorithm };
    return await handingOut(system, obtained, "web", async () => {
      const { token, expires } = await webIdentityToken(system, profile, session, request);
      const text = token.reveal();
      const json = { token: text, expires: rfc3339(expires) };
      return values.has("json") ? JSON.stringify(json, undefined, 2) + "\n" : `${text}\n`;
    });
  },
};

/** @throws {Failure} `usage` */
function audiencesIn(given: readonly string[]): readonly string[] {
  if (given.length === 0) {
    throw usage("--audience is required", "name the service that the token is for: --audience A");
  }
  if (given.length > mostAudiences) {
    throw usage(`--audience: a token has at most ${mostAudiences} audiences, not ${given.length}`);
  }
  if (!given.every((audience) => /^[\x21-\x7e]{1,1000}$/.test(audience))) {
    throw usage("--audience must be 1 to 1000 ASCII characters without spaces");
  }
  return given;
}
