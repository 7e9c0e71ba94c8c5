import { keep, type Keeper } from "../../src/session/renewal/keeper.ts";
import type { Session } from "../../src/model/credentials.ts";
import { Secret } from "../../src/model/secret.ts";
import { settle, type TestSystem, testSystem } from "./test_system.ts";

/** A session with a numbered key. */
export function numbered(number: number, issued: number, life: number): Session {
  return {
    accessKeyId: `ASIAKEEPER${String(number).padStart(10, "0")}`,
    secretAccessKey: new Secret(`secret ${number}`),
    sessionToken: new Secret(`token ${number}`),
    issued,
    expires: issued + life,
  };
}

export interface KeeperWorldOptions {
  /** Lifetime of sessions in milliseconds. */
  readonly life: number;
  /** The constant value of `chance`; default: seeded pseudorandom numbers. */
  readonly chance?: number;
  /** The profile. */
  readonly name?: string;
  /** Starts without a session. */
  readonly empty?: boolean;
  /** Gives the keeper a store. */
  readonly stored?: boolean;
}

/** A keeper with a clock that the test advances, and renewals that the test defines. */
export interface KeeperWorld {
  readonly system: TestSystem;
  readonly keeper: Keeper;
  /** Times of renewals, and their arguments. */
  readonly renewals: { readonly at: number; readonly after: number }[];
  /** What a renewal does; by default it succeeds. */
  work: () => Promise<Session>;
  /** The session in the store; only if `stored`. */
  kept: () => Promise<Session | undefined>;
  /** A new session, as from a successful renewal. */
  make(): Session;
  /** Saves a session to the store, as another process does. */
  put(session: Session): Session;
  /** Moves the clock without waking timers, as when a computer sleeps. */
  jump(milliseconds: number): void;
  /** Starts the keeper; the returned function stops it and returns whether it had already ended. */
  start(): Promise<() => Promise<boolean>>;
}

export function keeperWorld(options: KeeperWorldOptions): KeeperWorld {
  const { life, chance, name, empty = false, stored = false } = options;
  const system = testSystem({ seed: 7 });
  if (chance !== undefined) system.chance = () => chance;
  const own = system.now;
  let jumped = 0;
  system.now = () => own() + jumped;
  let count = 0;
  const make = () => numbered(++count, system.now(), life);
  const first = empty ? undefined : make();
  let kept = first;
  const keeper = keep(system, first, {
    ...name === undefined ? {} : { name },
    ...stored ? { look: () => world.kept() } : {},
    renew: async (after) => {
      world.renewals.push({ at: system.now(), after });
      return kept = await world.work();
    },
  });
  const world: KeeperWorld = {
    system,
    keeper,
    renewals: [],
    work: () => Promise.resolve(make()),
    kept: () => Promise.resolve(kept),
    make,
    put: (session) => kept = session,
    jump: (milliseconds) => void (jumped += milliseconds),
    async start() {
      const stop = new AbortController();
      let ended = false;
      const running = keeper.run(stop.signal).then(() => void (ended = true));
      await settle();
      return async () => {
        const before = ended;
        stop.abort();
        await settle();
        if (!ended) throw new Error("the keeper did not stop when it was told to");
        await running;
        return before;
      };
    },
  };
  return world;
}
