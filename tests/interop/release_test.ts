// A whole release of this project's files: what it refuses, what it writes, that it comes out the same
// again, and that what came out runs where there is nothing but glibc.

import assert from "node:assert/strict";
import { targets } from "../../scripts/release/targets.ts";
import { startFakeAws } from "../support/fake_aws.ts";
import { ran, type ReleaseWorld, releaseWorld } from "../support/release_world.ts";

const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);

const skip = (what: string, why: string | undefined) => {
  if (why !== undefined) console.info(`SKIPPED: ${what}, since ${why}`);
  return why !== undefined;
};

const missing = async (program: string, ...args: readonly string[]) =>
  await ran(program, args) ? undefined : `${program} is not installed`;

const noGit = await missing("git", "--version");
const skipped = skip("releases", noGit);

/** One thing that does not hold. */
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
    what: "a changelog that does not know the version",
    prepare: async ({ git, tree, version }) => {
      await Deno.writeTextFile(`${tree}/CHANGELOG.md`, "# Changelog\n");
      await git("commit", "--quiet", "--all", "--message", "forgotten");
      await git("tag", "--force", `v${version}`);
    },
    says: /CHANGELOG\.md has no part for version/,
  },
  {
    what: "another Deno",
    args: [],
    env: { ATHM_COMPILE_DENO: "" },
    says: /releases are made with Deno/,
  },
  {
    what: "no home of the project",
    env: { ATHM_REPOSITORY: "" },
    says: /nothing says where the project lives/,
  },
  {
    what: "an address in the clear",
    env: { ATHM_REPOSITORY: "http://x.example/a" },
    says: /is no address/,
  },
  {
    what: "one runtime for all targets",
    env: { DENORT_BIN: "/bin/true" },
    says: /names the runtime of one target/,
  },
  {
    what: "no git",
    env: { PATH: "/nowhere" },
    says: /^error: git is not installed\nhint: install git/,
  },
  {
    what: "an unknown target",
    args: ["--target", "plan9"],
    says: /--target wants one of linux-x64, /,
  },
  { what: "an unknown option", args: ["--force"], says: /there is no option --force/ },
];

