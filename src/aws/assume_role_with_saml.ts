import { defined } from "../model/defined.ts";
import type { AssumeRoleWithSAMLCommandOutput } from "@aws-sdk/client-sts";
import type { Secret } from "../model/secret.ts";
import { callSts, type StsConnection } from "./sts_call.ts";

export interface AssumeRoleWithSamlRequest {
  readonly roleArn: string;
  /** The ARN of the identity provider in IAM. */
  readonly providerArn: string;
  /** The SAML response in base64, as the provider posts it to AWS. */
  readonly assertion: Secret;
  /** Seconds; AWS's default is 1 hour. */
  readonly duration?: number;
  readonly policy?: string;
  readonly policyArns?: readonly string[];
}

/**
 * @throws {Failure} `aws-proof` if the assertion is rejected, `aws-too-long` if the role's maximum
 * session is shorter, and what every call throws
 */
export function callAssumeRoleWithSaml(
  connection: StsConnection,
  request: AssumeRoleWithSamlRequest,
): Promise<{
  readonly output: AssumeRoleWithSAMLCommandOutput;
  readonly requestId: string | undefined;
}> {
  const { roleArn, providerArn, duration, policy, policyArns = [] } = request;
  const assertion = request.assertion.reveal();
  return callSts(connection, {
    action: "AssumeRoleWithSAML",
    roleArn,
    secrets: [assertion],
    send: (client, sdk) =>
      client.send(
        new sdk.AssumeRoleWithSAMLCommand(defined({
          RoleArn: roleArn,
          PrincipalArn: providerArn,
          SAMLAssertion: assertion,
          DurationSeconds: duration,
          Policy: policy,
          // An empty list is sent as an empty parameter, which differs from none.
          PolicyArns: policyArns.length > 0 ? policyArns.map((arn) => ({ arn })) : undefined,
        })),
      ),
  });
}
