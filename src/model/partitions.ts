import { usage } from "./failure.ts";
import { suggestion } from "./names.ts";

/**
 * One of AWS's separate worlds: an account, its keys and its roles belong to exactly one.
 * Data: botocore's `partitions.json` and `endpoints.json` of 7 August 2026.
 */
export interface Partition {
  /** As ARNs have it: `aws`, `aws-us-gov`, … */
  readonly id: string;
  readonly dnsSuffix: string;
  readonly dualstackSuffix: string;
  /** What is asked where nobody named a region. */
  readonly defaultRegion: string;
  /** `console.` and `signin.` in front of it are the partition's web hosts, where they are public. */
  readonly webSuffix?: string;
  /** What names of its regions look like, those of tomorrow included. */
  readonly pattern: RegExp;
  /** Names that are known today, for suggestions. */
  readonly regions: readonly string[];
}

/** All partitions; the first is the one of nearly everybody. */
export const partitions: readonly Partition[] = [
  {
    id: "aws",
    dnsSuffix: "amazonaws.com",
    dualstackSuffix: "api.aws",
    defaultRegion: "us-east-1",
    webSuffix: "aws.amazon.com",
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
    pattern: /^us-gov-[a-z0-9]+-[0-9]+$/,
    regions: ["us-gov-east-1", "us-gov-west-1"],
  },
  {
    id: "aws-cn",
    dnsSuffix: "amazonaws.com.cn",
    dualstackSuffix: "api.amazonwebservices.com.cn",
    defaultRegion: "cn-north-1",
    webSuffix: "amazonaws.cn",
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
    pattern: /^us-iso-[a-z0-9]+-[0-9]+$/,
    regions: ["us-iso-east-1", "us-iso-west-1"],
  },
  {
    id: "aws-iso-b",
    dnsSuffix: "sc2s.sgov.gov",
    dualstackSuffix: "api.aws.scloud",
    defaultRegion: "us-isob-east-1",
    pattern: /^us-isob-[a-z0-9]+-[0-9]+$/,
    regions: ["us-isob-east-1", "us-isob-west-1"],
  },
  {
    id: "aws-iso-e",
    dnsSuffix: "cloud.adc-e.uk",
    dualstackSuffix: "api.cloud-aws.adc-e.uk",
    defaultRegion: "eu-isoe-west-1",
    pattern: /^eu-isoe-[a-z0-9]+-[0-9]+$/,
    regions: ["eu-isoe-west-1"],
  },
  {
    id: "aws-iso-f",
    dnsSuffix: "csp.hci.ic.gov",
    dualstackSuffix: "api.aws.hci.ic.gov",
    defaultRegion: "us-isof-south-1",
    pattern: /^us-isof-[a-z0-9]+-[0-9]+$/,
    regions: ["us-isof-east-1", "us-isof-south-1"],
  },
];

/**
 * Regions whose STS has a FIPS 140 endpoint, and its host. GovCloud's is the normal one. For every
 * other region the SDKs make up a name that does not resolve, so athm says no before that.
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

/** Every region that is known by name. */
export const knownRegions: readonly string[] = partitions.flatMap((partition) => partition.regions);

/** The partition with this ARN id, if there is one. */
export function partitionById(id: string): Partition | undefined {
  return partitions.find((partition) => partition.id === id);
}

/** The partition whose regions are named like `region`, if there is one. */
export function findRegionPartition(region: string): Partition | undefined {
  // No region's name is near this length, and the name becomes a label of a host name.
  if (region.length > 32) return undefined;
  return partitions.find((partition) => partition.pattern.test(region));
}

/** The middle of every region's name so far. */
const compass = /-(?:central|(?:north|south)?(?:east|west)|north|south)-/;

/**
 * The partition of a region. A name of the right form is accepted though it is not known, since
 * regions are opened more often than athm is released; unless it is a known one's misspelling
 * (`us-esat-1`), which ends in a host that nobody can find.
 *
 * @param option where the name was given, for the message
 * @throws {Failure} `usage`, with the nearest known name, when no partition names regions like that
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
