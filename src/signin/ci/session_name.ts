import { legalSessionName } from "../../model/limits.ts";
import type { Environment } from "../../system/system.ts";
import { runningCi } from "./systems.ts";

/** What CloudTrail shows of a CI job: `github-RUN-JOB`. Nothing outside of one. */
export function ciSessionName(env: Environment): string | undefined {
  const ci = runningCi(env);
  if (!ci) return undefined;
  const words = ci.run.flatMap((name) => env.get(name)?.replace(/^\{(.*)\}$/, "$1") || []);
  return legalSessionName([ci.name, ...words].join("-"));
}
