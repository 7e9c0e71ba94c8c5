/**
 * Runs a command line of a story in a shell, and makes sure that no process remains.
 *
 * @module
 */

import { watchArguments } from "./process_arguments.ts";

/** A command's outcome. */
export interface Ran {
  /** 128+n after signal n, as in a shell. */
  readonly exit: number;
  readonly out: string;
  readonly err: string;
  /** Names of processes that outlived the command; they have been killed. */
  readonly left: readonly string[];
  readonly timedOut: boolean;
  /** Argument lists of the processes that it started, as far as observed. */
  readonly argumentLists: readonly string[];
}

/** A command's working folder, environment and limits. */
export interface Place {
  readonly cwd: string;
  readonly env: ReadonlyMap<string, string>;
  /** Milliseconds after which it is killed. */
  readonly limit: number;
}

/** Grace period in milliseconds for a command's remaining processes. */
const grace = 1000;

/**
 * Runs `/bin/sh -c` in a separate session: without a controlling terminal, so that `/dev/tty`
 * cannot be opened, and as one process group, so that all its processes can be found.
 */
export async function runShell(
  command: string,
  stdin: string | undefined,
  place: Place,
): Promise<Ran> {
  const child = new Deno.Command("/bin/sh", {
    args: ["-c", command],
    cwd: place.cwd,
    clearEnv: true,
    env: Object.fromEntries(place.env),
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  }).spawn();
  const watch = watchArguments(child.pid);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    killGroup(child.pid);
  }, place.limit);
  const out = new Response(child.stdout).text();
  const err = new Response(child.stderr).text();
  if (stdin !== undefined) await feed(child.stdin, stdin);
  const status = await child.status;
  clearTimeout(timer);
  const argumentLists = watch.stop();
  const left = await endGroup(child.pid);
  return { exit: status.code, out: await out, err: await err, left, timedOut, argumentLists };
}

/** Writes all of standard input; a command may ignore it. */
async function feed(stdin: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    await writer.abort().catch(() => {});
  }
}

/** Waits for the rest of a process group, kills what remains, and returns the names. */
export async function endGroup(group: number): Promise<string[]> {
  const until = Date.now() + grace;
  let left = groupMembers(group);
  while (left.length > 0 && Date.now() < until) {
    await new Promise((done) => setTimeout(done, 25));
    left = groupMembers(group);
  }
  if (left.length > 0) killGroup(group);
  return left;
}

/** Kills every process of a group, if any. */
export function killGroup(group: number): void {
  try {
    Deno.kill(-group, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound) && !(error instanceof TypeError)) throw error;
  }
}

/** Names of a group's processes that have not ended; without `/proc`, one name for all of them. */
function groupMembers(group: number): string[] {
  try {
    // Signal 0 would be right, but Deno can only send SIGCONT.
    Deno.kill(-group, "SIGCONT");
  } catch {
    return [];
  }
  try {
    return [...Deno.readDirSync("/proc")].filter((entry) => /^\d+$/.test(entry.name))
      .flatMap((entry) => groupMember(entry.name, group));
  } catch {
    return ["a process"];
  }
}

function groupMember(pid: string, group: number): string[] {
  try {
    // `PID (NAME) STATE PARENT GROUP …`; a zombie has ended, and waits for a parent that looks.
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    const [, name, state, of] = /^\d+ \((.*)\) (\S) \d+ (\d+) /s.exec(stat) ?? [];
    return Number(of) === group && state !== "Z" ? [`${name} (${pid})`] : [];
  } catch {
    return [];
  }
}
