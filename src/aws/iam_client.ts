// Load lazily. Named imports keep the rest of IAM's 180 operations out of the bundle: 29 KiB
// instead of 121.
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

/** An SDK client for one attempt, with every setting given. */
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
