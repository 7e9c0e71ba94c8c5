import { parseArn } from "../model/arn.ts";
import { Failure } from "../model/failure.ts";
import { isJsonObject } from "../model/fields.ts";
import { percentEncoded } from "../aws/sigv4.ts";
import type { System } from "../system/system.ts";
import { ask, endpointFor } from "./ask.ts";
import type { OwnSession } from "./place.ts";

/** How to reach a cluster. */
export interface Cluster {
  readonly arn: string;
  readonly server: string;
  /** PEM in base64. */
  readonly authority: string;
  /** What its tokens name: its name, or the ID of a local cluster on an Outpost. */
  readonly id: string;
}

/** @see https://docs.aws.amazon.com/eks/latest/APIReference/API_DescribeCluster.html */
export async function describedCluster(
  system: System,
  origin: OwnSession,
  name: string,
  region: string,
): Promise<Cluster> {
  const endpoint = endpointFor(system, "eks", region, origin.profile);
  const { cluster } = await ask(system, origin, endpoint, {
    service: "eks",
    action: "DescribeCluster",
    method: "GET",
    path: `/clusters/${percentEncoded(name)}`,
  });
  const { host } = new URL(endpoint.url);
  const fields = isJsonObject(cluster) ? cluster : {};
  const authority = isJsonObject(fields.certificateAuthority) ? fields.certificateAuthority : {};
  const { arn, endpoint: server, status, outpostConfig, id } = fields;
  if (typeof status === "string" && !["ACTIVE", "UPDATING"].includes(status)) {
    const word = /^[A-Z_]{1,20}$/.test(status) ? status.toLowerCase() : "not active";
    throw new Failure("aws", `the cluster ${name} cannot be used yet: it is ${word}`);
  }
  const own = isJsonObject(outpostConfig) && typeof id === "string" ? id : name;
  const isWhole = typeof arn === "string" && typeof server === "string" &&
    typeof authority.data === "string" && /^[0-9A-Za-z+/=]{1,65536}$/.test(authority.data) &&
    /^https:\/\/[\x21-\x7e]{1,500}$/.test(server) && /^[0-9A-Za-z_-]{1,100}$/.test(own);
  if (!isWhole || !isClusterArn(arn)) {
    throw new Failure(
      "network",
      `${host} returned an incomplete response to DescribeCluster`,
      "check that AWS_ENDPOINT_URL_EKS is the URL of EKS",
    );
  }
  return { arn, server, authority: authority.data as string, id: own };
}

function isClusterArn(text: string): boolean {
  if (!/^arn:[\w:/.-]{1,300}$/.test(text)) return false;
  return parseArn(text, "the cluster's ARN").service === "eks";
}
