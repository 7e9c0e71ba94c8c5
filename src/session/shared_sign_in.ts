import { type Credentials, defaultMinTtl, isFresh, type Session } from "../model/credentials.ts";
import { Failure } from "../model/failure.ts";
import type { Portal, PortalTokens } from "../model/portal.ts";
import type { Profile } from "../model/profile.ts";
import type { Secret } from "../model/secret.ts";
import type { AssertionMade, AssertionWanted } from "../sources/source.ts";
import type { SignInLock } from "../store/signin_lock.ts";
import type { Store } from "../store/store.ts";
import type { HeldLock } from "../system/files.ts";
import type { System } from "../system/system.ts";
import { canonical, digest } from "./fingerprint.ts";

/** What identifies a sign-in that several profiles may share. */
export interface SignInId {
  /** What it is kept under; no profile can have such a name. */
  readonly name: string;
  readonly fingerprint: string;
}

/** Sign-ins at which a person does something, kept so that they are done once for all profiles. */
export interface SharedSignIns {
  /**
   * The kept one, if it is fresh and newer than `after`; else what `make` makes, kept. It is told the
   * one that was kept before.
   */
  get(
    id: SignInId,
    after: number,
    make: (earlier?: Session) => Promise<Session>,
  ): Promise<Session>;
  /** The kept assertion while it is good, unless it is the refused one; else a new one, kept. */
  assertion(wanted: AssertionWanted): Promise<Secret>;
  forgetAssertion(name: string): Promise<void>;
  /** The tokens of a portal: the kept ones if they are good, else what is made of them, kept. */
  portal(portal: Portal, wanted: PortalWanted): Promise<PortalTokens>;
}

/** What must hold of a portal's tokens, and how others are had. */
export interface PortalWanted {
  readonly good: (kept: PortalTokens) => boolean;
  /** Others, from those that are kept; these same ones where no others are to be had. */
  readonly make: (kept: PortalTokens | undefined) => Promise<PortalTokens>;
}

/**
 * Seconds that a user's session is asked for, where the profile says so. A role's duration is not the
 * user session's, which then lives its 12 hours.
 */
export function userDuration({ role, roleArns }: Profile): number | undefined {
  return role.mfaDuration ?? (roleArns.length === 0 ? role.duration : undefined);
}

/**
 * The sign-in that a profile shares with others: the same key with a code of the same MFA device. The
 * key is the profile's own, or that of the same AWS profile. Where a profile insists on an endpoint, it
 * is shared by those that insist on the same; a region alone is no reason to ask a person twice, since
 * user sessions are good in all of them. Where a profile says how long it is to last, it is shared by
 * those that say the same: nobody is given a longer session than they asked for, or a shorter one.
 * Nothing, when it shares none.
 *
 * @param found the credentials that an ambient source gave; without them the name alone is right
 */
export async function sharedSignIn(
  profile: Profile,
  found?: Credentials,
): Promise<SignInId | undefined> {
  const { source, role: { mfaSerial }, network } = profile;
  const key = source.kind === "keys" ? source : found;
  const whose = source.kind === "keys"
    ? source.accessKeyId
    : source.kind === "ambient"
    ? `the AWS profile ${source.awsProfile ?? ""}`
    : undefined;
  if (mfaSerial === undefined || whose === undefined || key?.sessionToken) return undefined;
  const { endpointUrl, fips, dualstack } = network;
  const place = canonical({ endpointUrl, fips, dualstack, duration: userDuration(profile) });
  return {
    name: `${whose} with ${mfaSerial} at ${place}`,
    fingerprint: await digest([key?.accessKeyId, key?.secretAccessKey, mfaSerial, place]),
  };
}

