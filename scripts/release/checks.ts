/**
 * What must be true before a release.
 *
 * @module
 */
import { compiler } from "../compile.ts";
import { printed, ScriptFailure } from "../deno.ts";
import { notesOf } from "./notes.ts";
import { repository } from "./repository.ts";
import { type Target, targets } from "./targets.ts";

/** The command line. */
export interface ReleaseOptions {
  /** Accept any Deno and runtime, for a trial. */
  readonly unpinned: boolean;
  readonly targets: readonly Target[];
}

/** What a release's files are generated from. */
export interface Release {
  readonly version: string;
  /** The full hash. */
  readonly commit: string;
  /** The commit's time in seconds since 1970: the only time in a release. */
  readonly time: number;
  /** `https://…`, without a trailing slash. */
  readonly repository: string;
  /** This version's section of CHANGELOG.md. */
  readonly notes: string;
  readonly targets: readonly Target[];
  /** The version of Deno whose runtime is in the programs. */
  readonly runtime: string;
}

/**
 * The facts for a release of the checkout `tree`.
 *
 * @throws {ScriptFailure} for the first check that fails.
 */
export async function checked(tree: string, wanted: ReleaseOptions): Promise<Release> {
  const git = (...args: readonly string[]) => printed("git", args, tree);
  const { version } = JSON.parse(await Deno.readTextFile(`${tree}/deno.json`));
  const commit = await git("rev-parse", "HEAD");
  await cleanTree(git);
  const notes = notesOf(await Deno.readTextFile(`${tree}/CHANGELOG.md`), version);
  await tagged(git, version);
  if (!wanted.unpinned) await pinnedDeno(tree);
  runtimeFor(wanted.targets);
  const time = Number(await git("show", "-s", "--format=%ct", commit));
  const runtime = wanted.unpinned ? await compilerVersion(tree) : await pinnedVersion(tree);
  const { targets } = wanted;
  return { version, commit, time, repository: repository(), notes, targets, runtime };
}

type Git = (...args: readonly string[]) => Promise<string>;

async function cleanTree(git: Git): Promise<void> {
  const changed = await git("status", "--porcelain");
  if (changed === "") return;
  const [first = ""] = changed.split("\n");
  throw new ScriptFailure(
    `the checkout differs from its commit: ${first.trim()}`,
    "commit or stash the changes; git status lists them",
  );
}

async function tagged(git: Git, version: string): Promise<void> {
  const tags = (await git("tag", "--points-at", "HEAD")).split("\n");
  if (tags.includes(`v${version}`)) return;
  throw new ScriptFailure(
    `deno.json says version ${version}, but this commit has no tag v${version}`,
    `git tag -a v${version} -m ${version}, or set the version in deno.json`,
  );
}

async function pinnedDeno(tree: string): Promise<void> {
  const pinned = await pinnedVersion(tree);
  for (const found of [Deno.version.deno, await compilerVersion(tree)]) {
    if (found === pinned) continue;
    throw new ScriptFailure(
      `releases require Deno ${pinned}, but this is ${found}`,
      `npx -y deno@${pinned} task release, or --unpinned to try it out`,
    );
  }
}

async function compilerVersion(tree: string): Promise<string> {
  const shown = await printed(compiler(), ["--version"], tree);
  return /^deno (\S+)/.exec(shown)?.[1] ?? "unknown";
}

/** The version of Deno that builds everything: `.dvmrc`, which setup-deno reads too. */
export async function pinnedVersion(tree: string): Promise<string> {
  return (await Deno.readTextFile(`${tree}/.dvmrc`)).trim();
}

/** A runtime is for one system and processor. */
function runtimeFor(wanted: readonly Target[]): void {
  const runtime = Deno.env.get("DENORT_BIN");
  if (!runtime || wanted.length === 1) return;
  throw new ScriptFailure(
    "DENORT_BIN is the runtime of one target, but several would be built",
    `set --target to one of ${targets.map(({ name }) => name).join(", ")}, or unset DENORT_BIN`,
  );
}
