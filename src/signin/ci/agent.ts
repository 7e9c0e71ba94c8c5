import { changed, Failure } from "../../model/failure.ts";
import { storeVariables } from "../../model/variables.ts";
import { awsAudience, type TokenFetcher } from "./token_request.ts";

const limits = { seconds: 30, bytes: 64 * 1024 };

/** https://buildkite.com/docs/agent/cli/reference/oidc */
export const fromBuildkite: TokenFetcher = ({ system, audience = awsAudience }) =>
  printed(system, "buildkite-agent", ["oidc", "request-token", "--audience", audience]);

/**
 * By default the token in every job, whose audience is the organization; for another audience,
 * CircleCI's CLI, which every job has. https://circleci.com/docs/openid-connect-tokens/
 * https://circleci.com/docs/oidc-tokens-with-custom-claims/
 */
export const fromCircleci: TokenFetcher = async ({ system, audience }) => {
  if (audience !== undefined) {
    const claims = JSON.stringify({ aud: audience });
    return await printed(system, "circleci", ["run", "oidc", "get", "--claims", claims]);
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
): Promise<string> {
  const { code, stdout } = await children.help({
    command,
    args,
    set: {},
    unset: storeVariables,
    ...limits,
  }).catch((error) => {
    // Exit codes 126 and 127 are for the person's program, not for this one.
    throw error instanceof Failure ? changed(error, { code: "source" }) : error;
  });
  if (code === 0) return stdout;
  throw new Failure(
    "source",
    `${command} returned no identity token (exit code ${code})`,
    `see its output above; ${command} ${args.slice(0, 2).join(" ")} works only in a job`,
  );
}