/** Kept in the store; when many processes need one, one of them makes it. */
export function storedSignIns(system: System, store: Store): SharedSignIns {
  /** What is there, or what is made under the lock of that name; another may do it while this one waits. */
  async function once<T>(
    name: string,
    look: () => Promise<T | undefined>,
    make: () => Promise<T>,
  ): Promise<T> {
    const kept = await look();
    if (kept !== undefined) return kept;
    const lock = await waitForTurn(system, await store.signInLock(name));
    try {
      return await look() ?? await make();
    } finally {
      lock.release();
    }
  }

  return {
    async get({ name, fingerprint }, after, make) {
      let earlier: Session | undefined;
      const look = async () => {
        const kept = earlier = await store.session(name, fingerprint);
        const good = kept && isFresh(kept, system.now(), defaultMinTtl) && kept.issued > after;
        return good ? kept : undefined;
      };
      return await once(name, look, async () => {
        const made = await make(earlier);
        await store.saveSignIn(name, made, fingerprint);
        return made;
      });
    },

    async portal(portal, { good, make }) {
      let earlier: PortalTokens | undefined;
      const look = async () => {
        const kept = earlier = await store.portal(portal);
        return kept && good(kept) ? kept : undefined;
      };
      const { portalKey } = await import("../store/portals.ts");
      return await once(portalKey(portal), look, async () => {
        const made = await make(earlier);
        if (made !== earlier) await store.savePortal(made);
        return made;
      });
    },

    async assertion({ name, refused, anew, make }) {
      const look = async () => {
        if (anew) return undefined;
        const kept = await store.assertion(name);
        return kept && kept.assertion.reveal() !== refused?.reveal() ? kept.assertion : undefined;
      };
      return await once(name, look, async () => {
        const made = await make();
        const { assertion, expires } = made;
        if (expires > system.now()) await store.saveAssertion(made.name, { assertion, expires });
        return assertion;
      });
    },
    forgetAssertion: (name) => store.removeAssertion(name),
  };
}

/** Not kept yet, because there is no store; `save` keeps them when there is one. */
export function pendingSignIns(
  system: Pick<System, "now">,
): SharedSignIns & { save(store: Store): Promise<void> } {
  const made: { id: SignInId; session: Session }[] = [];
  const assertions = new Map<string, AssertionMade>();
  const portals = new Map<string, PortalTokens>();
  return {
    async get(id, after, make) {
      const kept = made.findLast((each) =>
        each.id.name === id.name && each.id.fingerprint === id.fingerprint
      )?.session;
      if (kept && isFresh(kept, system.now(), defaultMinTtl) && kept.issued > after) return kept;
      const session = await make(kept);
      made.push({ id, session });
      return session;
    },
    async portal(portal, { good, make }) {
      const key = canonical(portal);
      const kept = portals.get(key);
      if (kept && good(kept)) return kept;
      const tokens = await make(kept);
      portals.set(key, tokens);
      return tokens;
    },
    async assertion({ name, refused, make }) {
      const kept = assertions.get(name)?.assertion;
      if (kept && kept.reveal() !== refused?.reveal()) return kept;
      const one = await make();
      assertions.set(one.name, one);
      return one.assertion;
    },
    forgetAssertion: (name) => Promise.resolve(void assertions.delete(name)),
    async save(store) {
      for (const tokens of portals.values()) await store.savePortal(tokens);
      for (const { name, assertion, expires } of assertions.values()) {
        await store.saveAssertion(name, { assertion, expires });
      }
      for (const { id, session } of made) {
        await store.saveSignIn(id.name, session, id.fingerprint);
      }
    },
  };
}

/** Milliseconds after which a process that waits for another's sign-in says so. */
const silentWait = 1000;
/** Milliseconds that it waits where nobody is there who could see to the other. */
const longestWait = 60_000;

/**
 * The lock of a sign-in; says so when that takes a while.
 *
 * @throws {Failure} `needs-person` after a minute where nobody may be asked: a question to somebody else
 * may stand open for hours
 */
export async function waitForTurn(system: System, turn: SignInLock): Promise<HeldLock> {
  const free = turn.tryLock();
  if (free) return free;
  const arrived = new AbortController();
  const waiting = new Promise<void>((late) => {
    notice(system, turn, arrived.signal).then(late, () => {}); // the lock came first
  });
  try {
    const what = "waiting for another athm to sign in";
    const lock = await system.busy(what, () => turn.lock(waiting));
    if (lock) return lock;
  } finally {
    arrived.abort();
  }
  const holder = turn.holder();
  throw new Failure(
    "needs-person",
    `athm${holder ? ` (pid ${holder})` : ""} has been signing in to it for over ${
      longestWait / 1000
    } s, and this one has waited so long`,
    `answer what it asks, or end it${holder ? `: kill ${holder}` : ""}`,
  );
}

/** Says who is waited for; resolves after the longest wait, never where a person can see to it. */
async function notice(system: System, turn: SignInLock, arrived: AbortSignal): Promise<void> {
  await system.sleep(silentWait, arrived);
  const holder = turn.holder();
  system.say(`athm: waiting for athm${holder ? ` (pid ${holder})` : ""} to sign in`);
  if (system.terminal.canAsk) await new Promise(() => {});
  await system.sleep(longestWait - silentWait, arrived);
}
