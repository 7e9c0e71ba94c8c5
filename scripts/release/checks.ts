/**
 * What must hold before anything is released.
 *
 * @module
 */
import { compiler } from "../compile.ts";
import { printed, ScriptFailure } from "../deno.ts";
import { notesOf } from "./notes.ts";
import { repository } from "./repository.ts";
import { type Target, targets } from "./targets.ts";

/** What was asked for. */
export interface ReleaseOptions {
  /** Any Deno and runtime will do: for trying it out. */
  readonly unpinned: boolean;
  readonly targets: readonly Target[];
}

/** What the files of a release are made from. */
export interface Release {
  readonly version: string;
  /** The full hash. */
  readonly commit: string;
  /** When that was made, in seconds since 1970: the only time in a release. */
  readonly time: number;
  /** `https://…`, without a slash at the end. */
  readonly repository: string;
  /** This version's part of CHANGELOG.md. */
  readonly notes: string;
  readonly targets: readonly Target[];
  /** The version of Deno whose runtime is in the programs. */
  readonly runtime: string;
}

/**
 * The facts of the release of the checkout `tree`.
 *
 * @throws {ScriptFailure} the first thing that does not hold.
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
      `releases are made with Deno ${pinned}, and this is ${found}`,
      `npx -y deno@${pinned} task release, or --unpinned to try it out`,
    );
  }
}

async function compilerVersion(tree: string): Promise<string> {
  const shown = await printed(compiler(), ["--version"], tree);
  return /^deno (\S+)/.exec(shown)?.[1] ?? "unknown";
}

/** The version of Deno that everything is made with: `.dvmrc`, which setup-deno reads too. */
export async function pinnedVersion(tree: string): Promise<string> {
  return (await Deno.readTextFile(`${tree}/.dvmrc`)).trim();
}

/** A runtime is for one system and processor. */
function runtimeFor(wanted: readonly Target[]): void {
  const runtime = Deno.env.get("DENORT_BIN");
  if (!runtime || wanted.length === 1) return;
  throw new ScriptFailure(
    "DENORT_BIN names the runtime of one target, and several are to be made",
    `give --target and one of ${targets.map(({ name }) => name).join(", ")}, or unset DENORT_BIN`,
  );
}
