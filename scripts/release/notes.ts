import { ScriptFailure } from "../deno.ts";

/**
 * A version's section of the changelog, in the format of keepachangelog.com 1.1.0.
 *
 * @throws {ScriptFailure} if there is none with a date.
 */
export function notesOf(changelog: string, version: string): string {
  const parts = changelog.split(/^## /m).slice(1);
  const part = parts.find((each) => each.startsWith(`[${version}]`));
  if (part === undefined) {
    throw new ScriptFailure(
      `CHANGELOG.md has no section for version ${version}`,
      `change the heading [Unreleased] to: ## [${version}] - YYYY-MM-DD`,
    );
  }
  const [heading = "", ...lines] = part.split("\n");
  if (!/^\[[^\]]+\] - \d{4}-\d{2}-\d{2}$/.test(heading)) {
    throw new ScriptFailure(
      `CHANGELOG.md has no date for version ${version}`,
      `its heading must be: ## [${version}] - YYYY-MM-DD`,
    );
  }
  const text = lines.filter((line) => !/^\[[^\]]+\]: /.test(line)).join("\n").trim();
  if (text === "") {
    throw new ScriptFailure(`CHANGELOG.md has an empty section for version ${version}`);
  }
  return `${text}\n`;
}
