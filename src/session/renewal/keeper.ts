import { isFresh, renewalDue, type Session, timeLeft } from "../../model/credentials.ts";
import { formatTimeLeft } from "../../model/duration.ts";
import { Failure } from "../../model/failure.ts";
import type { System } from "../../system/system.ts";

/** Where a keeper finds and makes sessions. It never prompts: what needs a person fails. */
export interface Renewal {
  /** The profile, for warnings; absent if the session is not stored. */
  readonly name?: string;
  /** The kept session, to notice what other processes change. */
  readonly look?: () => Promise<Session | undefined>;
  /** A session made after this moment, by this process or another. */
  readonly renew: (after: number) => Promise<Session>;
}

export interface Keeper {
  /**
   * An unexpired session, at once if there is one, else the outcome of a renewal.
   *
   * @throws {Failure} why there is none: `network` if it takes longer than a second. A failure is
   * repeated for a while, so that many clients do not all call AWS.
   */
  current(): Promise<Session>;
  /** Renews ahead of expiry until `signal` aborts; warns about failures and retries. */
  run(signal: AbortSignal): Promise<void>;
}

/** Milliseconds that `current` waits for a renewal: the JavaScript SDK times out after 1,000. */
const patience = 850;
/** Milliseconds for which a session read from the store is used without another look. */
const lookEvery = 1000;
/** Milliseconds between two looks at the clock: timers stop while a computer sleeps. */
const longestSleep = 30_000;
/** Milliseconds after a renewal that brought nothing better; doubles up to the longest. */
const retry = { first: 2_000, longest: 60_000 };
/** Milliseconds: identity providers lock an account after a few abandoned sign-ins. */
const alone = 10 * 60_000;

/** Time to wait. It is over if the clock was set back to before its start. */
interface Pause {
  readonly from: number;
  readonly until: number;
}

export function keep(system: System, first: Session | undefined, renewal: Renewal): Keeper {
  const none: Pause = { from: -Infinity, until: -Infinity };
  const pauseOf = (span: number): Pause => ({
    from: system.now(),
    until: Math.ceil(system.now() + span),
  });
  const rest = ({ from, until }: Pause) => {
    const now = system.now();
    return now < from ? 0 : Math.max(0, until - now);
  };

  let session = first;
  let due = first && renewalDue(first, system.chance());
  let looked: Pause = first ? pauseOf(lookEvery) : none;
  let flight: Promise<Session> | undefined;
  let said = false;
  let pause: number = retry.first;
  /** No renewal ahead of expiry during it. */
  let again = none;
  /** Why there is no session, and how long to repeat that. */
  let refusal: { readonly error: unknown; readonly pause: Pause } | undefined;

  function take(next: Session): Session {
    // A source may return the same credentials again, with what remains of their life.
    const { issued, expires } = session ?? {};
    if (next.issued !== issued || next.expires !== expires) {
      due = renewalDue(next, system.chance());
      said = false;
      refusal = undefined;
    }
    session = next;
    looked = pauseOf(lookEvery);
    return next;
  }

  function hold(isBetter: boolean): void {
    if (isBetter) pause = retry.first;
    again = pauseOf(pause * (0.5 + system.chance() / 2));
    if (!isBetter) pause = Math.min(pause * 2, retry.longest);
  }

  function renew(): Promise<Session> {
    const before = session?.expires ?? 0;
    flight ??= renewal.renew(session?.issued ?? 0).then((next) => {
      hold(next.expires > before);
      return take(next);
    }, (error) => {
      hold(false);
      if (error instanceof Failure && error.code === "needs-person") again = pauseOf(alone);
      // The network may be back in a moment; a refusal by AWS lasts longer.
      const passes = error instanceof Failure && error.passing;
      refusal = { error, pause: passes ? pauseOf(Math.min(rest(again), retry.first)) : again };
      throw error;
    }).finally(() => {
      flight = undefined;
    });
    return flight;
  }

  async function look(): Promise<void> {
    if (!renewal.look || rest(looked) > 0) return;
    const found = await renewal.look();
    looked = pauseOf(lookEvery);
    if (found) take(found);
    else if (session) {
      // The profile changed: its session and failures no longer apply.
      session = refusal = undefined;
      again = none;
    }
  }

  const isAlive = (each: Session | undefined): each is Session =>
    each !== undefined && isFresh(each, system.now(), 0);

  return {
    async current() {
      try {
        await look();
      } catch (error) {
        // Keep using a live session, unless the profile is gone or now asks before each use.
        const ends = error instanceof Failure && ["not-found", "denied"].includes(error.code);
        if (ends || !isAlive(session)) throw error;
      }
      if (isAlive(session)) return session;
      if (refusal && rest(refusal.pause) > 0) throw refusal.error;
      return await within(system, renew());
    },

    async run(signal) {
      while (!signal.aborted) {
        try {
          await look();
          const ahead = isAlive(session) && due !== undefined ? due - system.now() : 0;
          const wait = Math.ceil(Math.max(ahead, rest(again)));
          if (wait > 0) {
            await system.sleep(Math.min(wait, longestSleep), signal);
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
          if (rest(again) === 0) hold(false); // reading the store failed
          await system.sleep(Math.min(rest(again), longestSleep), signal).catch(() => {});
        }
      }
    },
  };
}

/** The renewal's outcome, or a `network` error if it takes too long. */
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
