import { isFresh, renewalDue, type Session, timeLeft } from "../../model/credentials.ts";
import { formatTimeLeft } from "../../model/duration.ts";
import { Failure } from "../../model/failure.ts";
import type { System } from "../../system/system.ts";

/** Where a keeper finds and makes sessions. Nobody is asked: what needs a person fails. */
export interface Renewal {
  /** The profile, for warnings; absent for a session that is stored nowhere. */
  readonly name?: string;
  /** The session as it is kept, for who must notice what other processes change. */
  readonly look?: () => Promise<Session | undefined>;
  /** A session made after this moment, by this process or another. */
  readonly renew: (after: number) => Promise<Session>;
}

/** One profile's session, kept alive for as long as somebody needs it. */
export interface Keeper {
  /**
   * A session that has not run out: at once while there is one, else the outcome of a renewal.
   *
   * @throws {Failure} why there is none; within a second, `network` when it takes longer. A refusal
   * stands for a pause, so that many who ask do not all ask AWS.
   */
  current(): Promise<Session>;
  /** Renews ahead until `signal` aborts; failures are said and tried again. */
  run(signal: AbortSignal): Promise<void>;
}

/** Milliseconds that `current` waits for a renewal: the JavaScript SDK gives up after 1,000. */
const patience = 850;
/** Milliseconds for which what was read of the store is believed. */
const lookEvery = 1000;
/** Milliseconds between two looks at the clock: a computer that slept must not sleep on. */
const longestSleep = 30_000;
/** Milliseconds between two renewals of which the first failed or brought nothing better; they double. */
const retry = { first: 2_000, longest: 60_000 };
/**
 * Milliseconds for which a renewal that wanted a person is not tried again: an identity provider that
 * counts half sign-ins locks the account after a few.
 */
const alone = 10 * 60_000;

export function keep(system: System, first: Session | undefined, renewal: Renewal): Keeper {
  let session = first;
  let due = first && renewalDue(first, system.chance());
  let looked = first ? system.now() : -Infinity;
  let flight: Promise<Session> | undefined;
  let said = false;
  let pause: number = retry.first;
  /** Not before this moment is a renewal tried ahead of need. */
  let again = -Infinity;
  /** Why there is no session, for those who ask before it is worth another try. */
  let refusal: { readonly error: unknown; readonly until: number } | undefined;

  function take(next: Session): Session {
    // A source may give the same credentials again, with what is left of their life.
    const { issued, expires } = session ?? {};
    if (next.issued !== issued || next.expires !== expires) {
      due = renewalDue(next, system.chance());
      said = false;
      refusal = undefined;
    }
    session = next;
    looked = system.now();
    return next;
  }

  function hold(isBetter: boolean): void {
    if (isBetter) pause = retry.first;
    again = system.now() + pause * (0.5 + system.chance() / 2);
    if (!isBetter) pause = Math.min(pause * 2, retry.longest);
  }

  /** One renewal at a time, whoever asks. */
  function renew(): Promise<Session> {
    const before = session?.expires ?? 0;
    flight ??= renewal.renew(session?.issued ?? 0).then((next) => {
      hold(next.expires > before);
      return take(next);
    }, (error) => {
      hold(false);
      if (error instanceof Failure && error.code === "needs-person") again = system.now() + alone;
      // The network may be back in a moment; what AWS refuses stays refused for a while.
      const passes = error instanceof Failure && error.passing;
      const until = passes ? Math.min(again, system.now() + retry.first) : again;
      refusal = { error, until };
      throw error;
    }).finally(() => {
      flight = undefined;
    });
    return flight;
  }

  async function look(): Promise<void> {
    if (!renewal.look || system.now() - looked < lookEvery) return;
    const found = await renewal.look();
    looked = system.now();
    if (found) take(found);
    else if (session) {
      // The profile was changed: the session is another's, and so is what it takes to renew it.
      session = refusal = undefined;
      again = -Infinity;
    }
  }

  const isAlive = (each: Session | undefined): each is Session =>
    each !== undefined && isFresh(each, system.now(), 0);

  return {
    async current() {
      try {
        await look();
      } catch (error) {
        // What is known stays good, but not for a profile that is gone.
        const gone = error instanceof Failure && error.code === "not-found";
        if (gone || !isAlive(session)) throw error;
      }
      if (isAlive(session)) return session;
      if (refusal && system.now() < refusal.until) throw refusal.error;
      return await within(system, renew());
    },

    async run(signal) {
      while (!signal.aborted) {
        try {
          await look();
          const next = session && due !== undefined ? Math.max(due, again) : again;
          const rest = next - system.now();
          if (rest > 0) {
            await system.sleep(Math.min(rest, longestSleep), signal);
            continue;
          }
          await renew();
        } catch (error) {
          if (signal.aborted) return;
          if (!(error instanceof Failure)) throw error;
          system.trace("renewal failed", { code: error.code });
          if (error.code === "needs-person" && !renewal.look) return;
          if (!said) sayFailed(system, renewal.name ?? "the session", error, session);
          said = true;
          if (again <= system.now()) hold(false); // it was the look that failed
          const rest = Math.min(again - system.now(), longestSleep);
          await system.sleep(rest, signal).catch(() => {});
        }
      }
    },
  };
}

/** The renewal's outcome, or an answer in time that it is still going on. */
async function within(system: System, flight: Promise<Session>): Promise<Session> {
  const stop = new AbortController();
  const late = system.sleep(patience, stop.signal).then(() => {
    throw new Failure("network", "athm is signing in", "retry in a moment");
  });
  try {
    return await Promise.race([flight, late]);
  } finally {
    stop.abort();
    late.catch(() => {});
    flight.catch(() => {});
  }
}

function sayFailed(
  system: System,
  name: string,
  { message }: Failure,
  session: Session | undefined,
): void {
  const left = session ? timeLeft(session, system.now()) : 0;
  const deed = session ? "be renewed" : "sign in";
  const rest = left > 0
    ? `the session expires in ${formatTimeLeft(left)}, `
    : session
    ? "the session has expired, "
    : "";
  system.say(`athm: warning: ${name} could not ${deed}: ${message}; ${rest}athm will retry`);
}
