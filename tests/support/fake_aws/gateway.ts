/**
 * The STS of an object store: only some operations; Ceph's returns errors in S3's form.
 *
 * https://docs.ceph.com/en/latest/radosgw/STS/
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 *
 * @module
 */

import { AwsError, type Reply, xml } from "./answers.ts";
import type { Gateway, World } from "./service.ts";

/** S3's codes for STS's, with the status; other codes are unchanged. */
const codes: Readonly<Record<string, readonly [status: number, code: string]>> = {
  InvalidClientTokenId: [403, "InvalidAccessKeyId"],
  ExpiredToken: [400, "ExpiredToken"],
};

/** Rejects an operation that it lacks, and a role that does not exist. */
export function checkGateway(
  { without, minio }: Gateway,
  { accounts }: World,
  { action, params }: {
    readonly action: string;
    readonly params: Readonly<Record<string, string>>;
  },
): void {
  if (minio && without.includes(action)) {
    throw new AwsError(400, "InvalidParameterValue", `Unsupported action ${action}`);
  }
  if (without.includes(action)) {
    throw new AwsError(
      405,
      "MethodNotAllowed",
      "The specified method is not allowed against this resource.",
    );
  }
  // Unlike AWS, it says whether a role exists.
  if (!minio && action === "AssumeRole" && !accounts.roles.has(params["RoleArn"] ?? "")) {
    throw new AwsError(404, "NoSuchEntity", "");
  }
}

/** `<Error>` as the root, and the request's id in its header. */
export function answerS3Error(error: AwsError, { requestId, now }: Reply): Response {
  const [status, code] = codes[error.code] ?? [error.status, error.code];
  const message = code === "AccessDenied" ? "" : error.message;
  const content = { Code: code, Message: message, RequestId: requestId, HostId: "fake-default" };
  return new Response(`<?xml version="1.0" encoding="UTF-8"?>${xml({ Error: content })}`, {
    status,
    headers: {
      "content-type": "application/xml",
      "date": new Date(now).toUTCString(),
      "x-amz-request-id": requestId,
    },
  });
}
