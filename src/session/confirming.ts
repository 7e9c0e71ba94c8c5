// A confirmed profile asks a person before each use. An answer holds for the terminal, or without
// one for the programs, that it was given in: the file of an answer is named after those, the
// profile, its time and its session's fingerprint, and sealed with the store's key like every other
// record. So an answer cannot be forged, or copied to another terminal or profile, and a profile
// whose settings change asks again.

import { type Narrowing, narrowingWords, type Session } from "../model/credentials.ts";
import { defined } from "../model/fields.ts";
import { Failure } from "../model/failure.ts";
import { formatDuration } from "../model/duration.ts";
import { nameKey } from "../model/names.ts";
import type { Profile, ResolvedProfile } from "../model/profile.ts";
import type { Confirmation } from "../model/proofs.ts";
import { mostAllowed } from "../model/session_policy.ts";
import { plain, shownCommand } from "../model/shown_command.ts";
import { factsOf } from "../sources/all_sources.ts";
import { asCourtesy } from "../store/files/writing.ts";
import type { Store } from "../store/store.ts";
import type { HeldLock } from "../system/files.ts";
import type { System } from "../system/system.ts";
import { digest, type Resolved, resolved } from "./sign_in/fingerprint.ts";
import { outlineOf } from "./outlines.ts";
import { askForConsent, refuseUnattended, type Required } from "./consent.ts";
import { type ShownIdentity, shownIdentity } from "./shown_identity.ts";
import type { Deed, SessionUse } from "./use.ts";

/** Characters of a policy's actions and ARNs. */
const longestRow = 320;

export interface UseToConfirm extends SessionUse {
  /** The kept one, to show whose it is. */
  readonly session?: Session | undefined;
  /** True for settings that are not stored, which are asked about as their base profile. */
  readonly isUnnamed?: boolean;
}

/**
 * Returns once a person allowed this use, or did so recently enough. A yes to the full session is one
 * to every narrower session.
 *
 * @returns the profile as it was allowed: {@link SessionUse.agreed} of later uses
 * @throws {Failure} `denied`; `needs-person` if athm cannot prompt, `cancelled`
 */
export async function confirmUse(
  system: System,
  store: Store,
  settings: Profile,
  { narrowing, deed, session, isUnnamed }: UseToConfirm,
): Promise<Resolved> {
  const allowed = await resolved(system, store, settings, [], narrowing);
  const { profile: whole, mark, full } = allowed;
  const { confirmFrom: base, ...own } = whole;
  const profile = isUnnamed && base !== undefined ? { ...own, name: base } : whole;
  const { name, confirm = 0 } = profile;
  const marks = [...new Set([mark, full])];
  const identity = await identityOf(store, profile, session);
  const use = { profile, identity, session, narrowing, deed };
  const place = await system.terminalId();
  if (place === undefined) {
    await askAboutUse(system, use, undefined);
    return allowed;
  }
  const began = system.now();
  const fileOf = (each: string) => answerName(place, profile, each);
  const answers = () => Promise.all(marks.map((each) => store.confirmations.find(fileOf(each))));
  const isYes = (kept: Confirmation | undefined) =>
    kept?.answer === "yes" && kept.at <= system.now() && system.now() < kept.at + confirm * 1000;
  if ((await answers()).some(isYes)) {
    system.trace("confirmed", { profile: name });
    return allowed;
  }
  await refuseUnattended(system, requiredOf(name));
  const lock = await turnToAsk(system, store, place);
  try {
    // Another process may have asked meanwhile: many that start at once ask once.
    const now = await answers();
    if (now.some(isYes)) return allowed;
    if (now[0]?.answer === "no" && now[0].at > began) throw denied(name);
    const keep = (answer: Confirmation["answer"]) =>
      asCourtesy(system, `the answer about ${name} is not kept`, async () => {
        await store.confirmations.save(fileOf(mark), { answer, at: system.now() });
      });
    try {
      await askAboutUse(system, use, confirm > 0 ? place : undefined);
    } catch (error) {
      if (error instanceof Failure && error.code === "denied") await keep("no");
      throw error;
    }
    if (confirm > 0) await keep("yes");
    return allowed;
  } finally {
    lock?.release();
  }
}

/** With the time that the question named: a yes for it is none for a longer one. */
function answerName(place: string, { name, confirm }: ResolvedProfile, mark: string): string {
  return [place, nameKey(name), `${confirm} s`, mark].join("\n");
}

