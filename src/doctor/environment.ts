import { isName } from "../model/names.ts";
import { formatDuration } from "../model/duration.ts";
import { platforms } from "../system/platforms.ts";
import type { System } from "../system/system.ts";
import { type Check, failed, type Finding, ok, warning } from "./check.ts";

type Rule = (get: (name: string) => string | undefined, system: System) => Finding | undefined;

const rules: readonly Rule[] = [
  (get, { now, platform }) => {
    const until = Date.parse(get("AWS_CREDENTIAL_EXPIRATION") ?? "");
    if (Number.isNaN(until) || until > now()) return undefined;
    const past = formatDuration(Math.floor((now() - until) / 60_000) * 60);
    return failed(
      `the credentials in this shell expired ${past} ago`,
      platforms[platform].load(renewal(get("ATHM_PROFILE"))),
    );
  },
  (get, { platform }) =>
    get("AWS_PROFILE") && get("AWS_ACCESS_KEY_ID")
      ? warning(
        "AWS_PROFILE and AWS_ACCESS_KEY_ID are both set: which one applies depends on the program",
        platforms[platform].unset("AWS_PROFILE"),
      )
      : undefined,
  (get, { platform }) =>
    Boolean(get("AWS_ACCESS_KEY_ID")) !== Boolean(get("AWS_SECRET_ACCESS_KEY"))
      ? failed(
        "only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set",
        platforms[platform].unset(
          "AWS_ACCESS_KEY_ID",
          "AWS_SECRET_ACCESS_KEY",
          "AWS_SESSION_TOKEN",
        ),
      )
      : undefined,
  (get, { platform }) =>
    get("AWS_ACCESS_KEY_ID")?.startsWith("ASIA") && !get("AWS_SESSION_TOKEN")
      ? failed(
        "AWS_ACCESS_KEY_ID is a temporary key, but AWS_SESSION_TOKEN is not set",
        platforms[platform].unset("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
      )
      : undefined,
  (get, { platform }) =>
    get("AWS_ACCESS_KEY_ID")?.startsWith("AKIA") && get("AWS_SESSION_TOKEN")
      ? failed(
        "AWS_SESSION_TOKEN is stale: AWS_ACCESS_KEY_ID is a long-term key",
        platforms[platform].unset("AWS_SESSION_TOKEN"),
      )
      : undefined,
  (get, { platform }) =>
    get("AWS_PROFILE") && get("AWS_DEFAULT_PROFILE") &&
      get("AWS_PROFILE") !== get("AWS_DEFAULT_PROFILE")
      ? warning(
        "AWS_PROFILE and AWS_DEFAULT_PROFILE differ",
        platforms[platform].unset("AWS_DEFAULT_PROFILE"),
      )
      : undefined,
  (get, { platform }) =>
    get("AWS_REGION") && get("AWS_DEFAULT_REGION") &&
      get("AWS_REGION") !== get("AWS_DEFAULT_REGION")
      ? warning(
        "AWS_REGION and AWS_DEFAULT_REGION differ: which one applies depends on the program",
        platforms[platform].unset("AWS_DEFAULT_REGION"),
      )
      : undefined,
];

/** What to export instead of an expired session: a new one, or nothing. */
function renewal(name: string | undefined): string {
  return name !== undefined && isName(name) ? name : "--unset";
}

/** AWS variables in this shell that are stale or contradictory. */
export const environmentCheck: Check = (system) => {
  const get = (name: string) => system.env.get(name);
  const findings = rules.flatMap((rule) => rule(get, system) ?? []);
  if (findings.length) return Promise.resolve(findings);
  const set = [
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  ]
    .filter((name) => get(name));
  return Promise.resolve([
    ok(set.length ? `${set.join(", ")} set, without contradictions` : "no AWS variable is set"),
  ]);
};
