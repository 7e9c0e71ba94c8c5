import { Failure, usage } from "./failure.ts";
import { partitionById } from "./partitions.ts";

export interface ConsolePlace {
  /** Exchanges a session for a sign-in token. */
  readonly federationUrl: string;
  /** Regions and accounts use subdomains of this host. */
  readonly consoleHost: string;
}

/**
 * The console of a partition.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
 * https://docs.aws.amazon.com/general/latest/gr/signin-service.html
 *
 * @param fips for the sign-in by FIPS 140, where AWS has it
 * @throws {Failure} `aws` for an unknown partition
 */
export function consoleOf(partition: string, fips = false): ConsolePlace {
  const found = partitionById(partition);
  if (!found) {
    throw new Failure("aws", `athm does not know the console address of partition ${partition}`);
  }
  const { webSuffix, defaultRegion, globalSignIn = [] } = found;
  const named = globalSignIn.find((name) => fips && name === "signin-fips") ?? globalSignIn[0];
  return {
    federationUrl: `https://${named ?? `${defaultRegion}.signin`}.${webSuffix}/federation`,
    consoleHost: `console.${webSuffix}`,
  };
}

/** The URL of a service's console page, or of the console home page. */
export function consolePage(host: string, service?: string, region?: string): string {
  if (service !== undefined && !/^[a-z0-9][a-z0-9-]{0,63}$/.test(service)) {
    throw usage(
      `--service ${JSON.stringify(service.slice(0, 80))} is not a valid console page name`,
      "use the word after the host in the console URL, such as s3 or cloudwatch",
    );
  }
  const query = region === undefined ? "" : `?region=${region}`;
  return `https://${host}/${service === undefined ? "console" : service}/home${query}`;
}

/** The sign-in redirects to this URL, so it must belong to AWS. @throws {Failure} `usage` */
export function checkDestination(text: string, host: string): string {
  const url = /^https:\/\/[\x21-\x7e]+$/.test(text) ? URL.parse(text) : null;
  const allowed = url && !url.username && !url.password && url.port === "" &&
    (url.hostname === host || url.hostname.endsWith(`.${host}`));
  if (allowed) return url.href;
  throw usage(
    `--destination must be an https URL on ${host} or one of its subdomains`,
    `use a URL such as https://${host}/s3/home`,
  );
}
