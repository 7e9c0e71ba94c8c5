import { Failure } from "../model/failure.ts";
import type { System } from "./system.ts";

/** For messages, where `hasSessionBus` says no. */
export const noSessionBus = "there is no session bus (DBUS_SESSION_BUS_ADDRESS is not set)";

/**
 * True where a desktop's programs can be reached. Without a bus they would try to start one, and on a
 * server that is waited for. A folder that cannot be looked at, such as that of the user whom `su` or
 * `sudo -E` came from, is as good as none.
 */
export function hasSessionBus({ env, files }: Pick<System, "env" | "files">): boolean {
  if (env.get("DBUS_SESSION_BUS_ADDRESS")) return true;
  const runtime = env.get("XDG_RUNTIME_DIR");
  if (!runtime?.startsWith("/")) return false;
  try {
    return files.facts(files.join(runtime, "bus")) !== undefined;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}
