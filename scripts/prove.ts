/**
 * Proves that athm works on a target: `deno task prove TARGET [--athm FILE | --archive FILE]`.
 *
 * It runs the main job with the real program where that target's programs run: on this machine, under
 * Wine, under an emulator or in a bare root. Prints one line per check, and at the end
 * `N passed, N failed, N skipped`.
 *
 * @module
 */
import { type FakeAws, startFakeAws } from "../tests/support/fake_aws.ts";
import { say, script, ScriptFailure } from "./deno.ts";
import { emulatedArm64 } from "./prove/emulated.ts";
import { type Check, type Ground, ProofSkipped } from "./prove/ground.ts";
import { here, ownTarget } from "./prove/here.ts";
import { emulatedMuslRoot, glibcRoot, muslRoot } from "./prove/linux_roots.ts";
import { macosChecks } from "./prove/macos_checks.ts";
import { mainJob } from "./prove/main_job.ts";
import { programFolder, type ProgramOptions } from "./prove/program.ts";
import { demo, stories } from "./prove/stories.ts";
import { windowsByWine } from "./prove/windows.ts";
import { windowsChecks } from "./prove/windows_checks.ts";
import { checkMacos } from "./release/program_facts.ts";
import { type Target, targets } from "./release/targets.ts";

const usage = "deno task prove TARGET [--athm FILE | --archive FILE]";

interface ProveOptions extends ProgramOptions {
  readonly target: Target;
}

function read(args: readonly string[]): ProveOptions {
  const [name, option, file, ...more] = args;
  const target = targets.find((each) => each.name === name);
  if (!target) {
    const names = targets.map((each) => each.name).join(", ");
    throw new ScriptFailure(`TARGET must be one of ${names}`, usage);
  }
  if (option === undefined) return { target };
  if (file === undefined || more.length > 0) throw new ScriptFailure("wrong arguments", usage);
  if (option === "--athm") return { target, athm: file };
  if (option === "--archive") return { target, archive: file };
  throw new ScriptFailure(`unknown option ${option}`, usage);
}

/** Where the target's program runs, and the checks in addition to the main job. */
interface Proof {
  readonly ground: Ground;
  readonly checks: readonly Check[];
}

/** @throws {ProofSkipped} if no ground is available */
async function proofOf(
  target: Target,
  given: ProgramOptions,
  work: string,
  aws: FakeAws,
): Promise<Proof> {
  const { name, program } = target;
  const glibc = name.replace("-musl", "");
  const isEmulated = glibc === "linux-arm64" && ownTarget() === "linux-x64";
  const isByWine = name === "windows-x64" && ownTarget() === "linux-x64";
  if (target.macos && ownTarget()?.startsWith("macos-") !== true) {
    return await withoutRunning(target, given, work);
  }
  if (glibc !== ownTarget() && !isEmulated && !isByWine) {
    throw new ProofSkipped(`${name} cannot run on this machine (${ownTarget()})`);
  }
  const folder = await programFolder(target, given, work);
  const athm = `${folder}/${program}`;
  const job = mainJob(aws);
  if (target.bringsGlibc) {
    const root = isEmulated ? emulatedMuslRoot : muslRoot;
    const { ground, checks } = await root(target, folder, work, aws);
    return { ground, checks: [...job, ...checks] };
  }
  if (name.startsWith("windows-")) {
    const ground = isByWine ? await windowsByWine(athm, work) : here(name, athm, work);
    return { ground, checks: [...job, ...windowsChecks(aws)] };
  }
  await Deno.chmod(athm, 0o755);
  const ground = isEmulated ? await emulatedArm64(athm, work) : here(name, athm, work);
  const own = name.startsWith("macos-") ? macosChecks(aws) : await bare();
  return { ground, checks: [...job, ...own, demo, stories] };

  async function bare(): Promise<readonly Check[]> {
    if (name !== "linux-x64") return [];
    try {
      return (await glibcRoot(folder, work, aws)).checks;
    } catch (error) {
      if (!(error instanceof ProofSkipped)) throw error;
      return [{ name: "bare roots", run: () => Promise.reject(error) }];
    }
  }
}

/** What can be checked of a macOS program on another system. */
async function withoutRunning(target: Target, given: ProgramOptions, work: string): Promise<Proof> {
  const { name, program } = target;
  const athm = `${await programFolder(target, given, work)}/${program}`;
  const signature: Check = {
    name: "processor, minimum macOS and signature of the program",
    run: async () => await checkMacos(target, await Deno.readFile(athm)),
  };
  const job: Check = {
    name: "the main job",
    run: () => Promise.reject(new ProofSkipped(`${ownTarget()} does not run programs for macOS`)),
  };
  return { ground: here(name, athm, work), checks: [signature, job] };
}

/** The outcome of a check, as its line begins. */
type CheckOutcome = "ok" | "FAIL" | "skip";

async function prove({ target, ...given }: ProveOptions): Promise<void> {
  const counts: Record<CheckOutcome, number> = { ok: 0, FAIL: 0, skip: 0 };
  const tell = (outcome: CheckOutcome, name: string, why = "") => {
    counts[outcome]++;
    say(`${outcome.padEnd(4)}  ${target.name}: ${name}${why && `: ${why}`}`);
  };
  const work = await Deno.makeTempDir({ prefix: "athm-prove-" });
  try {
    await using aws = await startFakeAws();
    const proof = await proofOf(target, given, work, aws).catch((error) => {
      if (!(error instanceof ProofSkipped)) throw error;
      // A program that is about to be published must have been run.
      tell(given.archive === undefined ? "skip" : "FAIL", "every check", error.message);
    });
    for (const { name, run } of proof?.checks ?? []) {
      try {
        await run(proof?.ground as Ground);
        tell("ok", name);
      } catch (error) {
        if (error instanceof ProofSkipped) tell("skip", name, error.message);
        else tell("FAIL", name, error instanceof Error ? error.message : String(error));
      }
    }
  } finally {
    await Deno.remove(work, { recursive: true });
  }
  say(`${counts.ok} passed, ${counts.FAIL} failed, ${counts.skip} skipped`);
  if (counts.FAIL > 0) Deno.exitCode = 1;
}

if (import.meta.main) await script(() => prove(read(Deno.args)));
