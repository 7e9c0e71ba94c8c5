import { ScriptFailure } from "../deno.ts";

/** The project's URL, such as `https://github.com/OWNER/athm`. Set it when the project has one. */
const home: string = "";

/**
 * The project's URL: `ATHM_REPOSITORY`, else `home`, else the variables of GitHub's workflows.
 *
 * @throws {ScriptFailure} if it is unknown: a formula or installer must not point nowhere, or to a name
 * that someone else may register.
 */
export function repository(): string {
  const name = Deno.env.get("GITHUB_REPOSITORY");
  const server = Deno.env.get("GITHUB_SERVER_URL") ?? "https://github.com";
  const found = Deno.env.get("ATHM_REPOSITORY") || home || (name ? `${server}/${name}` : "");
  if (/^https:\/\/[A-Za-z0-9.-]+(\/[A-Za-z0-9._-]+)+$/.test(found)) return found;
  throw new ScriptFailure(
    found === ""
      ? "the project's URL is not set"
      : `${JSON.stringify(found)} is not a repository URL`,
    "set ATHM_REPOSITORY=https://HOST/OWNER/athm, or `home` in scripts/release/repository.ts",
  );
}