/** What a sign-in added to the settings is no reason to ask again: a yes holds as long as before. */
export async function keepAnswers(
  system: System,
  store: Store,
  before: Resolved,
  after: Resolved,
): Promise<void> {
  const { profile } = before;
  const { name } = profile;
  const place = await system.terminalId();
  if (place === undefined) return;
  // Without a restriction, both marks are the same.
  const marks = new Map([[before.mark, after.mark], [before.full, after.full]]);
  await asCourtesy(system, `the answer about ${name} is not kept`, async () => {
    for (const [from, to] of marks) {
      const answer = await store.confirmations.find(answerName(place, profile, from));
      if (answer) await store.confirmations.save(answerName(place, profile, to), answer);
    }
  });
}

/** Those who wait for the same terminal. Without a lock on this disk, each asks. */
async function turnToAsk(
  system: System,
  store: Store,
  place: string,
): Promise<HeldLock | undefined> {
  // Of the many terminals, a few share a file.
  const turn = await store.signInLock(`confirm ${(await digest(place)).slice(0, 2)}`);
  const free = () => turn.tryLock() ?? turn.lock(new Promise(() => {}));
  return await asCourtesy(
    system,
    "asking without a lock",
    () => system.busy("waiting for the answer to another athm process", async () => await free()),
  );
}

/** A profile without a role has the identity of its base profile. */
async function identityOf(
  store: Store,
  profile: Profile,
  session: Session | undefined,
): Promise<ShownIdentity> {
  const { base } = factsOf(profile.source);
  const isOwn = session !== undefined || base === undefined || profile.roleArns.length > 0;
  const below = isOwn ? undefined : await store.profile(base);
  return below
    ? await identityOf(store, below, undefined)
    : shownIdentity(outlineOf(profile), session);
}

interface AskedUse {
  readonly profile: ResolvedProfile;
  readonly identity: ShownIdentity;
  /** The kept one, to show whose it is. */
  readonly session: Session | undefined;
  readonly narrowing: Narrowing | undefined;
  readonly deed: Deed | undefined;
}

/** @param place where the answer will hold; nothing if it holds for this use alone */
async function askAboutUse(
  system: System,
  { profile, identity: { account, role }, session, narrowing, deed }: AskedUse,
  place: string | undefined,
): Promise<void> {
  const { name, confirm = 0, confirmFrom } = profile;
  const of = confirmFrom === undefined ? name : `${name}, which is based on ${confirmFrom}`;
  const same = narrowing ? " with this restriction" : "";
  const where = system.terminal.canAsk ? "in this terminal" : "by the same programs";
  await askForConsent(system, {
    about: `confirm this use of the profile ${of}`,
    rows: {
      account: account ?? "unknown until it signs in",
      role: role ?? undefined,
      ...narrowing && restrictionRows(narrowing),
      command: deed && shownCommand(deed.words),
    },
    scope: place === undefined
      ? undefined
      : `and any use of ${name}${same} ${where} for ${formatDuration(confirm)}`,
    required: requiredOf(name),
    refusal: denied(name),
    events: [{
      profile: name,
      session: defined({
        arn: session?.arn ?? profile.roleArns.at(-1),
        account: account ?? undefined,
      }),
      narrowed: narrowing && narrowingWords(narrowing),
      command: deed?.audited,
    }],
  });
}

/** A policy's name and the end of an ARN say nothing of what it allows; all of it is as typed. */
function restrictionRows({ policyArns = [], policy, ...others }: Narrowing) {
  const words = [narrowingWords({ ...others, ...defined({ policy }) }), ...policyArns];
  return {
    "restricted to": cut(words.filter(Boolean).join(", ")),
    "policy allows": policy === undefined ? undefined : cut(mostAllowed(policy)),
  };
}

function cut(text: string): string {
  const shown = plain(text);
  const more = shown.length - longestRow;
  return more > 0 ? `${shown.slice(0, longestRow)}… (${more} more characters)` : shown;
}

export interface ChangeToConfirm {
  /** What is about to happen, as `this change of the profile work`. */
  readonly about: string;
  readonly profiles: readonly Pick<Profile, "name">[];
  readonly deed: Deed;
}

/**
 * Asks before a change that could end the asking, or get around it. The answer is not kept.
 *
 * @throws {Failure} as {@link confirmUse}
 */
export async function confirmChange(
  system: System,
  { about, profiles, deed }: ChangeToConfirm,
): Promise<void> {
  await askForConsent(system, {
    about: `confirm ${about}`,
    rows: { command: shownCommand(deed.words) },
    scope: undefined,
    required: {
      what: `a person must confirm ${about}`,
      hint: "run it on a terminal",
    },
    refusal: new Failure("denied", `you did not allow ${about}`),
    events: profiles.map(({ name }) => ({ profile: name, command: deed.audited })),
  });
}

function requiredOf(name: string): Required {
  return {
    what: `the use of ${name} must be confirmed`,
    hint: "run it on a terminal, or use --read-only, for which athm does not ask",
  };
}

function denied(name: string): Failure {
  return new Failure("denied", `you did not allow the use of ${name}`);
}
