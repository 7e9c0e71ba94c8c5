import { findRegionPartition, type Partition, partitions } from "../../model/partitions.ts";

/**
 * True for the URLs where identity providers post assertions for AWS, in every partition:
 * `https://signin.aws.amazon.com/saml`, `https://us-east-1.signin.aws.amazon.com/saml`, and with a
 * longer path, as for encrypted assertions.
 * https://docs.aws.amazon.com/general/latest/gr/signin-service.html
 */
export function isAwsSamlEndpoint(url: URL): boolean {
  if (url.protocol !== "https:" || url.port !== "" || url.username || url.password) return false;
  if (!/^\/saml(?:\/|$)/.test(url.pathname)) return false;
  return partitions.some(({ id, ...partition }) => {
    const hosts = signInHosts(partition);
    if (hosts.includes(url.hostname)) return true;
    const [region = "", ...rest] = url.hostname.split(".");
    return hosts.includes(rest.join(".")) && findRegionPartition(region)?.id === id;
  });
}

export const awsSamlPatterns: readonly string[] = partitions.flatMap(signInHosts)
  .flatMap((host) => [`https://${host}/saml*`, `https://*.${host}/saml*`]);

function signInHosts(
  { webSuffix, globalSignIn = [] }: Pick<Partition, "webSuffix" | "globalSignIn">,
): string[] {
  return [...new Set(["signin", ...globalSignIn])].map((name) => `${name}.${webSuffix}`);
}
