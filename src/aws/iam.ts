// Import named operations only: the rest of IAM's 180 stay out of the bundle, 29 KiB instead of 121.
import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  IAMClient,
  IAMServiceException,
  ListAccessKeysCommand,
  UpdateAccessKeyCommand,
} from "@aws-sdk/client-iam";
import type { Credentials } from "../model/credentials.ts";
import type { StsEndpoint } from "../model/endpoint.ts";
import { Failure } from "../model/failure.ts";
import { defined } from "../model/fields.ts";
import { areVisible } from "./issued.ts";
import { Secret } from "../model/secret.ts";
import type { Http } from "../system/http.ts";
import { newTransport, requestTimeout, type SdkTransport } from "./transport.ts";
import { explainBroken, explainRefusal } from "./explain.ts";
import { waitBefore } from "./retry.ts";
import { fixedSettings, onAwsTime } from "./sdk_settings.ts";
import { codeOf, secretsIn, type StsSystem } from "./sts_call.ts";

export interface AccessKey {
  readonly accessKeyId: string;
  readonly active: boolean;
  /** Milliseconds since 1970. */
  readonly created: number | undefined;
}

export interface Iam {
  /** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html */
  listAccessKeys(): Promise<readonly AccessKey[]>;
  /**
   * Creates a key. Retries only after a response that says that no key was created: a key whose
   * response was lost would exist forever.
   * https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html
   */
  createAccessKey(): Promise<Credentials>;
  /** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccessKey.html */
  deleteAccessKey(accessKeyId: string): Promise<void>;
  /** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html */
  deactivateAccessKey(accessKeyId: string): Promise<void>;
}

export interface IamConnection {
  readonly system: StsSystem;
  readonly http: Http;
  readonly endpoint: StsEndpoint;
  readonly credentials: Credentials;
  /** The user's name; absent for the account's root user. */
  readonly userName: string | undefined;
  /** Milliseconds that AWS's clock is ahead. */
  readonly skew: number;
}

/** @throws {Failure} every call: `aws`, `aws-passing`, `network` or `tls` */
export function connectIam(connection: IamConnection): Iam {
  const { userName } = connection;
  const user = defined({ UserName: userName });
  const call = <Output>(
    action: string,
    send: (client: IAMClient) => Promise<Output>,
    once = false,
  ) => callIam(connection, action, send, once);

  return {
    listAccessKeys: async () => {
      const { output, broken } = await call(
        "ListAccessKeys",
        (client) => client.send(new ListAccessKeysCommand(user)),
      );
      return (output.AccessKeyMetadata ?? []).map(({ AccessKeyId, Status, CreateDate }) => {
        if (!AccessKeyId) throw broken();
        const created = CreateDate?.getTime();
        return { accessKeyId: AccessKeyId, active: Status === "Active", created };
      });
    },
    createAccessKey: async () => {
      const { output, broken } = await call(
        "CreateAccessKey",
        (client) => client.send(new CreateAccessKeyCommand(user)),
        true,
      );
      const { AccessKeyId, SecretAccessKey } = output.AccessKey ?? {};
      if (!AccessKeyId || !SecretAccessKey) throw broken();
      if (!areVisible([AccessKeyId, SecretAccessKey])) throw broken();
      return { accessKeyId: AccessKeyId, secretAccessKey: new Secret(SecretAccessKey) };
    },
    deleteAccessKey: async (accessKeyId) => {
      await call(
        "DeleteAccessKey",
        (client) => client.send(new DeleteAccessKeyCommand({ ...user, AccessKeyId: accessKeyId })),
      );
    },
    deactivateAccessKey: async (accessKeyId) => {
      await call("UpdateAccessKey", (client) => {
        const input = { ...user, AccessKeyId: accessKeyId, Status: "Inactive" as const };
        return client.send(new UpdateAccessKeyCommand(input));
      });
    },
  };
}

async function callIam<Output>(
  connection: IamConnection,
  action: string,
  send: (client: IAMClient) => Promise<Output>,
  once: boolean,
) {
  const { system, http, endpoint, credentials, skew } = connection;
  const { host } = new URL(endpoint.url);
  for (let attempt = 1;; attempt++) {
    const transport = newTransport(system, http, requestTimeout, "IAM");
    const now = () => system.now() + skew;
    const settings = fixedSettings({ endpoint, credentials, transport });
    const client = onAwsTime(new IAMClient(settings), now);
    const begun = system.monotonic();
    const broken = () => explainBroken(host, action, transport.seen.requestId);
    const trace = (result: string) => {
      const { status, requestId } = transport.seen;
      const ms = Math.round(system.monotonic() - begun);
      system.trace("iam", { action, host, attempt, result, status, request: requestId, ms });
    };
    try {
      const output = await send(client);
      trace("done");
      return { output, broken };
    } catch (error) {
      const { seen } = transport;
      const refused = error instanceof IAMServiceException ? error : undefined;
      if (!seen.failure && !refused && seen.status === undefined) throw error;
      const failure = seen.failure ??
        (refused ? explained(connection, action, refused, seen) : broken());
      trace(failure.code);
      const said = refused && seen.status !== undefined && seen.status < 500;
      const silent = seen.timedOut ?? false;
      const stranger = !refused && seen.status !== undefined;
      const trouble = { failure, retryAfter: seen.retryAfter, silent, stranger };
      const wait = once && !said ? undefined : waitBefore(trouble, attempt, system);
      if (wait === undefined) throw failure;
      await system.sleep(wait);
    } finally {
      client.destroy();
    }
  }
}

function explained(
  { endpoint, credentials, skew }: IamConnection,
  action: string,
  error: IAMServiceException,
  { status = 0, requestId }: SdkTransport["seen"],
) {
  const failure = explainRefusal({
    host: new URL(endpoint.url).host,
    action,
    status,
    code: codeOf(error),
    message: error.message,
    requestId,
    region: endpoint.signingRegion,
    temporary: credentials.sessionToken !== undefined,
    skew,
    secrets: secretsIn(credentials),
  });
  if (failure.hint !== undefined || status !== 403) return failure;
  return new Failure(
    failure.code,
    failure.message,
    "the user's policies must allow iam:ListAccessKeys, iam:CreateAccessKey and " +
      "iam:DeleteAccessKey (iam:UpdateAccessKey with --keep-old); if they require MFA, " +
      "the profile requires --mfa-serial",
  );
}
