import { findRegionPartition, partitions } from "../../model/partitions.ts";

/**
 * True for the URLs where identity providers post assertions for AWS, in every partition:
 * `https://signin.aws.amazon.com/saml`, `https://us-east-1.signin.aws.amazon.com/saml`, and with a
 * longer path, as for encrypted assertions.
 * https://docs.aws.amazon.com/general/latest/gr/signin-service.html
 */
export function isAwsSamlEndpoint(url: URL): boolean {
  if (url.protocol !== "https:" || url.port !== "" || url.username || url.password) return false;
  if (!/^\/saml(?:\/|$)/.test(url.pathname)) return false;
  return partitions.some(({ id, webSuffix }) => {
    if (webSuffix === undefined) return false;
    const host = `signin.${webSuffix}`;
    if (url.hostname === host) return true;
    const [region = "", ...rest] = url.hostname.split(".");
    return rest.join(".") === host && findRegionPartition(region)?.id === id;
  });
}

export const awsSamlPatterns: readonly string[] = partitions.flatMap(({ webSuffix }) =>
  webSuffix === undefined ? [] : [
    `https://signin.${webSuffix}/saml*`,
    `https://*.signin.${webSuffix}/saml*`,
  ]
);
