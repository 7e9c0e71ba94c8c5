// How to get a job's identity token: from an endpoint, a program or a variable of the CI system.

import { changed, Failure } from "../../model/failure.ts";
import { storeVariables } from "../../model/variables.ts";
import { askEndpoint, endpointIn } from "./endpoint.ts";
import { awsAudience, type TokenFetcher } from "./token_request.ts";

interface Actions {
  readonly title: string;
  /** Set only in its jobs. */
  readonly mark: string;
  /** How to permit a job to request tokens. */
  readonly permission: string;
}

/** https://docs.github.com/en/actions/reference/security/oidc */
export const fromGithub: TokenFetcher = tokenOf({
  title: "GitHub Actions",
  mark: "GITHUB_ACTIONS",
  permission: "add to the job: permissions: { id-token: write, contents: read }; " +
    "pull requests from forks never get this permission",
});

/** https://forgejo.org/docs/latest/user/actions/security-openid-connect/ */
export const fromForgejo: TokenFetcher = tokenOf({
  title: "Forgejo Actions",
  mark: "FORGEJO_ACTIONS",
  permission: "add to the workflow or the job: enable-openid-connect: true",
});

function tokenOf({ title, mark, permission }: Actions): TokenFetcher {
  return async (request) => {
    const { system: { env }, audience = awsAudience } = request;
    const address = env.get("ACTIONS_ID_TOKEN_REQUEST_URL");
    const bearer = env.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN");
    if (!address || !bearer) {
      throw new Failure(
        "source",
        env.get(mark)
          ? `this job has no permission to request an identity token from ${title}`
          : `not running in a ${title} job, where identity tokens are available`,
        permission,
      );
    }
    const url = endpointIn(address, "ACTIONS_ID_TOKEN_REQUEST_URL");
    url.searchParams.set("audience", audience);
    return await askEndpoint(request, {
      method: "GET",
      url,
      bearer,
      bearerVariable: "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
      field: "value",
      title,
      permission,
    });
  };
}

const mapping = "map it in the step: env: { SYSTEM_ACCESSTOKEN: $(System.AccessToken) }";

/**
 * The pipeline's token, with `sub` `p://ORGANIZATION/PROJECT/PIPELINE` and always the audience
 * `api://AzureADTokenExchange`.
 * https://learn.microsoft.com/en-us/rest/api/azure/devops/distributedtask/oidctoken/create
 */
export const fromAzure: TokenFetcher = async (request) => {
  const { env } = request.system;
  const address = env.get("SYSTEM_OIDCREQUESTURI");
  const bearer = env.get("SYSTEM_ACCESSTOKEN");
  if (!address) {
    throw new Failure(
      "source",
      "SYSTEM_OIDCREQUESTURI is not set: not an Azure Pipelines job with identity tokens",
    );
  }
  // Azure leaves an undefined macro unexpanded.
  if (!bearer || bearer.startsWith("$(")) {
    throw new Failure(
      "source",
      "SYSTEM_ACCESSTOKEN is not set in this step; Azure Pipelines requires it to issue an identity token",
      mapping,
    );
  }
  const url = endpointIn(address, "SYSTEM_OIDCREQUESTURI");
  url.searchParams.set("api-version", "7.1-preview.1");
  return await askEndpoint(request, {
    method: "POST",
    url,
    bearer,
    bearerVariable: "SYSTEM_ACCESSTOKEN",
    // Azure redirects to its sign-in page, or returns it, instead of answering 401.
    rejected: { statuses: [203, 302, 401], hint: mapping },
    field: "oidcToken",
    title: "Azure Pipelines",
    permission: mapping,
    // Without this header, Azure responds to a refusal with a sign-in page.
    headers: { "content-type": "application/json", "x-tfs-fedauthredirect": "Suppress" },
  });
};

const limits = { seconds: 30, bytes: 64 * 1024 };

/** https://buildkite.com/docs/agent/cli/reference/oidc */
export const fromBuildkite: TokenFetcher = ({ system, audience = awsAudience }) =>
  printed(system, "buildkite-agent", ["oidc", "request-token", "--audience", audience], {
    role: "Buildkite issues identity tokens through its agent",
    hint: "add its folder to PATH; with the docker plugin, set mount-buildkite-agent: true",
  });

/**
 * By default the token in every job, whose audience is the organization; for another audience,
 * CircleCI's CLI, which every job has. https://circleci.com/docs/openid-connect-tokens/
 * https://circleci.com/docs/oidc-tokens-with-custom-claims/
 */
export const fromCircleci: TokenFetcher = async ({ system, audience }) => {
  if (audience !== undefined) {
    const claims = JSON.stringify({ aud: audience });
    return await printed(system, "circleci", ["run", "oidc", "get", "--claims", claims], {
      role: "CircleCI issues tokens for other audiences through its CLI",
      hint: "add its folder to PATH, or omit --audience",
    });
  }
  const token = system.env.get("CIRCLE_OIDC_TOKEN");
  if (token) return token;
  throw new Failure(
    "source",
    "this job has no identity token: CIRCLE_OIDC_TOKEN is not set",
    "jobs that use a context have one, except for builds of forks; see Project Settings, Advanced",
  );
};

/** The output of the CI system's CLI; the audience in its arguments is not secret. */
async function printed(
  { children }: Parameters<TokenFetcher>[0]["system"],
  command: string,
  args: readonly string[],
  absent: { readonly role: string; readonly hint: string },
): Promise<string> {
  const { code, stdout } = await children.help({
    command,
    args,
    set: {},
    unset: storeVariables,
    ...limits,
  }).catch((error) => {
    if (!(error instanceof Failure)) throw error;
    // Exit codes 126 and 127 are for the person's program, not for this one.
    if (error.code !== "command-not-found") throw changed(error, { code: "source" });
    throw new Failure("source", `${error.message}: ${absent.role}`, absent.hint);
  });
  if (code === 0) return stdout;
  throw new Failure(
    "source",
    `${command} returned no identity token (exit code ${code})`,
    `see its output above; ${command} ${args.slice(0, 2).join(" ")} works only in a job`,
  );
}

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
