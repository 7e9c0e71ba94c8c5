import { Failure } from "../../model/failure.ts";
import type { TokenFetcher } from "./token_request.ts";

/**
 * The pipeline's file names the variable; this is the name in GitLab's documentation.
 * https://docs.gitlab.com/ci/secrets/id_token_authentication/
 */
export const fromGitlab: TokenFetcher = inVariable(
  "GITLAB_OIDC_TOKEN",
  "add to the job: id_tokens: { GITLAB_OIDC_TOKEN: { aud: sts.amazonaws.com } }; " +
    "for another name: --web-identity env:NAME",
);

/** https://support.atlassian.com/bitbucket-cloud/docs/integrate-pipelines-with-resource-servers-using-oidc/ */
export const fromBitbucket: TokenFetcher = inVariable(
  "BITBUCKET_STEP_OIDC_TOKEN",
  "add to the step: oidc: true",
);

function inVariable(name: string, permission: string): TokenFetcher {
  return ({ system: { env } }) => {
    const token = env.get(name);
    if (token) return Promise.resolve(token);
    return Promise.reject(
      new Failure("source", `this job has no identity token: ${name} is not set`, permission),
    );
  };
}
