/**
 * Makes a release: `deno task release [--target NAME] [--dry-run] [--unpinned]`.
 *
 * Builds everything from the commit, not from the working tree, and each binary twice, in different
 * folders: both must be identical. Writes `dist/` last.
 *
 * @module
 */
import { bundle } from "./bundle.ts";
import { compileBundle, origin } from "./compile.ts";
import { contents, type Module } from "./contents.ts";
import { printed, root, say, script, ScriptFailure } from "./deno.ts";
import { type Packed, tarGz, zip } from "./release/archive.ts";
import { checked, type Release, type ReleaseOptions } from "./release/checks.ts";
import { debianPackage } from "./release/deb.ts";
import { extras } from "./release/extras.ts";
import { type Archive, dockerfile, formula, installer, scoop } from "./release/manifests.ts";
import { glibcFiles, glibcPackages, patchedRuntime } from "./release/musl.ts";
import { checkProgram } from "./release/program_facts.ts";
import { sbom } from "./release/sbom.ts";
import { archiveOf, folderOf, type Target, targets } from "./release/targets.ts";

const usage = "deno task release [--target NAME] [--dry-run] [--unpinned]";

interface ReleaseCommand extends ReleaseOptions {
  readonly dryRun: boolean;
}

function read(args: readonly string[]): ReleaseCommand {
  const chosen: Target[] = [];
  const switches = new Set<string>();
  for (let at = 0; at < args.length; at++) {
    const argument = args[at] ?? "";
    if (argument === "--target") {
      const name = args[++at];
      const target = targets.find((each) => each.name === name);
      if (target) chosen.push(target);
      else {
        const names = targets.map((each) => each.name).join(", ");
        throw new ScriptFailure(`--target must be one of ${names}`, usage);
      }
    } else if (argument === "--dry-run" || argument === "--unpinned") switches.add(argument);
    else throw new ScriptFailure(`unknown option ${argument}`, usage);
  }
  return {
    targets: chosen.length > 0 ? chosen : targets,
    dryRun: switches.has("--dry-run"),
    unpinned: switches.has("--unpinned"),
  };
}

/** A file of `dist/`. */
type Output = readonly [name: string, content: Uint8Array<ArrayBuffer> | string];

