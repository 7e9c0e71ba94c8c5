import { parseEndpointUrl, type StsEndpoint } from "./endpoint.ts";
import { usage } from "./failure.ts";
import { regionPartition } from "./partitions.ts";
import type { NetworkSettings } from "./profile.ts";

/** The services from which athm gets other credentials. */
export type TokenService = "codeartifact" | "ecr" | "ecr-public" | "eks" | "s3";

interface Place {
  /** For messages. */
  readonly title: string;
  /** What comes before the region, and before it with FIPS or dual-stack. */
  readonly standard: string;
  readonly fips?: string;
  readonly dualstack?: string;
  readonly both?: string;
  /** The suffix of dual-stack hosts is the partition's usual one. */
  readonly plainSuffix?: true;
  /** Regions with a FIPS endpoint; GovCloud's may be the standard one. */
  readonly fipsRegions: readonly string[];
  /** The only region that has the service. */
  readonly onlyIn?: string;
}

const gov = ["us-gov-east-1", "us-gov-west-1"];
const us = ["us-east-1", "us-east-2", "us-west-1", "us-west-2"];

/** By the endpoint rules and the list of endpoints of AWS's SDKs. */
const places: Readonly<Record<TokenService, Place>> = {
  "eks": {
    title: "EKS",
    standard: "eks",
    fips: "fips.eks",
    dualstack: "eks",
    both: "eks-fips",
    fipsRegions: [...us, ...gov],
  },
  "ecr": {
    title: "ECR",
    standard: "api.ecr",
    fips: "ecr-fips",
    dualstack: "ecr",
    both: "ecr-fips",
    fipsRegions: [...us, ...gov],
  },
  "ecr-public": {
    title: "ECR Public",
    standard: "api.ecr-public",
    dualstack: "ecr-public",
    fipsRegions: [],
    onlyIn: "us-east-1",
  },
  "codeartifact": {
    title: "CodeArtifact",
    standard: "codeartifact",
    dualstack: "codeartifact",
    fipsRegions: [],
  },
  "s3": {
    title: "S3",
    standard: "s3",
    fips: "s3-fips",
    dualstack: "s3.dualstack",
    both: "s3-fips.dualstack",
    plainSuffix: true,
    fipsRegions: [
      ...[...us, ...gov, "ca-central-1", "ca-west-1"],
      ...["us-iso-east-1", "us-iso-west-1", "us-isob-east-1"],
    ],
  },
};

/** The variable that sets a service's endpoint, in AWS's SDKs too. */
export function endpointVariable(service: TokenService): string {
  return `AWS_ENDPOINT_URL_${service.toUpperCase().replaceAll("-", "_")}`;
}

/**
 * @param url the value of {@link endpointVariable}, which overrides the rest
 * @throws {Failure} `usage`
 */
export function serviceEndpoint(
  service: TokenService,
  region: string,
  { fips, dualstack }: Pick<NetworkSettings, "fips" | "dualstack">,
  url?: string,
): StsEndpoint {
  const place = places[service];
  const { id, dnsSuffix, dualstackSuffix } = regionPartition(region);
  const signingRegion = place.onlyIn ?? region;
  if (url !== undefined) {
    const { href } = parseEndpointUrl(url, endpointVariable(service));
    return { url: href.replace(/\/+$/, ""), signingRegion };
  }
  if (place.onlyIn !== undefined && id !== "aws") {
    throw usage(`${place.title} exists only in partition aws, and ${region} is in ${id}`);
  }
  if (fips && !place.fipsRegions.includes(signingRegion)) {
    throw usage(
      `--fips: ${place.title} has no FIPS endpoint in ${signingRegion}`,
      place.fipsRegions.length
        ? `regions with a FIPS endpoint: ${place.fipsRegions.join(", ")}`
        : "use a profile without --fips",
    );
  }
  const isStandardFips = service === "eks" && gov.includes(region) && !dualstack;
  const name = fips && !isStandardFips
    ? dualstack ? place.both : place.fips
    : dualstack
    ? place.dualstack
    : place.standard;
  const suffix = dualstack && !place.plainSuffix ? dualstackSuffix : dnsSuffix;
  return { url: `https://${name}.${signingRegion}.${suffix}`, signingRegion };
}
