import { defined } from "../model/fields.ts";
import type { STSClient } from "@aws-sdk/client-sts";
import { accountOf } from "../model/arn.ts";
import type { Credentials, Session } from "../model/credentials.ts";
import type { StsEndpoint } from "../model/endpoint.ts";
import type { Http } from "../system/http.ts";
import { requestTimeout } from "./transport.ts";
import { explainBroken } from "./explain.ts";
import { areVisible, issuedSession } from "./issued.ts";
import { type Call, callSts, type Sdk, type StsSystem } from "./sts_call.ts";
import { Secret } from "../model/secret.ts";
import {
  assumeRoleInput,
  type AssumeRoleRequest,
  type AssumeRoleWithSamlRequest,
  commonInput,
  federationInput,
  type FederationRequest,
  samlInput,
  secretsOf,
  type SessionTokenRequest,
  webIdentityInput,
  type WebIdentityRequest,
  webTokenInput,
  type WebTokenRequest,
} from "./sts_requests.ts";

export type { StsEndpoint, StsSystem };

export interface Sts {
  /**
   * The credentials' identity. Allowed for every key, regardless of policies.
   * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
   *
   * @throws {Failure} `aws`, `aws-passing`, `network` or `tls`, as all calls here
   */
  getCallerIdentity(credentials: Credentials): Promise<CallerIdentity>;
  /** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html */
  getSessionToken(credentials: Credentials, request?: SessionTokenRequest): Promise<Issued>;
  /** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
  assumeRole(credentials: Credentials, request: AssumeRoleRequest): Promise<Issued>;
  /** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
  assumeRoleWithWebIdentity(request: WebIdentityRequest): Promise<Issued>;
  /**
   * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html
   *
   * @throws {Failure} `aws-proof` for the assertion, `aws-too-long` if the role's limit is shorter
   */
  assumeRoleWithSaml(request: AssumeRoleWithSamlRequest): Promise<Issued>;
  /**
   * The session of a federated user: what both the user and the policies allow, with no IAM, and of
   * STS only GetCallerIdentity.
   */
  getFederationToken(credentials: Credentials, request: FederationRequest): Promise<Issued>;
  /**
   * A token by which other services verify these credentials' identity.
   * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html
   */
  getWebIdentityToken(credentials: Credentials, request: WebTokenRequest): Promise<WebToken>;
  /** Milliseconds that AWS's clock was ahead at the last response; 0 below 10 seconds. */
  readonly skew: number;
}

export interface CallerIdentity {
  readonly arn: string;
  readonly account: string;
  readonly userId: string;
  readonly requestId?: string;
}

export interface WebToken {
  readonly token: Secret;
  /** Milliseconds since 1970 on this machine's clock. */
  readonly expires: number;
}

export interface Issued {
  /** With times on this machine's clock. */
  readonly session: Session;
  readonly requestId?: string;
  /** How full the session token is: percent of AWS's 4,096 bytes. */
  readonly tokenUtilization?: number;
}

/** Milliseconds: 36 hours, STS's maximum. */
const longestLife = 36 * 3600_000;

/**
 * Opens no connection and loads no SDK before the first call. Retries throttling, server and network
 * errors up to 4 attempts, and a clock error once more on AWS's time.
 */
