/**
 * A separate repository with this project, for the tests of `scripts/release.ts`.
 *
 * @module
 */
import { type Outcome, ran } from "./programs.ts";

export interface ReleaseWorld extends AsyncDisposable {
  /** The checkout: one tagged commit, with a changelog section for it. */
  readonly tree: string;
  readonly version: string;
  readonly commit: string;
  git(...args: readonly string[]): Promise<string>;
  /** Runs `scripts/release.ts` of that checkout. */
  release(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Outcome>;
  /** Undoes all changes. */
  reset(): Promise<void>;
  /** File names in its `dist/`, if any. */
  dist(): readonly string[] | undefined;
}

const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);

/** Copies tracked and untracked files, so that uncommitted changes are tested too. */
export async function releaseWorld(): Promise<ReleaseWorld> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "athm-release-test-" }));
  const tree = `${folder}/checkout`;
  const listed = await ran("git", ["ls-files", "-co", "--exclude-standard"], { cwd: root });
  for (const path of listed?.out.trimEnd().split("\n") ?? []) {
    const facts = await Deno.lstat(root + path).catch(() => undefined);
    if (!facts?.isFile) continue;
    await Deno.mkdir(`${tree}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.copyFile(root + path, `${tree}/${path}`);
  }
  const { version } = JSON.parse(await Deno.readTextFile(`${tree}/deno.json`));
  const changelog = await Deno.readTextFile(`${tree}/CHANGELOG.md`);
  await Deno.writeTextFile(
    `${tree}/CHANGELOG.md`,
    changelog.replace(/^## \[Unreleased\]$/m, `## [${version}] - 2026-01-01`),
  );
  const who = { GIT_AUTHOR_NAME: "ann", GIT_AUTHOR_EMAIL: "ann@example.com" };
  const env = {
    ...who,
    GIT_COMMITTER_NAME: "ann",
    GIT_COMMITTER_EMAIL: "ann@example.com",
    GIT_AUTHOR_DATE: "2026-01-01T00:00:00Z",
    GIT_COMMITTER_DATE: "2026-01-01T00:00:00Z",
  };
  const git = async (...args: readonly string[]) => {
    const done = await ran("git", args, { cwd: tree, env });
    if (done?.code !== 0) throw new Error(`git ${args.join(" ")}: ${done?.err}`);
    return done.out.trim();
  };
  await git("init", "--quiet", "--initial-branch=main");
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "a release");
  await git("tag", `v${version}`);
  const commit = await git("rev-parse", "HEAD");
  return {
    tree,
    version,
    commit,
    git,
    reset: async () => {
      await git("reset", "--quiet", "--hard", commit);
      await git("clean", "--quiet", "--force", "-dx");
      const tags = (await git("tag")).split("\n").filter(Boolean);
      if (tags.length > 0) await git("tag", "--delete", ...tags);
      await git("tag", `v${version}`);
    },
    release: async (args, more = {}) => {
      const script = ["run", "-q", "--frozen", "-A", "--no-prompt", "scripts/release.ts", ...args];
      const given = {
        ATHM_REPOSITORY: "https://git.example/ann/athm",
        GITHUB_REPOSITORY: "",
        NO_COLOR: "1",
        ...more,
      };
      const done = await ran(Deno.execPath(), script, { cwd: tree, env: given });
      if (!done) throw new Error("this Deno is gone");
      return done;
    },
    dist: () => {
      try {
        return Array.from(Deno.readDirSync(`${tree}/dist`), ({ name }) => name).toSorted();
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return undefined;
        throw error;
      }
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}
