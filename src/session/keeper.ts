import { renewalDue, type Session, timeLeft } from "../model/credentials.ts";
import { formatTimeLeft } from "../model/duration.ts";
import { Failure } from "../model/failure.ts";
import type { System } from "../system/system.ts";

/** Where a keeper finds and makes sessions. Nobody is asked: what needs a person fails. */
export interface Renewal {
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
   * @throws {Failure} why there is none; within a second, `network` when it takes longer.
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
  let wanted: { readonly person: Failure; readonly until: number } | undefined;

  function take(next: Session): Session {
    if (next.accessKeyId !== session?.accessKeyId) {
      due = renewalDue(next, system.chance());
      said = false;
      wanted = undefined;
    }
    session = next;
    looked = system.now();
    return next;
  }

  /** One renewal at a time, whoever asks. */
  function renew(): Promise<Session> {
    if (wanted && system.now() < wanted.until) return Promise.reject(wanted.person);
    flight ??= renewal.renew(session?.issued ?? 0).then(take).catch((error) => {
      const isWanted = error instanceof Failure && error.code === "needs-person";
      wanted = isWanted ? { person: error, until: system.now() + alone } : undefined;
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
    if (found) return void take(found);
    // The profile was changed: the session is another's, and so is what it takes to renew it.
    if (session) wanted = undefined;
    session = undefined;
  }

  const isAlive = (each: Session | undefined): each is Session =>
    each !== undefined && timeLeft(each, system.now()) > 0;

  return {
    async current() {
      try {
        await look();
      } catch (error) {
        // What is known stays good, but not for a profile that is gone.
        const gone = error instanceof Failure && error.code === "not-found";
        if (gone || !isAlive(session)) throw error;
      }
      return isAlive(session) ? session : await within(system, renew());
    },

    async run(signal) {
      let wait: number = retry.first;
      while (!signal.aborted) {
        try {
          await look();
          const rest = session && due !== undefined ? due - system.now() : 0;
          if (rest > 0) {
            await system.sleep(Math.min(rest, longestSleep), signal);
            continue;
          }
          await renew();
          wait = retry.first;
        } catch (error) {
          if (signal.aborted) return;
          if (!(error instanceof Failure)) throw error;
          system.trace("renewal failed", { code: error.code });
          if (error.code === "needs-person" && !renewal.look) return;
          if (!said) sayFailed(system, error, session);
          said = true;
          const pause = wait * (0.5 + system.chance() / 2);
          await system.sleep(pause, signal).catch(() => {});
          wait = Math.min(wait * 2, retry.longest);
        }
      }
    },
  };
}

/** The renewal's outcome, or an answer in time that it is still going on. */
async function within(system: System, flight: Promise<Session>): Promise<Session> {
  const stop = new AbortController();
  const late = system.sleep(patience, stop.signal).then(() => {
    throw new Failure("network", "athm is signing in", "ask again in a moment");
  });
  try {
    return await Promise.race([flight, late]);
  } finally {
    stop.abort();
    late.catch(() => {});
    flight.catch(() => {});
  }
}

function sayFailed(system: System, { message }: Failure, session: Session | undefined): void {
  const left = session ? timeLeft(session, system.now()) : 0;
  const rest = left > 0
    ? `the session lasts ${formatTimeLeft(left)} more`
    : "the session has run out";
  system.say(`athm: warning: it could not be renewed: ${message}; ${rest}, athm keeps trying`);
}