export function connectSts(
  system: StsSystem,
  http: Http,
  endpoint: StsEndpoint,
  timeout = requestTimeout,
): Sts {
  const clock = { skew: 0 };
  const host = new URL(endpoint.url).host;
  const connection = { system, http, endpoint, timeout, clock };
  const call = <Output>(
    action: string,
    credentials: Credentials | undefined,
    send: (client: STSClient, sdk: Sdk) => Promise<Output>,
    about: Pick<Call<Output>, "roleArn" | "subject" | "secrets"> = {},
  ) => callSts(connection, { action, credentials, send, ...about });

  return {
    get skew() {
      return clock.skew;
    },

    getCallerIdentity: async (credentials) => {
      const { output, requestId } = await call(
        "GetCallerIdentity",
        credentials,
        (client, sdk) => client.send(new sdk.GetCallerIdentityCommand({})),
      );
      const { Arn: arn, Account: account, UserId: userId } = output;
      if (!arn || !account || !userId || !areVisible([arn, account, userId])) {
        throw explainBroken(host, "GetCallerIdentity", requestId);
      }
      return defined({ arn, account, userId, requestId });
    },

    getWebIdentityToken: async (credentials, request) => {
      const action = "GetWebIdentityToken";
      const { output, requestId } = await call(
        action,
        credentials,
        (client, sdk) => client.send(new sdk.GetWebIdentityTokenCommand(webTokenInput(request))),
      );
      const { WebIdentityToken: token, Expiration: expiration } = output;
      const expires = (expiration?.getTime() ?? NaN) - clock.skew;
      if (!token || !areVisible([token]) || !Number.isFinite(expires)) {
        throw explainBroken(host, action, requestId);
      }
      return { token: new Secret(token), expires };
    },

    getSessionToken: async (credentials, request = {}) => {
      const answer = await call(
        "GetSessionToken",
        credentials,
        (client, sdk) => client.send(new sdk.GetSessionTokenCommand(commonInput(request))),
        secretsOf(request),
      );
      return issued("GetSessionToken", answer);
    },

    getFederationToken: async (credentials, request) => {
      const action = "GetFederationToken";
      const answer = await call(
        action,
        credentials,
        (client, sdk) => client.send(new sdk.GetFederationTokenCommand(federationInput(request))),
      );
      const { FederatedUser: user, SessionTokenUtilization: tokenUtilization } = answer.output;
      return defined({ ...issued(action, answer, user?.Arn), tokenUtilization });
    },

    assumeRole: async (credentials, request) => {
      const answer = await call(
        "AssumeRole",
        credentials,
        (client, sdk) => client.send(new sdk.AssumeRoleCommand(assumeRoleInput(request))),
        { roleArn: request.roleArn, ...secretsOf(request) },
      );
      return issuedToRole("AssumeRole", answer);
    },

    assumeRoleWithWebIdentity: async (request) => {
      const action = "AssumeRoleWithWebIdentity";
      const { roleArn, token, subject } = request;
      const answer = await call(
        action,
        undefined,
        (client, sdk) =>
          client.send(new sdk.AssumeRoleWithWebIdentityCommand(webIdentityInput(request))),
        { roleArn, subject, secrets: [token.reveal()] },
      );
      return issuedToRole(action, answer);
    },

    assumeRoleWithSaml: async (request) => {
      const action = "AssumeRoleWithSAML";
      const { roleArn, assertion } = request;
      const answer = await call(
        action,
        undefined,
        (client, sdk) => client.send(new sdk.AssumeRoleWithSAMLCommand(samlInput(request))),
        { roleArn, secrets: [assertion.reveal()] },
      );
      return issuedToRole(action, answer);
    },
  };

  function issuedToRole(
    action: string,
    answer: { readonly output: ForRole; readonly requestId?: string | undefined },
  ): Issued {
    return defined({
      ...issued(action, answer, answer.output.AssumedRoleUser?.Arn),
      tokenUtilization: answer.output.SessionTokenUtilization,
    });
  }

  function issued(
    action: string,
    answer: { readonly output: WithCredentials; readonly requestId?: string | undefined },
    arn?: string,
  ): Issued {
    const { Credentials: given } = answer.output;
    const session = issuedSession(
      {
        accessKeyId: given?.AccessKeyId,
        secretAccessKey: given?.SecretAccessKey,
        sessionToken: given?.SessionToken,
        expiration: given?.Expiration?.getTime(),
      },
      { host, action, now: system.now(), skew: clock.skew, longestLife },
    );
    if (!session || (arn && !areVisible([arn]))) {
      throw explainBroken(host, action, answer.requestId);
    }
    const account = accountOf(arn ?? "");
    return defined({
      session: defined({ ...session, arn: arn || undefined, account }),
      requestId: answer.requestId || undefined,
    });
  }
}

interface WithCredentials {
  readonly Credentials?: {
    readonly AccessKeyId: string | undefined;
    readonly SecretAccessKey: string | undefined;
    readonly SessionToken: string | undefined;
    readonly Expiration: Date | undefined;
  } | undefined;
}

interface ForRole extends WithCredentials {
  readonly AssumedRoleUser?: { readonly Arn: string | undefined } | undefined;
  readonly SessionTokenUtilization?: number | undefined;
}
