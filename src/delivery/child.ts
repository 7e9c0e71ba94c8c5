import type { System } from "../system/system.ts";
import type { EnvironmentChange } from "./environment.ts";

/**
 * Runs a program on athm's standard streams and returns its exit code, or 128+n if signal n killed it.
 *
 * The child stays in the terminal's foreground process group, so the terminal sends Ctrl-C, Ctrl-\
 * and Ctrl-Z to it too: athm only has to survive them. SIGTERM and SIGHUP reach athm alone, so it
 * forwards them to the child.
 *
 * @param started called once the program runs
 * @throws {Failure} `command-not-found` or `command-not-executable`
 */
export async function runChild(
  system: System,
  program: readonly string[],
  environment: EnvironmentChange,
  started?: () => void,
): Promise<number> {
  const [command = "", ...args] = program;
  // Listen before the child starts, so that an early signal neither kills athm nor gets lost.
  const early: ("SIGTERM" | "SIGHUP")[] = [];
  let forward = (signal: "SIGTERM" | "SIGHUP"): void => {
    early.push(signal);
  };
  // Keep listening until athm exits: a Ctrl-C that the child handled may reach athm after the child's
  // exit and would kill athm without a listener.
  system.children.onSignal("SIGINT", () => {});
  system.children.onSignal("SIGQUIT", () => {});
  system.children.onSignal("SIGTERM", () => forward("SIGTERM"));
  system.children.onSignal("SIGHUP", () => forward("SIGHUP"));
  const child = system.children.start({ command, args, ...environment });
  system.trace("child started", { pid: child.pid, program: command });
  forward = (signal) => child.signal(signal);
  early.forEach(forward);
  started?.();
  const end = await child.ended;
  system.trace("child ended", end.kind === "exit" ? { code: end.code } : { signal: end.number });
  return end.kind === "exit" ? end.code : 128 + end.number;
}
