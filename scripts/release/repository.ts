import { ScriptFailure } from "../deno.ts";

/** Where the project lives, such as `https://github.com/OWNER/athm`. To be set once it has a home. */
const home: string = "";

/**
 * The project's address: `ATHM_REPOSITORY`, else `home`, else what GitHub's workflows set.
 *
 * @throws {ScriptFailure} when nobody says it: a formula and an installer that point nowhere, or to a name
 * that somebody else may take, must not be made.
 */
export function repository(): string {
  const name = Deno.env.get("GITHUB_REPOSITORY");
  const server = Deno.env.get("GITHUB_SERVER_URL") ?? "https://github.com";
  const found = Deno.env.get("ATHM_REPOSITORY") || home || (name ? `${server}/${name}` : "");
  if (/^https:\/\/[A-Za-z0-9.-]+(\/[A-Za-z0-9._-]+)+$/.test(found)) return found;
  throw new ScriptFailure(
    found === ""
      ? "nothing says where the project lives"
      : `${JSON.stringify(found)} is no address of a repository`,
    "set ATHM_REPOSITORY=https://HOST/OWNER/athm, or `home` in scripts/release/repository.ts",
  );
}