for (const { what, args = ["--unpinned"], env = {}, prepare, says } of refused) {
  Deno.test({
    name: `release: ${what} is refused in a sentence, and nothing is written`,
    ignore: skipped,
    fn: async () => {
      await using world = await releaseWorld();
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
  name: "release: --dry-run says what it would make and writes nothing",
  ignore: skipped,
  fn: async () => {
    await using world = await releaseWorld();
    const { code, out, err } = await world.release(["--unpinned", "--dry-run"], { DENORT_BIN: "" });
    assert.deepEqual([code, err], [0, ""]);
    for (const { name, archive } of targets) {
      assert.ok(out.includes(`would make athm-${world.version}-${name}.${archive}\n`), name);
    }
    assert.equal(world.dist(), undefined);
  },
});

Deno.test({
  name: "release: without a runtime to be had it says which variable helps, and writes nothing",
  ignore: skipped,
  fn: async () => {
    await using world = await releaseWorld();
    const broken = `${world.tree}/../no-runtime`;
    await Deno.writeTextFile(broken, "not a program");
    const { code, err } = await world.release(["--unpinned", "--target", "linux-x64"], {
      DENORT_BIN: broken,
    });
    assert.equal(code, 1);
    assert.match(
      err,
      /error: deno compile made no binary for x86_64-unknown-linux-gnu\nhint: .*DENORT_BIN=FILE/,
    );
    assert.equal(world.dist(), undefined);
  },
});

/** The target that can be made here: a runtime is given, or can be downloaded. */
async function runtimeMissing(): Promise<string | undefined> {
  if (noGit !== undefined) return noGit;
  if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") return "this is not Linux on x64";
  const folder = await Deno.makeTempDir({ prefix: "athm-runtime-" });
  try {
    await Deno.writeTextFile(`${folder}/empty.js`, "");
    const compiler = Deno.env.get("ATHM_COMPILE_DENO") || Deno.execPath();
    const made = await ran(compiler, ["compile", "-q", "--no-check", "-o", "empty", "empty.js"], {
      cwd: folder,
    });
    return made?.code === 0 ? undefined : "Deno's runtime cannot be had here (see DENORT_BIN)";
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const noRuntime = await runtimeMissing();
const noRoot = noRuntime ??
  (Deno.uid() === 0 ? await missing("chroot", "--version") : "only root may change the root");

Deno.test({
  name:
    "release: Linux's archive, sums, installer and formula hold together, and come out the same again",
  ignore: skip("a whole release", noRuntime),
  fn: async (test) => {
    await using world = await releaseWorld();
    const { tree, version, commit } = world;
    const made = await world.release(["--unpinned", "--target", "linux-x64"]);
    assert.equal(made.code, 0, made.err);
    const folder = `athm-${version}-linux-x64`;
    const archive = `${folder}.tar.gz`;
    const names = ["NOTES.md", "SHA256SUMS", archive, "athm.cdx.json", "athm.rb", "install.sh"];
    assert.deepEqual(world.dist(), names.toSorted());

    await test.step("SHA256SUMS names every other file, with its sum", async () => {
      const checked = await ran("sha256sum", ["--check", "--strict", "SHA256SUMS"], {
        cwd: `${tree}/dist`,
      });
      assert.equal(checked?.code, 0, checked?.err);
      assert.equal(checked.out.trim().split("\n").length, names.length - 1);
    });

    await test.step("the archive holds the program, the licence, the man page and completions", async () => {
      const listed = await ran("tar", ["-tzvf", archive], { cwd: `${tree}/dist` });
      assert.deepEqual(
        listed?.out.trimEnd().split("\n").map((line) => line.replace(/\s+\d+ /, " ")),
        [
          `-rw-r--r-- root/root 2026-01-01 00:00 ${folder}/LICENSE`,
          `-rwxr-xr-x root/root 2026-01-01 00:00 ${folder}/athm`,
          `-rw-r--r-- root/root 2026-01-01 00:00 ${folder}/athm.1`,
          ...["_athm", "athm.bash", "athm.fish", "athm.ps1"].map((name) =>
            `-rw-r--r-- root/root 2026-01-01 00:00 ${folder}/completions/${name}`
          ),
        ],
      );
    });

    await test.step("the bill of materials tells all that deno.lock has of what is embedded", async () => {
      const { components, metadata } = JSON.parse(
        await Deno.readTextFile(`${tree}/dist/athm.cdx.json`),
      );
      assert.equal(metadata.component.externalReferences[0].comment, commit);
      const found = components.map((each: { name: string; licenses: unknown[] }) => {
        assert.equal(each.licenses.length, 1, each.name);
        return each.name;
      });
      for (const name of ["deno", "client-sts", "jose", "args-tokens"]) {
        assert.ok(found.includes(name), name);
      }
      for (const name of ["fast-check", "x509", "yaml"]) assert.ok(!found.includes(name), name);
    });

    await test.step("a second release of the commit is the same bytes", async () => {
      const before = await Deno.readTextFile(`${tree}/dist/SHA256SUMS`);
      const again = await world.release(["--unpinned", "--target", "linux-x64"]);
      assert.equal(again.code, 0, again.err);
      assert.equal(await Deno.readTextFile(`${tree}/dist/SHA256SUMS`), before);
    });

    const ruby = await missing("ruby", "--version");
    await test.step({
      name: "the formula is Ruby",
      ignore: skip("ruby -c", ruby),
      fn: async () => {
        const checked = await ran("ruby", ["-c", "athm.rb"], { cwd: `${tree}/dist` });
        assert.deepEqual([checked?.code, checked?.out], [0, "Syntax OK\n"]);
      },
    });

    await test.step({
      name: "in a root with glibc alone, athm signs in and hands its session on",
      ignore: skip("a root of its own", noRoot),
      fn: () => inEmptyRoot(`${tree}/dist/${archive}`, folder, commit),
    });
  },
});

/** Unpacks the archive into a folder with the libraries that the program is linked with, and lives there. */
async function inEmptyRoot(archive: string, folder: string, commit: string): Promise<void> {
  await using aws = await startFakeAws();
  const { accessKeyId, secretAccessKey, arn } = aws.addUser({ name: "ann" });
  aws.addRole({ arn: "arn:aws:iam::123456789012:role/deploy", trusts: [arn] });
  const place = await Deno.makeTempDir({ prefix: "athm-root-" });
  try {
    assert.equal((await ran("tar", ["-xzf", archive, "-C", place]))?.code, 0);
    const program = `/${folder}/athm`;
    const linked = await ran("ldd", [place + program]);
    for (const [library] of linked?.out.matchAll(/\/\S+(?= \(0x)/g) ?? []) {
      await Deno.mkdir(place + library.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.copyFile(await Deno.realPath(library), place + library);
    }
    await Deno.mkdir(`${place}/home`);
    const inside = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
      const { code, stdout, stderr } = await new Deno.Command("chroot", {
        args: [place, program, ...args],
        clearEnv: true,
        env: { HOME: "/home", PATH: "/usr/sbin:/usr/bin:/sbin:/bin", ...env },
        stdin: "null",
      }).output();
      const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      assert.equal(code, 0, decode(stderr));
      return decode(stdout);
    };
    assert.match(await inside(["--version"]), new RegExp(`\\(commit ${commit}, `));
    const keys = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    const role = ["--role-arn", "arn:aws:iam::123456789012:role/deploy"];
    await inside(["aws", "add", "example", "--from-env", ...role, "--endpoint-url", aws.url], keys);
    const calls = aws.calls.length;
    // The command is athm again, since there is no other program in there: it signs in with what it got.
    const command = [program, "aws", "whoami", "--ambient", "--endpoint-url", aws.url];
    const who = await inside(["aws", "exec", "example", "--", ...command]);
    assert.match(who, /^arn:aws:sts::123456789012:assumed-role\/deploy\//);
    const made = aws.calls.slice(calls).map(({ action }) => action);
    assert.ok(!made.includes("AssumeRole"), `the session was kept: ${made}`);
    const document = JSON.parse(await inside(["aws", "process", "example"]));
    assert.ok(aws.identity(document.AccessKeyId), "AWS knows the key that was handed on");
  } finally {
    await Deno.remove(place, { recursive: true });
  }
}

const actionlint = await ran("actionlint", ["-version"]) ? "actionlint" : undefined;
Deno.test({
  name: "workflows: actionlint has nothing to say",
  ignore: skip("actionlint", actionlint ? undefined : "actionlint is not installed"),
  fn: async () => {
    const checked = await ran("actionlint", ["-no-color"], { cwd: root });
    assert.deepEqual([checked?.code, checked?.out], [0, ""]);
  },
});
