import { append } from "./audit/log.ts";
import { Failure } from "./model/failure.ts";
import { findStoreHome, homeExists } from "./store/home.ts";
import type { Audit, AuditEvent, System } from "./system/system.ts";

/**
 * Writes events into the audit log of the store's folder. Where there is none, nothing is written, for a
 * job that stores nothing must leave nothing; when the first profile makes the folder, the sign-in before
 * it is written too. A log that cannot be written is told once.
 */
export function recorder(system: System): Audit {
  const waiting: { at: number; event: AuditEvent }[] = [];
  let told = false;
  return async (event) => {
    waiting.push({ at: system.now(), event });
    try {
      const home = findStoreHome(system);
      if (home === undefined || !homeExists(system, home)) return;
      for (const { at, event } of waiting.splice(0)) {
        await append({ ...system, now: () => at }, home, event);
      }
    } catch (error) {
      if (told) return;
      told = true;
      const why = error instanceof Failure ? error.message : "something in athm itself went wrong";
      system.say(`athm: warning: the audit log lacks this ${event.event}: ${why}`);
      system.say("athm: hint: see to it, or turn the log off with ATHM_AUDIT=off");
    }
  };
}
