import {
  defaultMinTtl,
  isFresh,
  isReadOnly,
  type Narrowing,
  narrowingWords,
  type Session,
} from "../model/credentials.ts";
import { aboutProfile, Failure, isDamage, notTyped } from "../model/failure.ts";
import { defined } from "../model/fields.ts";
import { formatTimeLeft } from "../model/duration.ts";
import { nameKey, suggestion } from "../model/names.ts";
import type { ProfileAtHand } from "../model/hint.ts";
import type { Profile, ResolvedProfile } from "../model/profile.ts";
import { storeVariables } from "../model/variables.ts";
import type { ProofContext, Proofs } from "../sources/source.ts";
import { asCourtesy } from "../store/files/writing.ts";
import { sameProfile } from "../store/sealing/records.ts";
import type { Store } from "../store/store.ts";
import type { System } from "../system/system.ts";
import type { SessionUse } from "./use.ts";
import type { SignInResult } from "./sign_in/sign_in.ts";
import { isSameUse, type Resolved, resolved } from "./sign_in/fingerprint.ts";

export interface Freshness extends SessionUse {
  /** Minimum remaining life in milliseconds, 5 minutes by default. */
  readonly minTtl?: number;
  /** Accept only a session made after this moment (milliseconds since 1970). */
  readonly after?: number;
  readonly mfaCode?: string;
}

/** True if a person must allow this use. */
export function asks({ confirm }: ResolvedProfile, { narrowing }: SessionUse): boolean {
  return confirm !== undefined && !(narrowing && isReadOnly(narrowing));
}

/** True if this use needs no question, or a person allowed it for exactly this profile. */
export function isAgreed(now: Resolved, { agreed, ...use }: SessionUse): boolean {
  return !asks(now.profile, use) || (agreed !== undefined && isSameUse(agreed, now));
}

/** For a use that cannot ask anymore. */
export function unconfirmed({ name, confirmFrom }: ResolvedProfile, isSaved = true): Failure {
  const asking = isSaved ? name : confirmFrom ?? name;
  return new Failure(
    "denied",
    `${asking} asks before each use, and was not confirmed as it is now`,
    `run athm serve ${asking} or athm aws exec ${asking}, which ask, or add --read-only`,
  );
}

export interface ProfileSession {
  readonly profile: ResolvedProfile;
  readonly session: Session;
  /** Of the full session's settings; absent for those that are not stored. */
  readonly fingerprint?: string;
  /** For renewals: see {@link SessionUse.agreed}. */
  readonly agreed?: Resolved | undefined;
}

/**
 * The session of a stored profile: the kept one while it is fresh, else a new one, made by one
 * process at a time. If a renewal fails for a temporary reason, an unexpired session is returned
 * with a warning. The use of a confirmed profile asks a person first, unless it only reads.
 *
 * @throws {Failure} `not-found`, `denied`, or what the store or the sign-in throws.
 */
export function sessionOf(
  system: System,
  store: Store,
  name: string,
  wanted: Freshness,
): Promise<ProfileSession> {
  return follow(system, store, name, wanted, []);
}

/**
 * @param from where the name comes from, in words, if the person did not type it
 * @throws {Failure} `not-found`, with the nearest name.
 */
export async function profileNamed(store: Store, name: string, from?: string): Promise<Profile> {
  const profile = await store.profile(name);
  if (profile) return profile;
  throw noProfile(name, await (await import("./outlines.ts")).namesIn(store), from);
}

export function noProfile(name: string, known: readonly string[], from?: string): Failure {
  const origin = from === undefined ? "" : `, from ${from},`;
  return new Failure(
    "not-found",
    `profile ${JSON.stringify(name)}${origin} not found${suggestion(name, known)}`,
    known.length ? "run athm aws ls to list profiles" : `run athm aws add ${name} to create it`,
  );
}

/** The kept session of a profile, fresh or not, if any. */
export async function keptSession(
  system: System,
  store: Store,
  profile: Profile,
  narrowing?: Narrowing,
): Promise<Session | undefined> {
  const { mark } = await resolved(system, store, profile, [], narrowing);
  return await keptIn(store, profile.name, mark, narrowing);
}

/** Full and narrower sessions are kept apart, under fingerprints that no two restrictions share. */
export async function keptIn(
  store: Store,
  name: string,
  mark: string,
  narrowing: Narrowing | undefined,
): Promise<Session | undefined> {
  if (!narrowing) return await store.session(name, mark);
  const all = await store.narrowed(name);
  return all.find(({ fingerprint }) => fingerprint === mark)?.session;
}

