import { append } from "./audit/log.ts";
import { Failure } from "./model/failure.ts";
import { findStoreHome, homeExists } from "./store/files/home.ts";
import type { Audit, AuditEvent, System } from "./system/system.ts";

/**
 * Writes events to the audit log in the store's folder. Does not create the folder, because a job
 * without stored profiles must leave no files, but keeps earlier events: the sign-in before the first
 * profile is logged once its folder exists. Warns once if the log is not writable.
 */
export function recorder(system: System): Audit {
  const waiting: { at: number; event: AuditEvent }[] = [];
  let warned = false;
  return async (event) => {
    waiting.push({ at: system.now(), event });
    try {
      const home = findStoreHome(system);
      if (home === undefined || !homeExists(system, home)) return;
      for (const { at, event } of waiting.splice(0)) {
        await append({ ...system, now: () => at }, home, event);
      }
    } catch (error) {
      if (warned) return;
      warned = true;
      const why = error instanceof Failure ? error.message : "internal error";
      system.say(`athm: warning: cannot write this ${event.event} to the audit log: ${why}`);
      system.say("athm: hint: fix it, or turn the log off with ATHM_AUDIT=off");
    }
  };
}
