import { defined } from "../model/defined.ts";
import type { STSClient } from "@aws-sdk/client-sts";
import { accountOf } from "../model/arn.ts";
import type { Credentials, Session } from "../model/credentials.ts";
import type { StsEndpoint } from "../model/endpoint.ts";
import type { Tag } from "../model/profile.ts";
import type { Http } from "../system/http.ts";
import { type AssumeRoleWithSamlRequest, callAssumeRoleWithSaml } from "./assume_role_with_saml.ts";
import { requestTimeout } from "./transport.ts";
import { explainBroken } from "./explain.ts";
import { issuedSession } from "./issued.ts";
import { type Call, callSts, type StsSystem } from "./sts_call.ts";
import type { Sdk } from "./sts_client.ts";
import type { Secret } from "../model/secret.ts";

export type { AssumeRoleWithSamlRequest, StsEndpoint, StsSystem };

/** AWS's Security Token Service at one endpoint. */
export interface Sts {
  /**
   * Who the credentials are. Every key may ask, whatever its policies.
   * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
   *
   * @throws {Failure} `aws`, `aws-passing`, `network` or `tls`, as all calls here
   */
  getCallerIdentity(credentials: Credentials): Promise<CallerIdentity>;
  /**
   * A session of an IAM user, from the user's own key.
   * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
   */
  getSessionToken(credentials: Credentials, request?: SessionTokenRequest): Promise<Issued>;
  /**
   * A session of a role.
   * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
   */
  assumeRole(credentials: Credentials, request: AssumeRoleRequest): Promise<Issued>;
  /**
   * A session of a role for who holds a token of an OpenID provider; not signed.
   * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
   */
  assumeRoleWithWebIdentity(request: WebIdentityRequest): Promise<Issued>;
  /**
   * A session of a role, for what an identity provider asserts; nobody signs it.
   * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html
   */
  assumeRoleWithSaml(request: AssumeRoleWithSamlRequest): Promise<Issued>;
  /**
   * Milliseconds that AWS's clock was ahead of this machine's at the last answer; 0 while the two
   * agree within 10 seconds, and before the first answer.
   */
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

export interface AssumeRoleRequest {
  readonly roleArn: string;
  readonly sessionName: string;
  /** Seconds; AWS's default is 1 hour. */
  readonly duration?: number;
  readonly externalId?: string;
  readonly mfaSerial?: string;
  readonly mfaCode?: string;
  readonly sourceIdentity?: string;
  readonly tags?: readonly Tag[];
  readonly transitiveTags?: readonly string[];
  /** JSON text. */
  readonly policy?: string;
  readonly policyArns?: readonly string[];
}

/** Credentials as they were issued. */
export interface Issued {
  /** Its times are of this machine's clock, the difference to AWS's taken off. */
  readonly session: Session;
  readonly requestId?: string;
  /** Percent of the room for policies and tags that was used. */
  readonly packedPolicySize?: number;
}

/** Milliseconds: 36 hours, the longest that STS gives. */
const longestLife = 36 * 3600_000;

/**
 * STS at `endpoint`. No connection is opened and no SDK loaded before the first call. Throttling,
 * errors on AWS's side and of the network are met with up to 4 attempts; a refusal for a wrong clock
 * with one more, on AWS's time.
 *
 * @param timeout milliseconds that one attempt may take
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
    about: Pick<Call<Output>, "roleArn" | "secrets"> = {},
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
      if (!arn || !account || !userId) throw explainBroken(host, "GetCallerIdentity", requestId);
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
      const { roleArn, token } = request;
      const answer = await call(
        action,
        undefined,
        (client, sdk) =>
          client.send(new sdk.AssumeRoleWithWebIdentityCommand(webIdentityInput(request))),
        { roleArn, secrets: [token.reveal()] },
      );
      return issued(action, answer, answer.output.AssumedRoleUser?.Arn);
    },
    assumeRoleWithSaml: async (request) =>
      issuedToRole("AssumeRoleWithSAML", await callAssumeRoleWithSaml(connection, request)),
  };

  function issuedToRole(
    action: string,
    answer: { readonly output: ForRole; readonly requestId?: string | undefined },
  ): Issued {
    return defined({
      ...issued(action, answer, answer.output.AssumedRoleUser?.Arn),
      packedPolicySize: answer.output.PackedPolicySize,
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
    if (!session) throw explainBroken(host, action, answer.requestId);
    const account = accountOf(arn ?? "");
    return defined({
      session: defined({ ...session, arn: arn || undefined, account }),
      requestId: answer.requestId || undefined,
    });
  }
}

/** The part of both answers that matters, as the SDK types it. */
interface WithCredentials {
  readonly Credentials?: {
    readonly AccessKeyId: string | undefined;
    readonly SecretAccessKey: string | undefined;
    readonly SessionToken: string | undefined;
    readonly Expiration: Date | undefined;
  } | undefined;
}

/** The same of a role's session. */
interface ForRole extends WithCredentials {
  readonly AssumedRoleUser?: { readonly Arn: string | undefined } | undefined;
  readonly PackedPolicySize?: number | undefined;
}

/** A code is good for a while and once: it is kept out of messages as the keys are. */
function secretsOf(request: SessionTokenRequest): { secrets?: readonly string[] } {
  return request.mfaCode === undefined ? {} : { secrets: [request.mfaCode] };
}

function commonInput({ duration, mfaSerial, mfaCode }: SessionTokenRequest) {
  return defined({ DurationSeconds: duration, SerialNumber: mfaSerial, TokenCode: mfaCode });
}

function unlessEmpty<T>(list: T[]): T[] | undefined {
  return list.length > 0 ? list : undefined;
}

function assumeRoleInput(request: AssumeRoleRequest) {
  const { externalId, sourceIdentity, policy, tags = [], transitiveTags = [] } = request;
  const { policyArns = [] } = request;
  return defined({
    RoleArn: request.roleArn,
    RoleSessionName: request.sessionName,
    ...commonInput(request),
    ExternalId: externalId,
    SourceIdentity: sourceIdentity,
    Policy: policy,
    // An empty list is sent as a parameter without value, which is not the same as none.
    Tags: unlessEmpty(tags.map(({ key, value }) => ({ Key: key, Value: value }))),
    TransitiveTagKeys: unlessEmpty([...transitiveTags]),
    PolicyArns: unlessEmpty(policyArns.map((arn) => ({ arn }))),
  });
}

/** What AssumeRoleWithWebIdentity takes: no tags and no external id, which the token has to carry. */
export interface WebIdentityRequest {
  readonly roleArn: string;
  readonly sessionName: string;
  /** A JSON web token of a provider that the account knows: 4 to 20,000 characters. */
  readonly token: Secret;
  /** Seconds; AWS's default is 1 hour. */
  readonly duration?: number;
  /** JSON text. */
  readonly policy?: string;
  readonly policyArns?: readonly string[];
}

/** The request as the SDK takes it. */
function webIdentityInput(request: WebIdentityRequest) {
  const { duration, policy, policyArns = [] } = request;
  return defined({
    RoleArn: request.roleArn,
    RoleSessionName: request.sessionName,
    WebIdentityToken: request.token.reveal(),
    DurationSeconds: duration,
    Policy: policy,
    // An empty list is sent as a parameter without value, which is not the same as none.
    PolicyArns: policyArns.length > 0 ? policyArns.map((arn) => ({ arn })) : undefined,
  });
}
