import { percentEncoded, presigned, unsignedPayload } from "../aws/sigv4.ts";
import { usage } from "../model/failure.ts";
import type { System } from "../system/system.ts";
import { endpointFor } from "./ask.ts";
import { awsNow, type OwnSession } from "./place.ts";

export interface S3Object {
  readonly bucket: string;
  readonly key: string;
}

/** @throws {Failure} `usage` */
export function parseS3Url(text: string): S3Object {
  const [, bucket, key] = /^s3:\/\/([^/]*)\/(.+)$/s.exec(text) ?? [];
  if (bucket === undefined || key === undefined) {
    throw usage(
      `${JSON.stringify(text.slice(0, 80))} is not the URL of an S3 object`,
      "write s3://BUCKET/KEY",
    );
  }
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9._-]{1,253})[A-Za-z0-9]$/.test(bucket)) {
    throw usage(`${JSON.stringify(bucket.slice(0, 80))} is not the name of an S3 bucket`);
  }
  if (new TextEncoder().encode(key).length > 1024) {
    throw usage("an S3 key has at most 1,024 bytes");
  }
  if (key.split("/").some((each) => each === "." || each === "..")) {
    throw usage(
      "an S3 key with . or .. between slashes cannot be in a URL: clients would shorten it",
    );
  }
  return { bucket, key };
}

/**
 * A URL by which anyone may send one kind of request for an object, made offline.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ShareObjectPreSignedURL.html
 *
 * @param expires seconds
 */
export async function presignedObject(
  system: Pick<System, "env" | "now">,
  { profile, session }: OwnSession,
  { bucket, key }: S3Object,
  { method, region, expires }: {
    readonly method: string;
    readonly region: string;
    readonly expires: number;
  },
): Promise<string> {
  const endpoint = endpointFor(system, "s3", region, profile);
  const { host, hostname, pathname, protocol } = new URL(endpoint.url);
  // A certificate covers one label, and other stores may not resolve buckets as host names.
  const isAws = /(^|\.)s3(-fips)?\./.test(hostname);
  const isHost = isAws && /^[a-z0-9-]{3,63}$/.test(bucket);
  const base = pathname.replace(/\/+$/, "");
  const start = isHost ? `${bucket}.${host}${base}` : `${host}${base}/${bucket}`;
  const url = `${protocol}//${start}/${key.split("/").map(percentEncoded).join("/")}`;
  const signing = {
    credentials: session,
    service: "s3",
    region: endpoint.signingRegion,
    at: awsNow(system, session),
  };
  return await presigned(signing, { method, url }, expires, unsignedPayload);
}