async function follow(
  system: System,
  store: Store,
  name: string,
  wanted: Freshness,
  above: readonly string[],
): Promise<ProfileSession> {
  let stored = await profileNamed(store, name);
  const { minTtl = defaultMinTtl, narrowing } = wanted;
  const resolve = (each: Profile) => resolved(system, store, each, above, narrowing);
  let current = await resolve(stored);
  // A time in the future comes from a clock that was ahead.
  const after = wanted.after === undefined ? undefined : Math.min(wanted.after, system.now());
  const will = (session: Session) =>
    isFresh(session, system.now(), minTtl) && (after === undefined || session.issued > after);
  // A damaged session file must not block a forced renewal.
  const look = () =>
    keptIn(store, name, current.mark, narrowing).catch((error) => {
      if (after !== undefined && isDamage(error)) return undefined;
      throw error;
    });

  const kept = await look();
  let { agreed } = wanted;
  const confirm = async () => {
    if (!asks(current.profile, wanted)) return;
    if (isAgreed(current, { narrowing, agreed })) {
      agreed = current; // with what a sign-in learned meanwhile
      return;
    }
    if (wanted.isRenewal) throw unconfirmed(current.profile);
    const { confirmUse } = await import("./confirming.ts");
    agreed = await confirmUse(system, store, stored, { ...wanted, session: kept });
  };
  await confirm();
  // A base profile may change while a person is asked.
  if (kept && will(kept) && isAgreed(current, { narrowing, agreed })) {
    system.trace("kept session", {
      profile: name,
      left: formatTimeLeft(kept.expires - system.now()),
    });
    return { profile: current.profile, session: kept, fingerprint: current.full, agreed };
  }

  refuseCircle(system, stored);
  const asked = system.now();
  // Load lazily: a kept session needs none of this.
  const { storedProofs, turnToSignIn } = await import("./sign_in/proofs.ts");
  const lock = await turnToSignIn(system, store, nameKey(stored.name));
  try {
    // Another process may have renewed while this one waited, and learned settings.
    stored = await profileNamed(store, name);
    current = await resolve(stored);
    await confirm();
    const { profile, full } = current;
    const existing = (session: Session) => ({ profile, session, fingerprint: full, agreed });
    const second = await look();
    const lives = second !== undefined && isFresh(second, system.now(), 0);
    const isNew = lives && second.issued > asked;
    if (second && (will(second) || isNew)) return existing(second);
    const outcome = await renew(system, store, stored, {
      above,
      after: after ?? Math.min(second?.issued ?? 0, asked),
      earlier: second,
      proofs: storedProofs(system, store),
      mfaCode: wanted.mfaCode,
      narrowing,
      current,
    });
    const { profile: settled } = outcome;
    const save = () => replaceProfile(store, stored, settled);
    const changed = settled !== stored &&
      await asCourtesy(system, `the new settings of ${name} are not saved`, save);
    if ("error" in outcome) {
      const error = notTyped(outcome.error);
      const alive = second && isFresh(second, system.now(), 0);
      if (!alive || after !== undefined || !(error instanceof Failure && error.passing)) {
        throw error;
      }
      const left = formatTimeLeft(second.expires - system.now());
      system.say(
        `athm: warning: ${error.message}; using the kept session, which expires in ${left}`,
      );
      return existing(second);
    }
    const { session } = outcome;
    if (!isFresh(session, system.now(), minTtl)) {
      saySessionIsShort(system, profile, session, minTtl);
    }
    const whole = withKnownIdentity(session, second);
    // A base profile may have learned settings too, or a person changed it meanwhile.
    const fresh = await resolve(changed ? settled : stored);
    const now = isSameUse(current, fresh) ? fresh : current;
    if (agreed && asks(current.profile, wanted)) {
      agreed = now;
      const { keepAnswers } = await import("./confirming.ts");
      if (now.full !== current.full) await keepAnswers(system, store, current, now);
    }
    const keep = () =>
      narrowing
        ? store.saveNarrowed(name, { narrowing, session: whole, fingerprint: now.mark })
        : store.saveSession(name, whole, now.mark);
    await asCourtesy(system, `the session of ${name} is not kept`, keep);
    return { profile: now.profile, session: whole, fingerprint: now.full, agreed };
  } finally {
    lock?.release();
  }
}

/** Saves what a sign-in learned about the settings, unless the profile changed meanwhile. */
async function replaceProfile(store: Store, before: Profile, after: Profile): Promise<boolean> {
  return await store.change(async () => {
    const there = await store.profile(before.name);
    if (!there || !sameProfile(there, before)) return false;
    await store.saveProfile(after, { replace: true });
    return true;
  });
}

function saySessionIsShort(
  system: System,
  { name }: Profile,
  { expires }: Session,
  minTtl: number,
): void {
  const [life, wanted] = [expires - system.now(), minTtl].map(formatTimeLeft);
  system.say(`athm: note: the new session of ${name} lasts only ${life}, less than ${wanted}`);
}

