import { append } from "./audit/log.ts";
import { Failure } from "./model/failure.ts";
import { findStoreHome, homeExists } from "./store/files/home.ts";
import type { Audit, AuditEvent, System } from "./system/system.ts";

/** Events per write, about 200 KiB. The log is rotated only between writes. */
const most = 1000;

/**
 * Writes events to the audit log in the store's folder. Does not create the folder, because a job
 * without stored profiles must leave no files, but keeps earlier events: the sign-in before the first
 * profile is logged once its folder exists. Warns once if the log is not writable.
 */
export function recorder(system: System): Audit {
  const waiting: { at: number; events: readonly AuditEvent[] }[] = [];
  let warned = false;
  return async (...events) => {
    for (let from = 0; from < events.length; from += most) {
      waiting.push({ at: system.now(), events: events.slice(from, from + most) });
    }
    try {
      const home = findStoreHome(system);
      if (home === undefined || !homeExists(system, home)) return;
      for (const { at, events } of waiting.splice(0)) {
        await append({ ...system, now: () => at }, home, events);
      }
    } catch (error) {
      if (warned) return;
      warned = true;
      const why = error instanceof Failure ? error.message : "internal error";
      system.say(`athm: warning: cannot write this ${events[0]?.event} to the audit log: ${why}`);
      system.say("athm: hint: fix it, or turn the log off with ATHM_AUDIT=off");
    }
  };
}
