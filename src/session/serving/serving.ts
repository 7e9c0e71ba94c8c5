// The clients of `athm serve`, each with its profiles, its restriction and its end. The server reads
// a client's record at every request, so that removing one works without a restart. Clients with the
// same profile and restriction share a session, and never one with another restriction.

import { type Narrowing, narrowingWords, rfc3339, type Session } from "../../model/credentials.ts";
import { sameText } from "../../model/constant_time.ts";
import { Failure } from "../../model/failure.ts";
import { isName, nameKey } from "../../model/names.ts";
import type { ServeClient } from "../../model/proofs.ts";
import type { Audit, AuditEvent, System } from "../../system/system.ts";
import { profileNamed } from "../keep.ts";
import { keep, type Keeper } from "../renewal/keeper.ts";
import { lasting, storedRenewal } from "../renewal/renewal.ts";
import { canonical, type Resolved } from "../sign_in/fingerprint.ts";
import type { Store } from "../stores.ts";
import { hashOfToken, tokenPattern } from "./token.ts";

/** The label of the client with the token of the server's own file. */
export const defaultLabel = "default";

/** What `athm serve` was started with. */
export interface Serving {
  readonly store: Store;
  /** The profiles to serve; empty for all. */
  readonly only: readonly string[];
  /** What a person allowed of those that ask before each use, by the key of the name. */
  readonly confirmed: ReadonlyMap<string, Resolved>;
  /** For all clients. */
  readonly narrowing: Narrowing | undefined;
  /** The client `default`, whose token may be removed while the server runs. */
  readonly usual: { readonly exists: () => boolean; readonly has: (token: string) => boolean };
  readonly signal: AbortSignal;
}

/** Sessions by the path of a request, for one client. */
export interface Served {
  readonly credentials: (path: string) => Promise<Session> | undefined;
}

export interface Clients {
  /** The client with this token. @throws {Failure} if the store cannot be read */
  readonly client: (token: string) => Promise<Served | undefined>;
  /** Signs in for the client `default` ahead of its requests. */
  readonly prepare: (name: string) => void;
  /** Waits until all fetches are in the audit log. */
  readonly logged: () => Promise<void>;
}

/** A session that is kept fresh, and the hashes of the tokens of the clients that fetched it. */
interface SharedSession {
  readonly keeper: Keeper;
  readonly users: Set<string>;
}

/** Instead of a hash. */
const usualUser = "";

export function servedClients(
  system: System,
  { store, only, confirmed, narrowing: ofServer, usual, signal }: Serving,
): Clients {
  const quiet = lasting(system, store);
  const log = batched(system.audit);
  const shared = new Map<string, SharedSession>();
  const served = new Set(only.map(nameKey));
  const isServed = (name: string) => served.size === 0 || served.has(nameKey(name));

  async function isUser(user: string): Promise<boolean> {
    if (user === usualUser) return usual.exists();
    const client = await quiet.clients.find(user);
    return client !== undefined && !hasEnded(client, system.now());
  }

  /** Clients that are gone must not keep a session alive. */
  async function isWanted(users: Set<string>): Promise<boolean> {
    for (const user of users) {
      if (await isUser(user)) return true;
      users.delete(user);
    }
    return false;
  }

  /** The session of a profile that exists, under exactly this restriction. */
  async function sessionFor(
    name: string,
    narrowing: Narrowing | undefined,
    user: string,
  ): Promise<Session> {
    const key = JSON.stringify([nameKey(name), restriction(narrowing)]);
    if (!shared.has(key)) await profileNamed(quiet, name);
    const { keeper, users } = shared.get(key) ?? share(key, name, narrowing);
    users.add(user);
    return await keeper.current();
  }

  function share(key: string, name: string, narrowing: Narrowing | undefined): SharedSession {
    const users = new Set<string>();
    const stop = new AbortController();
    const agreed = confirmed.get(nameKey(name));
    const renewal = storedRenewal(system, quiet, name, { narrowing, agreed });
    const keeper = keep(system, undefined, {
      ...renewal,
      renew: async (after) => {
        if (await isWanted(users)) return await renewal.renew(after);
        shared.delete(key);
        stop.abort();
        throw new Failure("network", `no client of ${name} is left`, "retry in a moment");
      },
    });
    keeper.run(AbortSignal.any([signal, stop.signal])).catch((error) => {
      system.trace("renewal stopped", { profile: name, error: String(error?.name) });
    });
    const made = { keeper, users };
    shared.set(key, made);
    return made;
  }

  function usualCredentials(token: string, path: string): Promise<Session> | undefined {
    const name = nameIn(path);
    if (name === undefined || !isServed(name)) return undefined;
    // Which profiles exist is hidden.
    return whileItExists(new Failure("not-found", "not found"), async () => {
      const session = await sessionFor(name, ofServer, usualUser);
      // A sign-in takes time, in which the token may be removed.
      if (!usual.has(token)) throw revoked(defaultLabel);
      return recorded(defaultLabel, name, ofServer, session);
    });
  }

  function credentialsOf(client: ServeClient, path: string): Promise<Session> | undefined {
    const { label, profiles, tokenHash, expires = Infinity } = client;
    const asked = nameIn(path);
    const name = profiles.find((each) => asked !== undefined && nameKey(each) === nameKey(asked));
    const refused = () => {
      void log({ event: "serve-refused", client: label, profile: name ?? asked });
      return undefined;
    };
    const refuse = (failure: Failure) => {
      refused();
      return Promise.reject(failure);
    };
    if (hasEnded(client, system.now())) return refuse(ended(client));
    if (name === undefined) return refused();
    if (!isServed(name)) return refuse(notServed(name));
    const both = bothRestrictions(ofServer, client);
    if (both instanceof Failure) return refuse(both);
    return whileItExists(profileIsGone(label, name), async () => {
      const session = await sessionFor(name, both.narrowing, tokenHash);
      // A sign-in takes time, in which the client may end.
      if (!await quiet.clients.find(tokenHash)) return await refuse(revoked(label));
      if (hasEnded(client, system.now())) return await refuse(ended(client));
      // Programs fetch again when it expires, and learn then that the client has ended.
      const until = Math.min(session.expires, expires);
      return recorded(label, name, both.narrowing, { ...session, expires: until });
    });
  }

  function recorded(
    client: string,
    profile: string,
    narrowing: Narrowing | undefined,
    session: Session,
  ): Session {
    const narrowed = narrowing && narrowingWords(narrowing);
    void log({ event: "serve", client, profile, session, narrowed });
    return session;
  }

  return {
    async client(token) {
      if (!tokenPattern.test(token)) return undefined;
      const hash = await hashOfToken(token);
      const client = await quiet.clients.find(hash);
      // First: the token of a client is never that of `default`, even in the file of both.
      if (client && sameText(client.tokenHash, hash)) {
        return { credentials: (path) => credentialsOf(client, path) };
      }
      return usual.has(token)
        ? { credentials: (path) => usualCredentials(token, path) }
        : undefined;
    },
    // The keeper reports failures, and so does the response to a client.
    prepare: (name) => void sessionFor(name, ofServer, usualUser).catch(() => {}),
    logged: () => log(),
  };
}

