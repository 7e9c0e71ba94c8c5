import { usage } from "./failure.ts";
import { suggestion } from "./names.ts";

/**
 * An AWS partition: an account, its keys and its roles belong to exactly one.
 * Data: that of the AWS SDK that deno.json names; `tests/model/partitions_test.ts` compares the two.
 */
export interface Partition {
  readonly id: string;
  readonly dnsSuffix: string;
  readonly dualstackSuffix: string;
  /** Used when no region is set. */
  readonly defaultRegion: string;
  /** The suffix of the `console.` and `signin.` hosts. */
  readonly webSuffix: string;
  /** The sign-in hosts without a region. */
  readonly globalSignIn?: readonly ("signin" | "signin-fips")[];
  /** Matches names of current and future regions. */
  readonly pattern: RegExp;
  readonly regions: readonly string[];
}

export const partitions: readonly Partition[] = [
  {
    id: "aws",
    dnsSuffix: "amazonaws.com",
    dualstackSuffix: "api.aws",
    defaultRegion: "us-east-1",
    webSuffix: "aws.amazon.com",
    globalSignIn: ["signin"],
    pattern: /^(?:us|eu|ap|sa|ca|me|af|il|mx)-[a-z0-9]+-[0-9]+$/,
    regions: [
      ...["us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "ca-west-1"],
      ...["eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2"],
      ...["eu-west-1", "eu-west-2", "eu-west-3", "il-central-1", "me-central-1", "me-south-1"],
      ...["me-west-1", "af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2"],
      ...["ap-northeast-3", "ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2"],
      ...["ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6"],
      ...["ap-southeast-7", "mx-central-1", "sa-east-1", "sa-west-1"],
    ],
  },
  {
    id: "aws-us-gov",
    dnsSuffix: "amazonaws.com",
    dualstackSuffix: "api.aws",
    defaultRegion: "us-gov-west-1",
    webSuffix: "amazonaws-us-gov.com",
    globalSignIn: ["signin", "signin-fips"],
    pattern: /^us-gov-[a-z0-9]+-[0-9]+$/,
    regions: ["us-gov-east-1", "us-gov-west-1"],
  },
  {
    id: "aws-cn",
    dnsSuffix: "amazonaws.com.cn",
    dualstackSuffix: "api.amazonwebservices.com.cn",
    defaultRegion: "cn-north-1",
    webSuffix: "amazonaws.cn",
    globalSignIn: ["signin"],
    pattern: /^cn-[a-z0-9]+-[0-9]+$/,
    regions: ["cn-north-1", "cn-northwest-1"],
  },
  {
    id: "aws-eusc",
    dnsSuffix: "amazonaws.eu",
    dualstackSuffix: "api.amazonwebservices.eu",
    defaultRegion: "eusc-de-east-1",
    webSuffix: "amazonaws-eusc.eu",
    pattern: /^eusc-[a-z]{2}-[a-z0-9]+-[0-9]+$/,
    regions: ["eusc-de-east-1"],
  },
  {
    id: "aws-iso",
    dnsSuffix: "c2s.ic.gov",
    dualstackSuffix: "api.aws.ic.gov",
    defaultRegion: "us-iso-east-1",
    webSuffix: "c2shome.ic.gov",
    pattern: /^us-iso-[a-z0-9]+-[0-9]+$/,
    regions: ["us-iso-east-1", "us-iso-west-1"],
  },
  {
    id: "aws-iso-b",
    dnsSuffix: "sc2s.sgov.gov",
    dualstackSuffix: "api.aws.scloud",
    defaultRegion: "us-isob-east-1",
    webSuffix: "sc2shome.sgov.gov",
    pattern: /^us-isob-[a-z0-9]+-[0-9]+$/,
    regions: ["us-isob-east-1", "us-isob-west-1"],
  },
  {
    id: "aws-iso-e",
    dnsSuffix: "cloud.adc-e.uk",
    dualstackSuffix: "api.cloud-aws.adc-e.uk",
    defaultRegion: "eu-isoe-west-1",
    webSuffix: "csphome.adc-e.uk",
    pattern: /^eu-isoe-[a-z0-9]+-[0-9]+$/,
    regions: ["eu-isoe-west-1"],
  },
  {
    id: "aws-iso-f",
    dnsSuffix: "csp.hci.ic.gov",
    dualstackSuffix: "api.aws.hci.ic.gov",
    defaultRegion: "us-isof-south-1",
    webSuffix: "csphome.hci.ic.gov",
    pattern: /^us-isof-[a-z0-9]+-[0-9]+$/,
    regions: ["us-isof-east-1", "us-isof-south-1"],
  },
];

/**
 * Regions with a FIPS 140 endpoint for STS, and its host; in GovCloud it is the standard endpoint. For
 * other regions SDKs build a host name that does not resolve, so athm rejects those first.
 * https://docs.aws.amazon.com/general/latest/gr/sts.html
 */
export const fipsStsHosts: ReadonlyMap<string, string> = new Map([
  ["us-east-1", "sts-fips.us-east-1.amazonaws.com"],
  ["us-east-2", "sts-fips.us-east-2.amazonaws.com"],
  ["us-west-1", "sts-fips.us-west-1.amazonaws.com"],
  ["us-west-2", "sts-fips.us-west-2.amazonaws.com"],
  ["us-gov-east-1", "sts.us-gov-east-1.amazonaws.com"],
  ["us-gov-west-1", "sts.us-gov-west-1.amazonaws.com"],
]);

export const knownRegions: readonly string[] = partitions.flatMap((partition) => partition.regions);

export function partitionById(id: string): Partition | undefined {
  return partitions.find((partition) => partition.id === id);
}

export function findRegionPartition(region: string): Partition | undefined {
  // Region names are much shorter, and the name becomes a label of a host name.
  if (region.length > 32) return undefined;
  return partitions.find((partition) => partition.pattern.test(region));
}

/** The middle part of every current region name. */
const compass = /-(?:central|(?:north|south)?(?:east|west)|north|south)-/;

/**
 * Accepts unknown names of the right form, since AWS adds regions more often than athm is released,
 * but rejects misspellings of a known name (`us-esat-1`), whose host would not resolve.
 * @throws {Failure} `usage`, suggesting the closest known name
 */
export function regionPartition(region: string, option = "--region"): Partition {
  const partition = findRegionPartition(region);
  const short = region.slice(0, 40);
  const meant = suggestion(short, knownRegions);
  if (partition && (compass.test(region) || meant === "")) return partition;
  throw usage(
    `${option}: ${JSON.stringify(short)} is not an AWS region${meant}`,
    "a region looks like us-east-1, eu-central-1 or us-gov-west-1",
  );
}
