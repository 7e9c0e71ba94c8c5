import type { StsEndpoint } from "./endpoint.ts";
import { parseEndpointUrl } from "./endpoint.ts";
import { Failure } from "./failure.ts";
import type { NetworkSettings } from "./profile.ts";

interface IamPlace {
  readonly host: string;
  readonly signingRegion: string;
  /** FIPS 140 and IPv6 hosts; absent if AWS has none. */
  readonly fips?: string;
  readonly dualstack?: string;
}

/** By partition ID; `tests/model/partitions_test.ts` compares it with the AWS SDK. */
const places: Readonly<Record<string, IamPlace>> = {
  "aws": {
    host: "iam.amazonaws.com",
    signingRegion: "us-east-1",
    fips: "iam-fips.amazonaws.com",
    dualstack: "iam.global.api.aws",
  },
  "aws-us-gov": {
    host: "iam.us-gov.amazonaws.com",
    signingRegion: "us-gov-west-1",
    fips: "iam.us-gov.amazonaws.com",
    dualstack: "iam.us-gov.api.aws",
  },
  "aws-cn": {
    host: "iam.cn-north-1.amazonaws.com.cn",
    signingRegion: "cn-north-1",
    dualstack: "iam.global.api.amazonwebservices.com.cn",
  },
  "aws-eusc": { host: "iam.eusc-de-east-1.amazonaws.eu", signingRegion: "eusc-de-east-1" },
  "aws-iso": { host: "iam.us-iso-east-1.c2s.ic.gov", signingRegion: "us-iso-east-1" },
  "aws-iso-b": { host: "iam.us-isob-east-1.sc2s.sgov.gov", signingRegion: "us-isob-east-1" },
  "aws-iso-e": { host: "iam.eu-isoe-west-1.cloud.adc-e.uk", signingRegion: "eu-isoe-west-1" },
  "aws-iso-f": { host: "iam.us-isof-south-1.csp.hci.ic.gov", signingRegion: "us-isof-south-1" },
};

/** @param url overrides it, from `--iam-endpoint-url`. @throws {Failure} `usage` */
export function iamEndpoint(
  partition: string,
  { fips, dualstack }: Pick<NetworkSettings, "fips" | "dualstack">,
  url?: string,
): StsEndpoint {
  const place = places[partition];
  if (!place) {
    throw new Failure("aws", `athm does not know the IAM endpoint of partition ${partition}`);
  }
  const { signingRegion } = place;
  if (url !== undefined) {
    const { href } = parseEndpointUrl(url, "--iam-endpoint-url");
    return { url: href.replace(/\/+$/, ""), signingRegion };
  }
  if (fips && (dualstack || !place.fips)) throw missing("FIPS", partition, dualstack);
  const host = fips ? place.fips : dualstack ? place.dualstack : place.host;
  if (!host) throw missing("dual-stack", partition);
  return { url: `https://${host}`, signingRegion };
}

function missing(kind: string, partition: string, both = false): Failure {
  return new Failure(
    "usage",
    `IAM has no ${kind} endpoint ${both ? "with IPv6 addresses" : `in partition ${partition}`}`,
    "set the endpoint with --iam-endpoint-url",
  );
}
