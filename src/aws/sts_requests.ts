import { defined } from "../model/fields.ts";
import type { Tag } from "../model/profile.ts";
import type { Secret } from "../model/secret.ts";

/*
 * Requests to STS, as callers make them and as the SDK's input.
 */

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

/** Without any policy, AWS would issue a session without permissions. */
export interface FederationRequest extends SessionPolicies {
  /** 2 to 32 characters, otherwise as a role session name. */
  readonly name: string;
  /** Seconds; AWS's default is 12 hours. */
  readonly duration?: number;
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

export interface WebTokenRequest {
  readonly audiences: readonly string[];
  readonly algorithm: string;
  /** Seconds, at most as long as the credentials are valid. */
  readonly duration: number;
  /** Claims to add. */
  readonly tags?: readonly Tag[];
}

/** A code stays valid for a while: keep it out of messages. */
export function secretsOf(request: SessionTokenRequest): { secrets?: readonly string[] } {
  return request.mfaCode === undefined ? {} : { secrets: [request.mfaCode] };
}

export function commonInput({ duration, mfaSerial, mfaCode }: SessionTokenRequest) {
  return defined({ DurationSeconds: duration, SerialNumber: mfaSerial, TokenCode: mfaCode });
}

/** An empty list is sent as an empty parameter, which differs from none. */
function unlessEmpty<T>(list: T[]): T[] | undefined {
  return list.length > 0 ? list : undefined;
}

function policyInput({ policy, policyArns = [] }: SessionPolicies) {
  return defined({ Policy: policy, PolicyArns: unlessEmpty(policyArns.map((arn) => ({ arn }))) });
}

const tagsInput = (tags: readonly Tag[] = []) =>
  unlessEmpty(tags.map(({ key, value }) => ({ Key: key, Value: value })));

export function webTokenInput({ audiences, algorithm, duration, tags }: WebTokenRequest) {
  return defined({
    Audience: [...audiences],
    SigningAlgorithm: algorithm,
    DurationSeconds: duration,
    Tags: tagsInput(tags),
  });
}

export function federationInput(request: FederationRequest) {
  const { name, duration } = request;
  return defined({ Name: name, DurationSeconds: duration, ...policyInput(request) });
}

export function assumeRoleInput(request: AssumeRoleRequest) {
  const { tags, transitiveTags = [] } = request;
  return defined({
    RoleArn: request.roleArn,
    RoleSessionName: request.sessionName,
    ...commonInput(request),
    ExternalId: request.externalId,
    SourceIdentity: request.sourceIdentity,
    ...policyInput(request),
    Tags: tagsInput(tags),
    TransitiveTagKeys: unlessEmpty([...transitiveTags]),
  });
}

export function webIdentityInput(request: WebIdentityRequest) {
  return defined({
    RoleArn: request.roleArn,
    RoleSessionName: request.sessionName,
    WebIdentityToken: request.token.reveal(),
    DurationSeconds: request.duration,
    ...policyInput(request),
  });
}

export function samlInput(request: AssumeRoleWithSamlRequest) {
  return defined({
    RoleArn: request.roleArn,
    PrincipalArn: request.providerArn,
    SAMLAssertion: request.assertion.reveal(),
    DurationSeconds: request.duration,
    ...policyInput(request),
  });
}
