import { rfc3339, type Session } from "../model/credentials.ts";
import type { Format } from "./format.ts";

/**
 * Always has `Expiration`: without it SDKs treat the keys as permanent and never refresh them.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 */
export function processDocument(session: Session): string {
  return JSON.stringify({
    Version: 1,
    AccessKeyId: session.accessKeyId,
    SecretAccessKey: session.secretAccessKey.reveal(),
    SessionToken: session.sessionToken.reveal(),
    Expiration: rfc3339(session.expires),
    AccountId: session.account,
  }) + "\n";
}

export const json: Format = {
  name: "json",
  help: "the credential_process document",
  print: ({ session }) => processDocument(session),
  remove: { why: "a JSON document sets no variables" },
};
