import { defined } from "../model/fields.ts";
import type { STSClient } from "@aws-sdk/client-sts";
import { accountOf } from "../model/arn.ts";
import type { Credentials, Session } from "../model/credentials.ts";
import type { StsEndpoint } from "../model/endpoint.ts";
import type { Tag } from "../model/profile.ts";
import type { Http } from "../system/http.ts";
import { requestTimeout } from "./transport.ts";
import { explainBroken } from "./explain.ts";
import { areVisible, issuedSession } from "./issued.ts";
import { type Call, callSts, type Sdk, type StsSystem } from "./sts_call.ts";
import type { Secret } from "../model/secret.ts";

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
  /** Milliseconds that AWS's clock was ahead at the last response; 0 below 10 seconds. */
  readonly skew: number;
}

export interface CallerIdentity {
  readonly arn: string;
  readonly account: string;
  readonly userId: string;
  readonly requestId?: string;
}

export interface SessionTokenRequest {
  /** Seconds; AWS's default is 12 hours. */
  readonly duration?: number;
  readonly mfaSerial?: string;
  readonly mfaCode?: string;
}

interface SessionPolicies {
  readonly policy?: string;
  readonly policyArns?: readonly string[];
}

/** The default duration is 1 hour, as for each role below. */
export interface AssumeRoleRequest extends SessionTokenRequest, SessionPolicies {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly externalId?: string;
  readonly sourceIdentity?: string;
  readonly tags?: readonly Tag[];
  readonly transitiveTags?: readonly string[];
}

/** Without tags and external id, which only the token can contain. */
export interface WebIdentityRequest extends SessionPolicies {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly token: Secret;
  /** The token's subject, to explain a refusal. */
  readonly subject?: string;
  /** Seconds. */
  readonly duration?: number;
}

export interface AssumeRoleWithSamlRequest extends SessionPolicies {
  readonly roleArn: string;
  /** The ARN of the identity provider in IAM. */
  readonly providerArn: string;
  /** The SAML response in base64, as the provider posts it to AWS. */
  readonly assertion: Secret;
  /** Seconds. */
  readonly duration?: number;
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

    getSessionToken: async (credentials, request = {}) => {
      const answer = await call(
        "GetSessionToken",
        credentials,
        (client, sdk) => client.send(new sdk.GetSessionTokenCommand(commonInput(request))),
        secretsOf(request),
      );
      return issued("GetSessionToken", answer);
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

/** A code stays valid for a while: keep it out of messages. */
function secretsOf(request: SessionTokenRequest): { secrets?: readonly string[] } {
  return request.mfaCode === undefined ? {} : { secrets: [request.mfaCode] };
}

function commonInput({ duration, mfaSerial, mfaCode }: SessionTokenRequest) {
  return defined({ DurationSeconds: duration, SerialNumber: mfaSerial, TokenCode: mfaCode });
}

/** An empty list is sent as an empty parameter, which differs from none. */
function unlessEmpty<T>(list: T[]): T[] | undefined {
  return list.length > 0 ? list : undefined;
}

function policyInput({ policy, policyArns = [] }: SessionPolicies) {
  return defined({ Policy: policy, PolicyArns: unlessEmpty(policyArns.map((arn) => ({ arn }))) });
}

function assumeRoleInput(request: AssumeRoleRequest) {
  const { tags = [], transitiveTags = [] } = request;
  return defined({
    RoleArn: request.roleArn,
    RoleSessionName: request.sessionName,
    ...commonInput(request),
    ExternalId: request.externalId,
    SourceIdentity: request.sourceIdentity,
    ...policyInput(request),
    Tags: unlessEmpty(tags.map(({ key, value }) => ({ Key: key, Value: value }))),
    TransitiveTagKeys: unlessEmpty([...transitiveTags]),
  });
}

function webIdentityInput(request: WebIdentityRequest) {
  return defined({
    RoleArn: request.roleArn,
    RoleSessionName: request.sessionName,
    WebIdentityToken: request.token.reveal(),
    DurationSeconds: request.duration,
    ...policyInput(request),
  });
}

function samlInput(request: AssumeRoleWithSamlRequest) {
  return defined({
    RoleArn: request.roleArn,
    PrincipalArn: request.providerArn,
    SAMLAssertion: request.assertion.reveal(),
    DurationSeconds: request.duration,
    ...policyInput(request),
  });
}
