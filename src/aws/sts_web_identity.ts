import { defined } from "../model/defined.ts";
import type { Secret } from "../model/secret.ts";

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
export function webIdentityInput(request: WebIdentityRequest) {
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
