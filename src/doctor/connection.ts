import { Failure } from "../model/failure.ts";
import { listed } from "../model/listed.ts";
import type { Profile } from "../model/profile.ts";
import { sourceOf } from "../sources/all_sources.ts";
import { platforms } from "../system/platforms.ts";
import type { System } from "../system/system.ts";
import { type Check, failed, type Finding, ok, warning } from "./check.ts";
import { trustedPem } from "../system/trusted_pem.ts";

const proxyNames = [
  "HTTPS_PROXY",
  "https_proxy",
  "HTTP_PROXY",
  "http_proxy",
  "ALL_PROXY",
  "all_proxy",
];

/** The environment's proxy, without the user name and password in its URL. */
export const proxyCheck: Check = ({ env, platform }) => {
  const set = proxyNames.filter((name) => env.get(name));
  const findings = set.map((name): Finding => {
    const value = env.get(name) ?? "";
    const url = URL.parse(/^[a-z][a-z0-9+]*:\/\//i.test(value) ? value : `http://${value}`);
    const isProxy = url !== null && url.hostname !== "" &&
      /^(https?|socks5h?):$/.test(url.protocol);
    return isProxy
      ? ok(`${name} is ${url.protocol}//${url.host}${url.username ? ", with a user name" : ""}`)
      : failed(`${name} is not a valid proxy URL`, platforms[platform].unset(name));
  });
  for (
    const [upper, lower] of [["HTTPS_PROXY", "https_proxy"], ["NO_PROXY", "no_proxy"]] as const
  ) {
    const both = [upper, lower].map((name) => env.get(name));
    if (both[0] && both[1] && both[0] !== both[1]) {
      findings.push(
        warning(`${upper} and ${lower} differ: which one applies depends on the program`),
      );
    }
  }
  const except = env.get("NO_PROXY") || env.get("no_proxy");
  if (!set.length) return Promise.resolve([...findings, ok("not set")]);
  return Promise.resolve(except ? [...findings, ok(`not used for ${except}`)] : findings);
};

export const certificatesCheck: Check = async (system, shared) => {
  const { profiles } = await shared.profiles();
  const bundles = new Map<string, string>();
  const common = system.env.get("AWS_CA_BUNDLE");
  if (common) bundles.set(common, "AWS_CA_BUNDLE");
  for (const { name, network } of profiles) {
    if (network.caBundle) bundles.set(network.caBundle, `--ca-bundle of ${name}`);
  }
  const own = await sourceFindings(system, profiles);
  if (!bundles.size) return [ok("built-in and system certificates"), ...own];
  const trusted = Array.from(bundles, ([path, from]) => {
    // Throws the same error as a sign-in.
    const pem = trustedPem(system, { network: { caBundle: path } }) ?? "";
    const count = pem.split("-----BEGIN CERTIFICATE-----").length - 1;
    return ok(`${count} more from ${path} (${from})`);
  });
  return [...trusted, ...own];
};

/** What the profiles' own certificates show; profiles with the same finding share a line. */
async function sourceFindings(
  system: System,
  profiles: readonly Profile[],
): Promise<readonly Finding[]> {
  const found = await Promise.all(profiles.map(async ({ name, source }) => {
    const inspecting = Promise.try(async () => await sourceOf(source).inspect?.(source, system));
    const findings: readonly Finding[] = await inspecting.catch((error) => {
      if (!(error instanceof Failure)) throw error;
      return [failed(error.message, error.hint)];
    }) ?? [];
    return findings.map((finding) => ({ name, finding }));
  }));
  const same = Map.groupBy(found.flat(), ({ finding }) => JSON.stringify(finding));
  return [...same.values()].flatMap((group) => {
    const [first] = group;
    const names = listed(group.map(({ name }) => name));
    return first ? [{ ...first.finding, text: `${names}: ${first.finding.text}` }] : [];
  });
}
