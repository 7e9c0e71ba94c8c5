import type { System } from "../system/system.ts";
import type { EnvironmentChange } from "./environment.ts";

/**
 * Runs a program on athm's own standard streams and returns its exit code; 128+n when it died of
 * signal n.
 *
 * The child stays in the terminal's foreground process group, so the terminal sends Ctrl-C, Ctrl-\
 * and Ctrl-Z to it as well: athm only has to outlive them. SIGTERM and SIGHUP, which others send to
 * athm alone, go on to the child.
 *
 * @param started called when the program runs
 * @throws {Failure} `command-not-found` or `command-not-executable`.
 */
export async function runChild(
  system: System,
  program: readonly string[],
  environment: EnvironmentChange,
  started?: () => void,
): Promise<number> {
  const [command = "", ...args] = program;
  // Before the child starts: a signal in between must neither kill athm nor be lost.
  const early: ("SIGTERM" | "SIGHUP")[] = [];
  let pass = (signal: "SIGTERM" | "SIGHUP"): void => {
    early.push(signal);
  };
  // They stay on until athm ends: a Ctrl-C that the child has dealt with may reach athm after the
  // child's end, and would kill athm if nobody listened any more.
  system.children.onSignal("SIGINT", () => {});
  system.children.onSignal("SIGQUIT", () => {});
  system.children.onSignal("SIGTERM", () => pass("SIGTERM"));
  system.children.onSignal("SIGHUP", () => pass("SIGHUP"));
  const child = system.children.start({ command, args, ...environment });
  system.trace("child started", { pid: child.pid, program: command });
  pass = (signal) => child.signal(signal);
  early.forEach(pass);
  started?.();
  const end = await child.ended;
  system.trace("child ended", end.kind === "exit" ? { code: end.code } : { signal: end.number });
  return end.kind === "exit" ? end.code : 128 + end.number;
}