export function hasEnded({ expires = Infinity }: ServeClient, now: number): boolean {
  return expires <= now;
}

/** What a client may at most, or why its restriction and the server's exclude each other. */
function bothRestrictions(
  ofServer: Narrowing | undefined,
  { label, narrowing }: ServeClient,
): { readonly narrowing: Narrowing | undefined } | Failure {
  if (!ofServer || !narrowing || restriction(ofServer) === restriction(narrowing)) {
    return { narrowing: narrowing ?? ofServer };
  }
  // AWS would allow what either of them allows.
  return new Failure(
    "source",
    `this server is restricted to ${narrowingWords(ofServer)}, the client ${label} to ` +
      `${narrowingWords(narrowing)}, and AWS cannot apply both`,
    "start athm serve without a restriction of its own",
  );
}

/** Equal for restrictions that allow the same; another one than none, even if it is empty. */
function restriction(narrowing: Narrowing | undefined): string | null {
  return narrowing ? canonical({ ...narrowing, named: undefined }) : null;
}

function nameIn(path: string): string | undefined {
  const name = path.startsWith("/") ? path.slice(1) : "";
  return isName(name) ? name : undefined;
}

export function ended({ label, expires = 0 }: ServeClient): Failure {
  return new Failure(
    "needs-person",
    `the client ${label} expired at ${rfc3339(expires)}`,
    `run athm serve token add ${label} --profile NAME to add it again`,
  );
}

function revoked(label: string): Failure {
  return new Failure("denied", `the token of the client ${label} was removed`);
}

function notServed(name: string): Failure {
  return new Failure(
    "not-found",
    `this server does not serve ${name}`,
    `start athm serve with ${name} as well, or without profiles to serve all`,
  );
}

function profileIsGone(label: string, name: string): Failure {
  return new Failure(
    "not-found",
    `the profile ${name} of the client ${label} was removed or renamed`,
    `run athm serve token add ${label} --force --profile NAME to give it another`,
  );
}

async function whileItExists<T>(gone: Failure, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Failure && error.code === "not-found" ? gone : error;
  }
}

/** Writes what came during one write in the next one, since each waits for the disk. */
function batched(audit: Audit): Audit {
  const waiting: AuditEvent[] = [];
  let last = Promise.resolve();
  let next: Promise<void> | undefined;
  return (...events) => {
    waiting.push(...events);
    if (!next) {
      last = last.then(() => {
        next = undefined;
        return audit(...waiting.splice(0));
      });
      next = last;
    }
    return next;
  };
}
