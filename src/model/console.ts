import { Failure, usage } from "./failure.ts";
import { partitionById } from "./partitions.ts";

/** A partition's web pages. */
export interface ConsolePlace {
  /** Where a session is exchanged for a sign-in token. */
  readonly federationUrl: string;
  /** The console's host; regions and accounts have hosts below it. */
  readonly consoleHost: string;
}

/**
 * The console of a partition.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
 *
 * @throws {Failure} `aws` for partitions whose console is not public
 */
export function consoleOf(partition: string): ConsolePlace {
  const { webSuffix, defaultRegion } = partitionById(partition) ?? {};
  if (webSuffix === undefined) {
    throw new Failure("aws", `athm does not know where the console of ${partition} is`);
  }
  // The sovereign cloud has no sign-in host without a region.
  const region = partition === "aws-eusc" ? `${defaultRegion}.` : "";
  return {
    federationUrl: `https://${region}signin.${webSuffix}/federation`,
    consoleHost: `console.${webSuffix}`,
  };
}

/** The console's page of a service; its home page without one. */
export function consolePage(host: string, service?: string, region?: string): string {
  if (service !== undefined && !/^[a-z0-9][a-z0-9-]{0,63}$/.test(service)) {
    throw usage(
      `--service ${JSON.stringify(service.slice(0, 80))} is no name of a console page`,
      "it is the word after the host in the console's address, such as s3 or cloudwatch",
    );
  }
  const query = region === undefined ? "" : `?region=${region}`;
  return `https://${host}/${service === undefined ? "console" : service}/home${query}`;
}

/**
 * A page of the console, checked: whoever signs in is sent there, so it must be AWS's own.
 *
 * @throws {Failure} `usage`
 */
export function checkDestination(text: string, host: string): string {
  const url = /^https:\/\/[\x21-\x7e]+$/.test(text) ? URL.parse(text) : null;
  const good = url && !url.username && !url.password && url.port === "" &&
    (url.hostname === host || url.hostname.endsWith(`.${host}`));
  if (good) return url.href;
  throw usage(
    `--destination must be an https address of the console, at ${host} or a host below it`,
    `--destination https://${host}/s3/home`,
  );
}