/** GetSessionToken does not return the identity; an earlier lookup holds for the same key. */
function withKnownIdentity(session: Session, earlier: Session | undefined): Session {
  if (session.arn !== undefined || earlier?.arn === undefined) return session;
  const { arn, account } = earlier;
  return defined({ ...session, arn, account: account ?? session.account });
}

export interface Renewing {
  /** Profiles being signed in to that are based on this one. */
  readonly above: readonly string[];
  /** A shared sign-in must be newer than this. */
  readonly after: number;
  readonly earlier?: Session | undefined;
  /** True for settings that are not stored, whose profile has no name. */
  readonly once?: boolean;
  readonly adding?: boolean;
  readonly mfaCode?: string | undefined;
  readonly narrowing?: Narrowing | undefined;
  /** The profile as a person allowed it, if the use of it may ask. */
  readonly current?: Resolved | undefined;
  readonly proofs: Proofs;
}

/**
 * `store` is optional without a base profile. A failure is returned as the outcome's error.
 *
 * @throws {Failure} for a narrowing that is wrong or impossible
 */
export async function renew(
  system: System,
  store: Store | undefined,
  profile: Profile,
  { above, after, earlier, once, adding, proofs, mfaCode, narrowing, ...known }: Renewing,
): Promise<SignInResult> {
  refuseCircle(system, profile);
  // Load lazily: a kept session needs none of this.
  const { signIn } = await import("./sign_in/sign_in.ts");
  const current = known.current ?? (store && await resolved(system, store, profile, above));
  const whole = current?.profile ?? profile;
  const about = once ? { isSaved: false } : { name: profile.name, isSaved: !adding };
  // Before a person signs in for nothing.
  const ofBase = narrowing && await refuseImpossible(system, whole, narrowing, about);
  const chain = [...above, profile.name];
  const signing = { [signingIn]: [...signingInAbove(system), ...chain].join(",") };
  const context = {
    system,
    after,
    proofs,
    mfaCode,
    narrowing,
    ask: async (commandLine: string, title: string) => {
      const { askCommand } = await import("./sign_in/command.ts");
      return await askCommand(system, commandLine, title, { set: signing, unset: storeVariables });
    },
    help: async (spec: Parameters<ProofContext["help"]>[0]) => {
      const { limits } = await import("./sign_in/command.ts");
      const set = { ...signing, ...spec.set };
      return await system.children.help({ ...limits, ...spec, set, unset: storeVariables });
    },
    sessionOf: async (name: string) => {
      if (!store) throw noProfile(name, []);
      // A confirmed base is allowed with the profile based on it, and no other by its name.
      const base = current?.base;
      const agreed = base?.profile.confirm === undefined ? undefined : base;
      const narrower = ofBase ? narrowing : undefined;
      const wanted = defined({ mfaCode, narrowing: narrower, isRenewal: true, agreed });
      return (await follow(system, store, name, wanted, chain)).session;
    },
  };
  const what = `signing in to ${profile.name}`;
  const signedIn = await system.busy(what, () => signIn(whole, context));
  // Inherited settings are not saved.
  const { source } = signedIn.profile;
  const settled = source === profile.source ? profile : { ...profile, source };
  const outcome = { ...signedIn, profile: settled };
  if ("error" in outcome) {
    return { ...outcome, error: aboutProfile(outcome.error, about) };
  }
  const { session, requestId } = outcome;
  await system.audit({
    event: earlier ? "renewal" : "sign-in",
    profile: once ? undefined : profile.name,
    session: withKnownIdentity(session, earlier),
    request: requestId,
    narrowed: narrowing && narrowingWords(narrowing),
  });
  return outcome;
}

/** True if the base profile makes the narrower session. */
async function refuseImpossible(
  system: System,
  profile: ResolvedProfile,
  narrowing: Narrowing,
  about: ProfileAtHand,
): Promise<boolean> {
  const { isOfBase, narrowed } = await import("./sign_in/narrowing.ts");
  try {
    narrowed(system, profile, narrowing);
  } catch (error) {
    throw aboutProfile(error, about);
  }
  return isOfBase(profile);
}

/** For child commands: one that runs athm for the same profile would deadlock on its lock. */
const signingIn = "ATHM_SIGNING_IN";

function signingInAbove({ env }: System): string[] {
  return (env.get(signingIn) ?? "").split(",").filter(Boolean);
}

function refuseCircle(system: System, { name }: Profile): void {
  if (!signingInAbove(system).some((each) => nameKey(each) === nameKey(name))) return;
  throw new Failure(
    "source",
    `${name} depends on itself: the command that signs in to it requests its credentials`,
    "use another source, or point its credential_process or --mfa-command at another profile",
  );
}
