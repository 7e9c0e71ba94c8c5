import { Failure } from "../../model/failure.ts";
import { awsAudience, type TokenFetcher } from "./token_request.ts";
import { askEndpoint, endpointIn } from "./endpoint.ts";

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
      field: "value",
      title,
      permission,
    });
  };
}
