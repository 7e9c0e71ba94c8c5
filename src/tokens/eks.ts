import { presigned } from "../aws/sigv4.ts";
import { rfc3339 } from "../model/credentials.ts";
import { usage } from "../model/failure.ts";
import { isJsonObject } from "../model/fields.ts";
import type { System } from "../system/system.ts";
import { awsNow, type OwnSession, publicSts } from "./place.ts";

/** Seconds in the presigned URL. */
const urlLife = 60;

/** Milliseconds: EKS accepts a token for 15 minutes, and clients should renew it before. */
const tokenLife = 14 * 60_000;

/** Versions of `ExecCredential`, the default first. */
const versions = ["v1", "v1beta1", "v1alpha1"].map((each) =>
  `client.authentication.k8s.io/${each}`
);

/** @throws {Failure} `usage` */
export function checkCluster(cluster: string): string {
  if (/^[0-9A-Za-z][0-9A-Za-z_-]{0,99}$/.test(cluster)) return cluster;
  throw usage(
    `${JSON.stringify(cluster.slice(0, 80))} is not the name of an EKS cluster`,
    "use the name, not the ARN: up to 100 letters, digits, hyphens and underscores",
  );
}

/**
 * The `ExecCredential` by which Kubernetes clients sign in to a cluster, made offline.
 *
 * @param info the content of `KUBERNETES_EXEC_INFO`
 * @see https://kubernetes.io/docs/reference/config-api/client-authentication.v1/
 */
export async function execCredential(
  system: System,
  { profile, session }: OwnSession,
  { cluster, region, info }: {
    readonly cluster: string;
    readonly region: string;
    readonly info?: string | undefined;
  },
): Promise<string> {
  const endpoint = publicSts(profile, region);
  const signing = {
    credentials: session,
    service: "sts",
    region: endpoint.signingRegion,
    at: awsNow(system, session),
  };
  const request = {
    method: "GET",
    url: `${endpoint.url}/?Action=GetCallerIdentity&Version=2011-06-15`,
    headers: { "x-k8s-aws-id": cluster },
  };
  const url = await presigned(signing, request, urlLife);
  const bytes = new TextEncoder().encode(url);
  const token = `k8s-aws-v1.${bytes.toBase64({ alphabet: "base64url", omitPadding: true })}`;
  const expires = Math.min(system.now() + tokenLife, session.expires);
  return JSON.stringify({
    kind: "ExecCredential",
    apiVersion: versionIn(info),
    spec: {},
    status: { expirationTimestamp: rfc3339(expires), token },
  }) + "\n";
}

/** The version that the client asks for: it rejects any other. */
function versionIn(info: string | undefined): string | undefined {
  let asked: unknown;
  try {
    asked = JSON.parse(info ?? "{}");
  } catch {
    // A broken client gets the default, as from the AWS CLI.
  }
  const version = isJsonObject(asked) ? asked.apiVersion : undefined;
  return versions.find((each) => each === version) ?? versions[0];
}
