import { signInUrl } from "../../aws/federation.ts";
import { parsePrincipalArn } from "../../model/arn.ts";
import { checkDestination, consoleOf, consolePage } from "../../model/console.ts";
import { formatDuration, parseDuration } from "../../model/duration.ts";
import { parseEndpointUrl } from "../../model/endpoint.ts";
import { narrowingWords } from "../../model/credentials.ts";
import { aboutProfile, Failure, usage } from "../../model/failure.ts";
import type { Profile } from "../../model/profile.ts";
import type { Command } from "../../line/command.ts";
import type { Values } from "../../line/values.ts";
import { callerIdentity } from "../../session/sign_in/identity.ts";
import { sessionOf } from "../../session/keep.ts";
import { factsOf } from "../../sources/all_sources.ts";
import { nameAndStore } from "../profile/default_name.ts";
import { childRegion, deedOf } from "../profile/obtain.ts";
import { mfaCodeOf, mfaCodeOption, narrowingOf, narrowingOptions } from "../profile/options.ts";
import { trustedPem } from "../../system/trusted_pem.ts";
import { deliveryOf, deliveryOptions } from "./login/delivery.ts";

/** Seconds of a console session. */
const durations = { least: 900, most: 43_200 };

/** `athm aws login NAME`: opens the AWS console with the profile's session. */
export const command: Command = {
  count: [0, 1],
  options: [
    ...deliveryOptions,
    { name: "destination", value: "URL", help: "page of the console to show" },
    { name: "service", value: "NAME", help: "service of the console to show, such as s3" },
    { name: "region", value: "R", help: "region of the console" },
    { name: "duration", value: "TIME", help: "duration of the console session, 15m to 12h" },
    mfaCodeOption,
    { name: "rotate", help: "force a new session first" },
    ...narrowingOptions,
    {
      name: "federation-url",
      value: "URL",
      help: "sign-in endpoint, such as https://us-east-2.signin.aws.amazon.com/federation",
      group: "Network",
    },
  ],
  examples: [
    "athm aws login example",
    "athm aws login example --service s3 --region eu-west-1",
    "athm aws login example --in auto",
    "athm aws login example --print",
  ],
  work: async (line, system) => {
    const { values } = line;
    const code = mfaCodeOf(values);
    const duration = durationOf(values);
    const deliver = deliveryOf(values, system);
    const given = values.text("federation-url");
    const federation = given === undefined
      ? undefined
      : parseEndpointUrl(given, "--federation-url");
    const page = values.text("destination");
    const beside = ["service", "region"].find((name) => values.has(name));
    if (page !== undefined && beside) {
      throw usage(`--destination and --${beside} cannot be combined`);
    }
    const region = await childRegion(line);
    const { name, store, restriction } = await nameAndStore(line, system);
    const open = () => Promise.resolve(store);
    const narrowing = await narrowingOf(values, system, open) ??
      (restriction && await narrowingOf(restriction, system, open));
    const narrowed = narrowing && narrowingWords(narrowing);
    const rotated = values.has("rotate") ? { after: system.now() } : {};
    const { profile, session } = await sessionOf(system, store, name, {
      ...rotated,
      ...code,
      narrowing,
      deed: deedOf(line),
    });
    const arn = session.arn ?? (await callerIdentity(system, profile, session)).arn;
    const { partition, account } = refuseKind(arn, profile, duration);
    const place = consoleOf(partition, profile.network.fips);
    if (federation?.pathname === "/") federation.pathname = "/federation";
    const federationUrl = federation?.href ?? place.federationUrl;
    const destination = page === undefined
      ? consolePage(place.consoleHost, values.text("service"), region ?? profile.network.region)
      : checkDestination(page, place.consoleHost);
    using http = await system.http(federationUrl, trustedPem(system, profile));
    const url = await signInUrl(system, http, { federationUrl, session, destination, duration })
      .catch((error) => {
        throw aboutProfile(error, { name, isSaved: true });
      });
    await system.audit({ event: "login", profile: profile.name, session, narrowed });
    return await deliver({ url, account, profile: profile.name });
  },
};

function durationOf(values: Values): number | undefined {
  const text = values.text("duration");
  if (text === undefined) return undefined;
  const seconds = parseDuration(text, "--duration");
  const { least, most } = durations;
  if (seconds >= least && seconds <= most) return seconds;
  throw usage(
    `--duration ${text}: a console session lasts ${formatDuration(least)} to ${
      formatDuration(most)
    }`,
  );
}

/** AWS opens the console only for roles and federated users. */
function refuseKind(arn: string, profile: Profile, duration: number | undefined) {
  const principal = parsePrincipalArn(arn, "the session's ARN");
  const { kind } = principal;
  if (kind === "user" || kind === "root") {
    throw new Failure(
      "aws",
      `${profile.name} is a session of ${kind === "root" ? "the root user" : "an IAM user"}, ` +
        "and AWS allows console sign-in only for role sessions",
      `athm aws add NEW --from ${profile.name} --role-arn ARN creates a profile for a role`,
    );
  }
  if (duration === undefined) return principal;
  const hops = profile.roleArns.length + (factsOf(profile.source).role ? 1 : 0);
  const chained = hops > 1;
  if (kind === "federated-user" || chained) {
    throw usage(
      chained
        ? "--duration is not allowed for a role assumed from another role"
        : "--duration is not allowed for a federated user",
      "omit it: the console then lasts as long as the session",
    );
  }
  return principal;
}
