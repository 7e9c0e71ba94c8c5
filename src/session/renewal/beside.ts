import { isFresh, renewalDue, type Session } from "../../model/credentials.ts";
import type { System } from "../../system/system.ts";
import type { Keeper, Renewal } from "./keeper.ts";

/** Milliseconds between two looks at the clock: timers stop while a computer sleeps. */
const longestAlarm = 30_000;

export interface Beside {
  readonly current: () => Promise<Session>;
}

/** Keeps a session alive until `signal` aborts, without keeping the process running. */
export function renewBeside(
  system: System,
  session: Session,
  renewal: () => Promise<Renewal>,
  signal: AbortSignal,
): Beside {
  let started: Promise<Keeper> | undefined;
  const keeper = () => {
    started ??= Promise.all([import("./keeper.ts"), renewal()])
      .then(([{ keep }, how]) => keep(system, session, how));
    return started;
  };
  const due = renewalDue(session, system.chance());
  const wait = () => {
    const rest = Math.max(0, due - system.now());
    system.alarm(Math.min(rest, longestAlarm), () => {
      if (signal.aborted) return;
      // After the clock is set back, the session counts as issued in the future.
      if (due > system.now() && isFresh(session, system.now(), 0)) wait();
      else work();
    });
  };
  const work = async () => {
    try {
      await (await keeper()).run(signal);
    } catch (error) {
      if (signal.aborted) return;
      system.trace("renewal stopped", { error: String((error as Error).name) });
    }
  };
  wait();
  return { current: async () => await (await keeper()).current() };
}
