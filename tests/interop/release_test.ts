// What scripts/release.ts rejects; tests/interop/release_whole_test.ts makes a whole release.

import assert from "node:assert/strict";
import { targets } from "../../scripts/release/targets.ts";
import { missing, unless } from "../support/programs.ts";
import { type ReleaseWorld, releaseWorld } from "../support/release_world.ts";

const noGit = missing("git");
const linuxX64 = Deno.build.target === "x86_64-unknown-linux-gnu"
  ? undefined
  : "this is not Linux on x64";

/** One violated requirement. */
interface Refused {
  readonly what: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly prepare?: (world: ReleaseWorld) => Promise<unknown>;
  readonly says: RegExp;
}

const refused: readonly Refused[] = [
  {
    what: "a changed file",
    prepare: ({ tree }) => Deno.writeTextFile(`${tree}/main.ts`, "// changed\n"),
    says: /differs from its commit: M main\.ts/,
  },
  {
    what: "a file that is not in the commit",
    prepare: ({ tree }) => Deno.writeTextFile(`${tree}/src/more.ts`, ""),
    says: /differs from its commit: \?\? src\/more\.ts/,
  },
  {
    what: "no tag",
    prepare: ({ git, version }) => git("tag", "--delete", `v${version}`),
    says: /this commit has no tag v/,
  },
  {
    what: "the tag of another version",
    prepare: async ({ git, version }) => {
      await git("tag", "v99.0.0");
      await git("tag", "--delete", `v${version}`);
    },
    says: /this commit has no tag v/,
  },
  {
    what: "a changelog that does not accept the version",
    prepare: async ({ git, tree, version }) => {
      await Deno.writeTextFile(`${tree}/CHANGELOG.md`, "# Changelog\n");
      await git("commit", "--quiet", "--all", "--message", "forgotten");
      await git("tag", "--force", `v${version}`);
    },
    says: /CHANGELOG\.md has no section for version/,
  },
  {
    what: "another Deno",
    args: [],
    env: { ATHM_COMPILE_DENO: "" },
    says: /releases require Deno/,
  },
  {
    what: "no home of the project",
    env: { ATHM_REPOSITORY: "" },
    says: /the project.s URL is not set/,
  },
  {
    what: "an address in the clear",
    env: { ATHM_REPOSITORY: "http://x.example/a" },
    says: /is not a repository URL/,
  },
  {
    what: "one runtime for all targets",
    env: { DENORT_BIN: "/bin/true" },
    says: /is the runtime of one target/,
  },
  {
    what: "no git",
    env: { PATH: "/nowhere" },
    says: /^error: git is not installed\nhint: install git/,
  },
  {
    what: "an unknown target",
    args: ["--target", "plan9"],
    says: /--target must be one of linux-x64, /,
  },
  { what: "an unknown option", args: ["--force"], says: /unknown option --force/ },
];

/** One checkout for all tests: copying it takes longer than most of them. */
let checkout: ReleaseWorld | undefined;
Deno.test.beforeAll(async () => {
  if (noGit === undefined) checkout = await releaseWorld();
});
Deno.test.afterAll(async () => await checkout?.[Symbol.asyncDispose]());

async function freshWorld(): Promise<ReleaseWorld> {
  const world = checkout ?? assert.fail("no checkout");
  await world.reset();
  return world;
}

for (const { what, args = ["--unpinned"], env = {}, prepare, says } of refused) {
  Deno.test({
    ...unless(noGit, `release: ${what} is rejected in one sentence, and nothing is written`),
    fn: async () => {
      const world = await freshWorld();
      await prepare?.(world);
      if (what === "another Deno") await Deno.writeTextFile(`${world.tree}/.dvmrc`, "0.0.1\n");
      if (what === "another Deno") {
        await world.git("commit", "--quiet", "--all", "--message", "another");
        await world.git("tag", "--force", `v${world.version}`);
      }
      const { code, out, err } = await world.release(args, { DENORT_BIN: "", ...env });
      assert.equal(code, 1, out);
      assert.match(err, says);
      assert.match(err, /^error: .+\nhint: .+\n$/);
      assert.equal(world.dist(), undefined);
    },
  });
}

Deno.test({
  ...unless(noGit, "release: --dry-run prints what it would make and writes nothing"),
  fn: async () => {
    const world = await freshWorld();
    const { code, out, err } = await world.release(["--unpinned", "--dry-run"], { DENORT_BIN: "" });
    assert.deepEqual([code, err], [0, ""]);
    for (const { name, archive } of targets) {
      assert.ok(out.includes(`would make athm-${world.version}-${name}.${archive}\n`), name);
    }
    assert.equal(world.dist(), undefined);
  },
});

for (
  const [what, content, says] of [
    ["no runtime", undefined, /error: deno compile failed for x86_64-unknown-linux-gnu\n/],
    [
      "a file that is no runtime",
      "text",
      /error: (the program (that was made says|contains 0 versions)|deno compile failed)/,
    ],
  ] as const
) {
  Deno.test({
    ...unless(
      noGit ?? linuxX64,
      `release: with ${what} names the variable to set and writes nothing`,
    ),
    fn: async () => {
      const world = await freshWorld();
      const file = `${world.tree}/../runtime`;
      if (content !== undefined) await Deno.writeTextFile(file, content);
      const args = ["--unpinned", "--target", "linux-x64"];
      const { code, err } = await world.release(args, { DENORT_BIN: file });
      assert.equal(code, 1);
      assert.match(err, says);
      assert.match(err, /\nhint: .*DENORT_BIN/);
      assert.equal(world.dist(), undefined);
    },
  });
}
