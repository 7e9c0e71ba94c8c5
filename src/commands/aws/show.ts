import { narrowingWords, rfc3339, type Session, timeLeft } from "../../model/credentials.ts";
import { formatDuration, formatTimeLeft } from "../../model/duration.ts";
import type { Failure } from "../../model/failure.ts";
import type { NetworkSettings, ResolvedProfile } from "../../model/profile.ts";
import type { Command } from "../../line/command.ts";
import { issuerOf } from "../../session/issuer.ts";
import { profileNamed } from "../../session/keep.ts";
import { outlineOf } from "../../session/outlines.ts";
import { factsOf, sourceOf } from "../../sources/all_sources.ts";
import { nameAndStore } from "../profile/default_name.ts";
import { foundOf } from "../profile/rows.ts";
import { collect, warn, warnOfCertificate } from "../profile/warnings.ts";

/** `athm aws show NAME`: prints a profile's settings without secrets. */
export const command: Command = {
  count: [0, 1],
  options: [{ name: "json", help: "print a JSON object" }],
  work: async (line, system) => {
    const { values } = line;
    const { name, store } = await nameAndStore(line, system);
    const stored = await profileNamed(store, name);
    // A bad session or endpoint must not hide the settings.
    const troubles: Failure[] = [];
    const { profile, session, narrowed } = await foundOf(system, store, stored, troubles);
    const outline = outlineOf(profile);
    warnOfCertificate(system, outline);
    const issuer = await Promise.try(() => issuerOf(system, outline)).catch(
      collect(troubles),
    );
    if (values.has("json")) {
      const document = {
        ...profile,
        source: factsOf(profile.source).shown?.() ?? profile.source,
        endpoint: issuer?.endpoint,
        session: facts(session),
        narrowed: narrowed.map(({ narrowing, session }) => ({
          to: narrowingWords(narrowing),
          ...narrowing,
          ...facts(session),
        })),
      };
      system.out(JSON.stringify(document, undefined, 2) + "\n");
      return warn(system, troubles);
    }
    const until = (one: Session) =>
      `${rfc3339(one.expires)} (${formatTimeLeft(timeLeft(one, system.now()))})`;
    const lines = {
      ...settingLines(profile),
      ...issuer && { [issuer.title]: issuer.endpoint.url },
      "signing region": issuer?.endpoint.signingRegion,
      "session of": session?.arn,
      "session expires": session ? until(session) : "no session",
    };
    const all = [
      ...Object.entries(lines),
      ...narrowed.map(({ narrowing, session }) =>
        [
          "narrower session",
          `${narrowingWords(narrowing)}, expires ${until(session)}`,
        ] as const
      ),
    ];
    const width = Math.max(...all.map(([label]) => label.length));
    for (const [label, value] of all) {
      if (value !== undefined) system.out(`${label.padEnd(width)}  ${value}\n`);
    }
    return warn(system, troubles);
  },
};

function confirmWords(seconds: number): string {
  return `before each use${seconds === 0 ? "" : `; a yes lasts ${formatDuration(seconds)}`}`;
}

function facts(session: Session | undefined) {
  if (!session) return null;
  const { accessKeyId, arn = null, account = null, issued, expires } = session;
  return { accessKeyId, arn, account, issued: rfc3339(issued), expires: rfc3339(expires) };
}

function settingLines(profile: ResolvedProfile) {
  const { name, source, roleArns, role, network, inherited, confirm, confirmFrom, origin } =
    profile;
  const from = (setting: keyof NetworkSettings) => {
    const value = network[setting];
    if (!value) return undefined;
    const text = value === true ? "yes" : value;
    return inherited?.[setting] === undefined ? text : `${text} (from ${inherited[setting]})`;
  };
  const since = confirmFrom === undefined ? "" : ` (from ${confirmFrom})`;
  return {
    name,
    source: sourceOf(source).kind,
    ...factsOf(source).lines,
    roles: roleArns.length ? roleArns.join(", ") : undefined,
    "external ID": role.externalId,
    "session name": role.sessionName,
    duration: role.duration === undefined ? undefined : formatDuration(role.duration),
    "MFA device": role.mfaSerial,
    "MFA command": role.mfaCommand,
    "MFA duration": role.mfaDuration === undefined ? undefined : formatDuration(role.mfaDuration),
    "source identity": role.sourceIdentity,
    tags: role.tags?.map(({ key, value }) => `${key}=${value}`).join(", "),
    "transitive tags": role.transitiveTags?.join(", "),
    policy: role.policy,
    "policy ARNs": role.policyArns?.join(", "),
    region: from("region"),
    "endpoint URL": from("endpointUrl"),
    FIPS: from("fips"),
    "dual-stack": from("dualstack"),
    "CA bundle": from("caBundle"),
    "team file": origin?.series,
    confirm: confirm === undefined ? undefined : `${confirmWords(confirm)}${since}`,
  };
}
