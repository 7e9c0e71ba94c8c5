import { formatDuration } from "../model/duration.ts";
import { Failure } from "../model/failure.ts";
import { listed } from "../model/listed.ts";
import { fipsStsHosts } from "../model/partitions.ts";
import type { Profile } from "../model/profile.ts";
import { cannotResolve } from "../system/http.ts";
import { platforms } from "../system/platforms.ts";
import {
  type Check,
  failed,
  type Finding,
  type Findings,
  ok,
  type Probe,
  warning,
} from "./check.ts";

interface EndpointProbe {
  readonly names: readonly string[];
  readonly probe: Probe;
}

/** Probes each distinct endpoint of the profiles once; without profiles, the default. */
async function ask(
  shared: Findings,
): Promise<{ readonly asked: readonly EndpointProbe[]; readonly refused: readonly Finding[] }> {
  const { profiles } = await shared.profiles();
  const refusals: { name: string; message: string; hint: string | undefined }[] = [];
  const found = new Map<string, { names: string[]; probe: Probe }>();
  await Promise.all((profiles.length ? profiles : [undefined]).map(async (profile) => {
    const { name = "" } = profile ?? {};
    try {
      const probe = await shared.probe(profile);
      const there = found.get(probe.url);
      if (there) there.names.push(name);
      else found.set(probe.url, { names: [name], probe });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      refusals.push({ name, message: error.message, hint: error.hint });
    }
  }));
  const refused = [...Map.groupBy(refusals, ({ message }) => message)].map(([message, group]) =>
    failed(`${listed(group.map(({ name }) => name))}: ${message}`, group[0]?.hint)
  );
  const asked = [...found.values()].map((each) => ({ ...each, names: each.names.toSorted() }));
  return { asked: asked.sort((a, b) => a.probe.url < b.probe.url ? -1 : 1), refused };
}

/** Milliseconds: the Date header has whole seconds, and responses take time. */
const agree = 10_000;
/** AWS accepts a signature for 5 minutes; not every SDK corrects the clock as athm does. */
const refused = 5 * 60_000;

/** The machine's clock against the Date header of an endpoint. */
export const clockCheck: Check = async ({ platform }, shared) => {
  const { asked } = await ask(shared);
  for (const { probe } of asked) {
    if ("failure" in probe || probe.answer.headers.has("age")) continue;
    const theirs = Date.parse(probe.answer.headers.get("date") ?? "");
    if (Number.isNaN(theirs)) continue;
    const skew = theirs - (probe.sent + probe.received) / 2;
    const host = new URL(probe.url).host;
    if (Math.abs(skew) < agree) return [ok(`matches ${host}`)];
    const text = `it is ${formatDuration(Math.abs(skew) / 1000)} ${
      skew > 0 ? "behind" : "ahead of"
    } ${host}`;
    return [(Math.abs(skew) < refused ? warning : failed)(text, platforms[platform].setClock)];
  }
  return [warning("clock not checked: no endpoint was reachable")];
};

export const namesCheck: Check = async (_system, shared) => {
  const { asked } = await ask(shared);
  const unknown = asked.filter(({ probe }) =>
    "failure" in probe && probe.failure.message.endsWith(cannotResolve)
  );
  const hosts = asked.map(({ probe }) => hostOf(probe.url));
  return unknown.length
    ? unknown.map(({ probe }) =>
      failed(`cannot resolve ${hostOf(probe.url)}`, `nslookup ${hostOf(probe.url)}`)
    )
    : [ok(`${listed(hosts)} ${hosts.length === 1 ? "resolves" : "resolve"}`)];
};

/** Whether each endpoint responds, is trusted, and uses FIPS if configured. */
export const endpointsCheck: Check = async ({ platform }, shared) => {
  const { asked, refused } = await ask(shared);
  const { profiles } = await shared.profiles();
  const responses = asked.map(({ names, probe }): Finding => {
    const whose = listed(names.filter(Boolean));
    const of = whose ? ` (${whose})` : "";
    return "failure" in probe
      ? failed(`${probe.failure.message}${of}`, `${platforms[platform].request} ${probe.url}/`)
      : ok(`${hostOf(probe.url)} responds${of}`);
  });
  return [...responses, ...refused, ...fipsFindings(profiles, asked)];
};

const fipsHosts = new Set(fipsStsHosts.values());
/** Of the other services, also in a VPC; the portals of GovCloud have FIPS endpoints only. */
const otherFipsHost =
  /^(?:(?:[\w-]+\.)?rolesanywhere-fips|portal\.sso-fips)\.|^portal\.sso\.us-gov-[a-z]+-\d\.amazonaws\.com$/;

/** A FIPS profile must use a host of AWS's table or its dual-stack form. */
function fipsFindings(
  profiles: readonly Profile[],
  asked: readonly EndpointProbe[],
): readonly Finding[] {
  const strict = new Set(profiles.flatMap(({ name, network }) => network.fips ? [name] : []));
  return asked.flatMap(({ names, probe }) => {
    const those = names.filter((name) => strict.has(name));
    if (!those.length) return [];
    const [who, one] = [listed(those), those.length === 1];
    const host = hostOf(probe.url);
    const region = /^sts-fips\.([^.]+)\./.exec(host)?.[1];
    return fipsHosts.has(host) || fipsStsHosts.has(region ?? "") || otherFipsHost.test(host)
      ? [ok(`${who} ${one ? "uses" : "use"} the FIPS host ${host}`)]
      : [failed(`${who} ${one ? "requires" : "require"} FIPS, but ${host} is not a FIPS host`)];
  });
}

function hostOf(url: string): string {
  return new URL(url).host;
}
