import type { Environment } from "../../system/system.ts";
import type { TokenFetcher } from "./token_request.ts";

export interface CiSystem {
  /** The value for `--web-identity`. */
  readonly name: string;
  readonly title: string;
  /** Set in each of its jobs, and nowhere else. */
  readonly mark: string;
  /** Variables that identify the run and the job in CloudTrail. */
  readonly run: readonly string[];
  /** Other variables it reads, for the read permission. */
  readonly reads: readonly string[];
  /** Load lazily: a kept session needs no token. */
  readonly fetcher: () => Promise<TokenFetcher>;
}

const actions = {
  run: ["GITHUB_RUN_ID", "GITHUB_JOB"],
  reads: ["ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL"],
};

/** Every CI system, in the order for `auto`: Forgejo's runner also identifies as GitHub's. */
export const ciSystems: readonly CiSystem[] = [
  {
    name: "forgejo",
    title: "Forgejo Actions",
    mark: "FORGEJO_ACTIONS",
    ...actions,
    fetcher: async () => (await import("./fetchers.ts")).fromForgejo,
  },
  {
    name: "github",
    title: "GitHub Actions",
    mark: "GITHUB_ACTIONS",
    ...actions,
    fetcher: async () => (await import("./fetchers.ts")).fromGithub,
  },
  {
    name: "gitlab",
    title: "GitLab CI",
    mark: "GITLAB_CI",
    run: ["CI_PIPELINE_ID", "CI_JOB_ID"],
    reads: ["GITLAB_OIDC_TOKEN"],
    fetcher: async () => (await import("./fetchers.ts")).fromGitlab,
  },
  {
    name: "circleci",
    title: "CircleCI",
    mark: "CIRCLECI",
    run: ["CIRCLE_BUILD_NUM", "CIRCLE_JOB"],
    reads: ["CIRCLE_OIDC_TOKEN"],
    fetcher: async () => (await import("./fetchers.ts")).fromCircleci,
  },
  {
    name: "buildkite",
    title: "Buildkite",
    mark: "BUILDKITE",
    run: ["BUILDKITE_BUILD_NUMBER", "BUILDKITE_JOB_ID"],
    reads: [],
    fetcher: async () => (await import("./fetchers.ts")).fromBuildkite,
  },
  {
    name: "bitbucket",
    title: "Bitbucket Pipelines",
    mark: "BITBUCKET_BUILD_NUMBER",
    run: ["BITBUCKET_BUILD_NUMBER", "BITBUCKET_STEP_UUID"],
    reads: ["BITBUCKET_STEP_OIDC_TOKEN"],
    fetcher: async () => (await import("./fetchers.ts")).fromBitbucket,
  },
  {
    name: "azure",
    title: "Azure Pipelines",
    mark: "TF_BUILD",
    run: ["BUILD_BUILDID", "SYSTEM_JOBID"],
    reads: ["SYSTEM_ACCESSTOKEN", "SYSTEM_OIDCREQUESTURI"],
    fetcher: async () => (await import("./fetchers.ts")).fromAzure,
  },
];

export function runningCi(env: Environment): CiSystem | undefined {
  return ciSystems.find(({ mark }) => env.get(mark));
}

/** The variables that identify the running job. */
export function ciRun(env: Environment): Readonly<Record<string, string | undefined>> {
  const { mark, run = [] } = runningCi(env) ?? {};
  if (mark === undefined) return {};
  return Object.fromEntries([mark, ...run].map((name) => [name, env.get(name)]));
}
