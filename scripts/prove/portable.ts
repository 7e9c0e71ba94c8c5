/**
 * The tests that need no POSIX shell, run from source by a Deno of the ground's own system.
 *
 * @module
 */
import { printed, root } from "../deno.ts";
import { pinnedVersion } from "../release/checks.ts";
import { found, run } from "./command.ts";
import { type Check, type Ground, ProofSkipped } from "./ground.ts";
import { tail } from "./stories.ts";
import { seen } from "./windows.ts";

/** Milliseconds. */
const longest = 40 * 60_000;

/** The portable tests under Wine. Other systems run them on a machine of their own. */
export function portableTestsByWine(work: string): Check {
  return { name: "the portable tests, from source", run: (ground) => tests(ground, work) };
}

async function tests(ground: Ground, work: string): Promise<void> {
  const deno = await windowsDeno(work);
  // A cache of its own: packages are the same on every system, databases are not shared.
  const { npmCache } = JSON.parse(await printed(Deno.execPath(), ["info", "--json"], root));
  await Deno.mkdir(`${work}/deno`);
  await printed("cp", ["-R", npmCache, `${work}/deno/npm`], root);
  const { tasks } = JSON.parse(await Deno.readTextFile(`${root}/deno.json`));
  const [, command, ...words] = tasks["test-portable"].split(" ");
  // Types do not depend on the system.
  const { code, stdout, stderr } = await ground.run(deno, [command, "--no-check", ...words], {
    cwd: seen(root),
    env: { DENO_DIR: seen(`${work}/deno`), DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
    timeout: longest,
  });
  if (code !== 0) throw new Error(`the tests failed:\n${tail(stdout + stderr)}`);
}

/** The pinned Deno for Windows, from npm. */
async function windowsDeno(work: string): Promise<string> {
  if (!await found("npm")) throw new ProofSkipped("npm not found, which has Deno for Windows");
  const name = "@deno/win32-x64";
  const version = await pinnedVersion(root);
  const options = ["--no-save", "--no-audit", "--no-fund", "--force", "--loglevel=error"];
  const { code, stderr } = await run(
    "npm",
    ["install", ...options, "--prefix", `${work}/npm`, `${name}@${version}`],
    { env: Deno.env.toObject(), timeout: 300_000 },
  );
  if (code !== 0) throw new ProofSkipped(`npm cannot install ${name}@${version}: ${stderr.trim()}`);
  return seen(`${work}/npm/node_modules/${name}/deno.exe`);
}