async function release(asked: ReleaseCommand): Promise<void> {
  const facts = await checked(root, asked);
  say(`athm ${facts.version}, commit ${facts.commit}, from ${facts.repository}`);
  if (asked.dryRun) {
    for (const target of asked.targets) say(`would make ${archiveOf(facts.version, target)}`);
    return;
  }
  const work = await Deno.makeTempDir({ prefix: "athm-release-" });
  try {
    const outputs = await make(facts, work);
    // The last step, so that dist/ never contains half a release.
    await Deno.remove(`${root}/dist`, { recursive: true }).catch(ignoreMissing);
    await Deno.mkdir(`${root}/dist`);
    for (const [name, content] of outputs) {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      await Deno.writeFile(`${root}/dist/${name}`, bytes);
      say(`dist/${name}`);
    }
    await Deno.chmod(`${root}/dist/install.sh`, 0o755);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

async function make(facts: Release, work: string): Promise<readonly Output[]> {
  // Paths of different length and depth, so that a path in a binary would be detected.
  const [first, second] = [`${work}/one`, `${work}/another/folder`];
  for (const tree of [first, second]) {
    await checkOut(facts.commit, tree);
    await bundle(tree, `${tree}/build`, await origin(tree));
  }
  const archives: Archive[] = [];
  const outputs: Output[] = [];
  const beside = await extras(first, facts.time);
  for (const target of facts.targets) {
    const program = await sameTwice(target, first, second);
    await checkProgram(target, program, facts.runtime);
    const libraries = target.bringsGlibc ? await glibcFiles(target, program) : [];
    if (target.triple === Deno.build.target && !target.bringsGlibc) {
      await runs(`${first}/dist/${target.name}/athm`, facts);
    }
    const folder = folderOf(facts.version, target);
    const plain: readonly Packed[] = [
      { path: target.program, bytes: program, executable: true },
      ...libraries,
      ...beside,
    ];
    const files = plain.map((file) => ({ ...file, path: `${folder}/${file.path}` }));
    const debian = await debianPackage(facts, target, plain);
    if (debian) outputs.push(debian);
    const pack = target.archive === "zip" ? zip : tarGz;
    const bytes = await pack(files, facts.time);
    archives.push({ target, sum: await sha256(bytes) });
    outputs.push([archiveOf(facts.version, target), bytes]);
  }
  outputs.push(...await papers(facts, archives, first, await contents(first, `${work}/contents`)));
  const sums = await Promise.all(
    outputs.map(async ([name, content]) => `${await sha256(content)}  ${name}\n`),
  );
  return [...outputs, ["SHA256SUMS", sums.join("")]];
}

/** The files generated from the archives' checksums and the commit's files. */
async function papers(
  facts: Release,
  archives: readonly Archive[],
  tree: string,
  modules: readonly Module[],
): Promise<Output[]> {
  const lock = JSON.parse(await Deno.readTextFile(`${tree}/deno.lock`));
  const musl = archives.flatMap(({ target }) => target.bringsGlibc ? [target] : []);
  const bill = await sbom(
    facts,
    facts.runtime,
    modules,
    lock,
    async ({ folder }) => JSON.parse(await Deno.readTextFile(`${folder}/package.json`)),
    (await Promise.all(musl.map(glibcPackages))).flat(),
  );
  const template = await Deno.readTextFile(`${tree}/scripts/release/install.sh`);
  const brew = formula(facts, archives);
  const bucket = scoop(facts, archives);
  const image = dockerfile(facts, archives);
  return [
    ["athm.cdx.json", bill],
    ["NOTES.md", facts.notes],
    ["install.sh", installer(template, facts)],
    ...(brew === undefined ? [] : [["athm.rb", brew] as const]),
    ...(bucket === undefined ? [] : [["athm.json", bucket] as const]),
    ...(image === undefined ? [] : [["Dockerfile", image] as const]),
  ];
}

/** The commit's files in a new folder, as they are in the repository. */
async function checkOut(commit: string, tree: string): Promise<void> {
  const clone = ["clone", "--quiet", "--shared", "--no-checkout", "-c", "core.autocrlf=false"];
  await printed("git", [...clone, root, tree], root);
  await printed("git", ["checkout", "--quiet", "--detach", commit], tree);
}

async function sameTwice(
  target: Target,
  first: string,
  second: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const made: Uint8Array<ArrayBuffer>[] = [];
  const runtime = target.bringsGlibc ? await patchedRuntime(target, first) : undefined;
  for (const tree of [first, second]) {
    // Deno adds .exe if the target requires it.
    const output = `${tree}/dist/${target.name}/athm`;
    await compileBundle(`${tree}/build`, output, target.triple, runtime);
    made.push(await Deno.readFile(`${tree}/dist/${target.name}/${target.program}`));
  }
  const [one = new Uint8Array(), other = new Uint8Array()] = made;
  if (await sha256(one) === await sha256(other)) return one;
  const at = one.findIndex((byte, index) => byte !== other[index]);
  throw new ScriptFailure(
    `two builds of one commit for ${target.name} differ at byte ${at}`,
    "the bundle contains a time or a path; nothing was written",
  );
}

/** If the program runs on this system, its version output must match the commit. */
async function runs(program: string, { version, commit }: Release): Promise<void> {
  const says = await printed(program, ["--version"], root).catch(() => "nothing");
  if (says.startsWith(`athm ${version} (commit ${commit}, `)) return;
  throw new ScriptFailure(
    `the program reports the version ${JSON.stringify(says)}`,
    "is DENORT_BIN the runtime of this Deno? Nothing was written",
  );
}

async function sha256(content: Uint8Array<ArrayBuffer> | string): Promise<string> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

if (import.meta.main) await script(() => release(read(Deno.args)));
