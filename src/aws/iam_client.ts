// Loaded when a call is made and never before. Named imports keep the rest of IAM's 180 operations out
// of the bundle: 29 KiB instead of 121.
import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  IAMClient,
  IAMServiceException,
  ListAccessKeysCommand,
  UpdateAccessKeyCommand,
} from "@aws-sdk/client-iam";
import { fixedSettings, onAwsTime } from "./sdk_settings.ts";
import { type ClientSettings, toSdk } from "./sts_client.ts";

export {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  type IAMClient,
  IAMServiceException,
  ListAccessKeysCommand,
  UpdateAccessKeyCommand,
};

/** A client of the SDK for one attempt of one call, with nothing left for it to look up. */
export function makeIamClient(
  { endpoint, credentials, transport, now }: ClientSettings & {
    readonly credentials: NonNullable<ClientSettings["credentials"]>;
  },
): IAMClient {
  const client = new IAMClient({
    endpoint: endpoint.url,
    region: endpoint.signingRegion,
    credentials: toSdk(credentials),
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    ...fixedSettings(endpoint, transport),
  });
  return onAwsTime(client, now);
}
