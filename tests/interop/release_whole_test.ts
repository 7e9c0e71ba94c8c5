// A whole release of this project for Linux: its files, that a second build is identical, and that the
// program runs with only glibc.

import assert from "node:assert/strict";
import { startFakeAws } from "../support/fake_aws.ts";
import { missing, ran, unless } from "../support/programs.ts";
import { releaseWorld } from "../support/release_world.ts";

/** The target that can be built here: a runtime is given, or can be downloaded. */
async function runtimeMissing(): Promise<string | undefined> {
  const noGit = missing("git");
  if (noGit !== undefined) return noGit;
  if (Deno.build.target !== "x86_64-unknown-linux-gnu") return "this is not Linux on x64";
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
/** Runs a program in another root with a `/proc`, as in a container. */
const otherRoot = [
  ...["unshare", "--mount", "--pid", "--fork", "sh", "-c"],
  'mount -t proc proc "$1/proc" && exec chroot "$@"',
  "sh",
];
const mayMount = await ran("unshare", ["--mount", "--pid", "--fork", "true"]);
const noRoot = noRuntime ??
  (mayMount?.code === 0 ? undefined : "another root takes root's rights and unshare");

Deno.test({
  ...unless(
    noRuntime,
    "release: the Linux archive, sums, installer and formula agree and are reproducible",
  ),
  fn: async (test) => {
    await using world = await releaseWorld();
    const { tree, version, commit } = world;
    const made = await world.release(["--unpinned", "--target", "linux-x64"]);
    assert.equal(made.code, 0, made.err);
    const folder = `athm-${version}-linux-x64`;
    const archive = `${folder}.tar.gz`;
    const debian = `athm_${version}_amd64.deb`;
    const names = ["NOTES.md", "SHA256SUMS", archive, "athm.cdx.json", "athm.rb", debian]
      .concat("install.sh");
    assert.deepEqual(world.dist(), names.toSorted());

    await test.step("SHA256SUMS lists every other file with its sum", async () => {
      const checked = await ran("sha256sum", ["--check", "--strict", "SHA256SUMS"], {
        cwd: `${tree}/dist`,
      });
      assert.equal(checked?.code, 0, checked?.err);
      assert.equal(checked.out.trim().split("\n").length, names.length - 1);
    });

    await test.step("the archive contains the program, the license, the man page and completions", async () => {
      const env = { TZ: "UTC", LC_ALL: "C" };
      const listed = await ran("tar", ["-tzvf", archive], { cwd: `${tree}/dist`, env });
      const lines = listed?.out.trimEnd().split("\n") ?? [];
      const paths = lines.map((line) => {
        const [mode, owner, , day, clock, path = ""] = line.split(/\s+/);
        const rights = path.endsWith("/athm") ? "-rwxr-xr-x" : "-rw-r--r--";
        const fixed = [rights, "root/root", "2026-01-01", "00:00"];
        assert.deepEqual([mode, owner, day, clock], fixed, line);
        return path;
      });
      const beside = ["LICENSE", "athm", "man/athm.1", "man/athm-aws-exec.1"];
      const completions = ["_athm", "athm.bash", "athm.fish", "athm.ps1"];
      for (const name of [...beside, ...completions.map((each) => `completions/${each}`)]) {
        assert.ok(paths.includes(`${folder}/${name}`), name);
      }
      assert.deepEqual(paths, paths.toSorted());
      const page = ["-xzOf", archive, `${folder}/man/athm.1`];
      const man = await ran("tar", page, { cwd: `${tree}/dist` });
      assert.match(man?.out ?? "", /^\.TH "ATHM" 1 2026-01-01 /, "the commit's date, not today's");
    });

    await test.step("the bill of materials lists every embedded package of deno.lock", async () => {
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
      for (const name of ["fast-check", "x509"]) assert.ok(!found.includes(name), name);
    });

    await test.step("a second release of the commit has the same bytes", async () => {
      const before = await Deno.readTextFile(`${tree}/dist/SHA256SUMS`);
      const again = await world.release(["--unpinned", "--target", "linux-x64"]);
      assert.equal(again.code, 0, again.err);
      assert.equal(await Deno.readTextFile(`${tree}/dist/SHA256SUMS`), before);
    });

    await test.step("install.sh installs it from the folder of files", async () => {
      const server = Deno.serve(
        { hostname: "127.0.0.1", port: 0, onListen: () => {} },
        async ({ url }) => {
          const name = new URL(url).pathname.replace(`/v${version}/`, "");
          return new Response(await Deno.readFile(`${tree}/dist/${name}`));
        },
      );
      try {
        const env = {
          HOME: tree,
          PATH: "/usr/local/bin:/usr/bin:/bin",
          ATHM_DOWNLOADS: `http://127.0.0.1:${server.addr.port}`,
        };
        const installed = await ran("sh", [`${tree}/dist/install.sh`], { env });
        assert.deepEqual([installed?.code, installed?.err], [0, ""]);
        assert.ok(installed?.out.includes(`.local/bin/athm is athm ${version} (commit ${commit}`));
      } finally {
        await server.shutdown();
      }
    });

    await test.step({
      ...unless(missing("ruby"), "the formula is valid Ruby"),
      fn: async () => {
        const checked = await ran("ruby", ["-c", "athm.rb"], { cwd: `${tree}/dist` });
        assert.deepEqual([checked?.code, checked?.out], [0, "Syntax OK\n"]);
      },
    });

    await test.step({
      ...unless(noRoot, "in a root with only glibc, athm signs in and runs a command"),
      fn: () => inEmptyRoot(`${tree}/dist/${archive}`, folder, commit),
    });
  },
});

/** Unpacks the archive into a folder with the program's libraries, as its root. */
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
    for (const name of ["home", "proc"]) await Deno.mkdir(`${place}/${name}`);
    const inside = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
      const [command = "", ...before] = otherRoot;
      const { code, stdout, stderr } = await new Deno.Command(command, {
        args: [...before, place, program, ...args],
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
    // The command is athm itself, the only program there: it signs in with the credentials it got.
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
