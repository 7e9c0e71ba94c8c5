import { changed, Failure } from "../../model/failure.ts";
import { storeVariables } from "../../model/variables.ts";
import { awsAudience, type TokenFetcher } from "./token_request.ts";

const limits = { seconds: 30, bytes: 64 * 1024 };

/** https://buildkite.com/docs/agent/cli/reference/oidc */
export const fromBuildkite: TokenFetcher = ({ system, audience = awsAudience }) =>
  printed(system, "buildkite-agent", ["oidc", "request-token", "--audience", audience]);

/**
 * The token that every job has, for the organization as its audience; one for another audience is
 * asked of CircleCI's program, which jobs have.
 * https://circleci.com/docs/openid-connect-tokens/
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

/** What the CI system's own program prints; an argument holds the audience, which is no secret. */
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
    // Not the program that a person wanted to run: the exit codes 126 and 127 are for that.
    throw error instanceof Failure ? changed(error, { code: "source" }) : error;
  });
  if (code === 0) return stdout;
  throw new Failure(
    "source",
    `${command} returned no identity token (exit code ${code})`,
    `see its output above; ${command} ${args.slice(0, 2).join(" ")} works only in a job`,
  );
}
