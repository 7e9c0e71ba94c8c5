import { type AccessKey, connectIam, type Iam } from "../../aws/iam.ts";
import { connectSts, type Sts } from "../../aws/sts.ts";
import { parsePrincipalArn, type PrincipalArn } from "../../model/arn.ts";
import { type Credentials, rfc3339 } from "../../model/credentials.ts";
import { Failure, quote } from "../../model/failure.ts";
import { iamEndpoint } from "../../model/iam_endpoint.ts";
import type { Profile } from "../../model/profile.ts";
import { keyNoteExpires, keyNoteName } from "../../model/proofs.ts";
import { Secret } from "../../model/secret.ts";
import { storeVariables } from "../../model/variables.ts";
import type { FirstKey } from "../../sources/source.ts";
import { factsOf, sourceOf } from "../../sources/all_sources.ts";
import type { Listed, Store } from "../../store/store.ts";
import type { System } from "../../system/system.ts";
import { askCommand } from "../sign_in/command.ts";
import { digest } from "../sign_in/fingerprint.ts";
import { profileNamed } from "../keep.ts";
import { endpointOf } from "../sign_in/network.ts";
import { deletes, known, made, retired, told, withdrawn } from "./new_key.ts";
import { storedProofs, waitForTurn } from "../sign_in/proofs.ts";
import { sharedSignIn, userSession } from "../sign_in/user_session.ts";
import { trustedPem } from "../../system/trusted_pem.ts";

export interface Rotation {
  /** Deactivates the old key instead of deleting it. */
  readonly keepOld: boolean;
  readonly mfaCode?: string | undefined;
  readonly iamUrl?: string | undefined;
}

export interface Rotated {
  readonly user: string;
  readonly oldKeyId: string;
  readonly newKeyId: string;
  readonly old: "deleted" | "inactive";
  /** Every profile that got the new key. */
  readonly profiles: readonly string[];
}

/**
 * Replaces a user's access key: creates a new one, waits until AWS accepts it, saves it in all
 * profiles that have the old one, then deletes the old one. Whatever fails, each profile holds a
 * working key, and the next call resumes.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html#rotating_access_keys_cli
 *
 * @throws {Failure} what AWS or the store refuses; the message says what is left to do
 */
export async function rotateKey(
  system: System,
  store: Store,
  name: string,
  { keepOld, iamUrl, mfaCode }: Rotation,
): Promise<Rotated> {
  const same = sameCall(name, { keepOld, iamUrl });
  const profile = await profileNamed(store, name);
  const key = keyOf(profile);
  const endpoint = endpointOf(system, profile);
  const trusted = trustedPem(system, profile);
  using http = await system.http(endpoint.url, trusted);
  const sts = connectSts(system, http, endpoint);
  const identity = await sts.getCallerIdentity(key);
  const principal = parsePrincipalArn(identity.arn);
  const user = whose(principal);
  const iamPlace = iamEndpoint(principal.partition, profile.network, iamUrl);
  const lock = await waitForTurn(system, await store.signInLock(keyNoteName(identity.arn)));
  try {
    const now = keyOf(await profileNamed(store, name));
    if (now.accessKeyId !== key.accessKeyId) {
      throw new Failure("exists", `another athm process just replaced the key of ${name}`);
    }
    const credentials = await proven(system, store, profile, key, sts, mfaCode);
    using iamHttp = await system.http(iamPlace.url, trusted);
    const iamOf = (credentials: Credentials) =>
      connectIam({
        system,
        http: iamHttp,
        endpoint: iamPlace,
        credentials,
        userName: principal.kind === "user" ? principal.name : undefined,
        skew: sts.skew,
      });
    const iam = iamOf(credentials);
    const keys = await iam.listAccessKeys();
    const begun = await begunEarlier(store, identity.arn, keys);
    if (!begun) refuseSecondKey(await store.profiles(), keys, user, key.accessKeyId);
    const old = begun?.oldKeyId ?? key.accessKeyId;
    const fresh = begun?.fresh ??
      await noted(system, store, identity.arn, old, iam, await made(iam, user, keys));
    try {
      await known(system, sts, identity, fresh);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // Never delete a key that a profile may have, or that AWS was not asked about.
      if (begun || error.passing || !(await withdrawn(iam, fresh))) throw told(error, goesOn(same));
      await store.removeSession(keyNoteName(identity.arn));
      throw told(error, unchanged);
    }
    const profiles = await kept(store, old, fresh, same);
    // The profile was removed while waiting; the person may still use the old key.
    if (!profiles.length) throw unclaimed(name, same, user, old, fresh.accessKeyId);
    await system.audit({ event: "rotate-key", profile: profile.name });
    await retired(iam, iamOf(fresh), old, keepOld, { name: profile.name, same });
    await store.removeSession(keyNoteName(identity.arn));
    return {
      user,
      oldKeyId: old,
      newKeyId: fresh.accessKeyId,
      old: keepOld ? "inactive" : "deleted",
      profiles,
    };
  } finally {
    lock.release();
  }
}

function keyOf({ name, source }: Profile): Credentials {
  const { base, key } = factsOf(source);
  if (base !== undefined) {
    throw new Failure(
      "source",
      `${name} has no access key: its source is the profile ${base}`,
      `athm aws rotate-key ${base}`,
    );
  }
  if (!key?.credentials || !key.replaced) {
    throw new Failure(
      "source",
      `${name} has no access key: its credentials come from ${sourceOf(source).kind}`,
      `athm aws exec ${name} --rotate forces a new session`,
    );
  }
  if (key.credentials.sessionToken) {
    throw new Failure(
      "source",
      `${name} has temporary credentials, which expire by themselves`,
      `replace them with athm aws add ${name} --force`,
    );
  }
  return key.credentials;
}

function whose({ kind, name, account, resource }: PrincipalArn): string {
  if (kind === "user") return name;
  if (kind === "root") return `the root user of ${account}`;
  throw new Failure("source", `the key does not belong to an IAM user: ${resource}`);
}

/** The key, or an MFA session made from it, for policies that require MFA. */
async function proven(
  system: System,
  store: Store,
  profile: Profile,
  key: Credentials,
  sts: Sts,
  mfaCode: string | undefined,
): Promise<Credentials> {
  if (!await sharedSignIn(profile, key)) return key;
  const ask = (commandLine: string, title: string) =>
    askCommand(system, commandLine, title, { set: {}, unset: storeVariables });
  const proofs = storedProofs(system, store);
  const context = { system, sts, proofs, ask, mfaCode, after: 0 };
  return (await userSession(profile, key, context)).session;
}

const unchanged = "nothing changed: the old key remains, and the new key was deleted";

function goesOn(same: string): string {
  return `the old key still works; run athm aws rotate-key ${same} to continue`;
}

/** The operand and options that repeat a call. */
function sameCall(name: string, { keepOld, iamUrl }: Rotation): string {
  const options = [
    ...keepOld ? ["--keep-old"] : [],
    ...iamUrl === undefined ? [] : ["--iam-endpoint-url", quote(iamUrl)],
  ];
  return [name, ...options].join(" ");
}

/** Keep the note: a profile added later with the old key resumes from it. */
function unclaimed(
  name: string,
  same: string,
  user: string,
  oldKeyId: string,
  newKeyId: string,
): Failure {
  return new Failure(
    "not-found",
    `no profile uses the key ${oldKeyId} anymore, so nothing was deleted: ` +
      `${user} has it and the new ${newKeyId}`,
    `athm aws add ${name} with the old key, then athm aws rotate-key ${same}, to continue; otherwise: ` +
      deletes(user, newKeyId),
  );
}

/** A rotation interrupted between creating the new key and deleting the old one. */
interface Begun {
  readonly oldKeyId: string;
  readonly fresh: Credentials;
}

/** The user's keys show which of them the note may be about. */
async function begunEarlier(
  store: Store,
  arn: string,
  keys: readonly AccessKey[],
): Promise<Begun | undefined> {
  for (const { accessKeyId: oldKeyId } of keys) {
    const fresh = await store.session(keyNoteName(arn), await digest([arn, oldKeyId]));
    if (!fresh || !keys.some(({ accessKeyId }) => accessKeyId === fresh.accessKeyId)) continue;
    const { accessKeyId, secretAccessKey } = fresh;
    return { oldKeyId, fresh: { accessKeyId, secretAccessKey } };
  }
  return undefined;
}

/** Saves the new key first: AWS returns its secret only once. */
async function noted(
  system: System,
  store: Store,
  arn: string,
  oldKeyId: string,
  iam: Iam,
  fresh: Credentials,
): Promise<Credentials> {
  const note = {
    ...fresh,
    sessionToken: new Secret(""),
    issued: system.now(),
    expires: keyNoteExpires,
    arn,
  };
  try {
    const fingerprint = await digest([arn, oldKeyId]);
    await store.shared.sessions.save(keyNoteName(arn), { session: note, fingerprint });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const gone = await withdrawn(iam, fresh);
    throw told(error, gone ? unchanged : `the old key remains; delete ${fresh.accessKeyId} in IAM`);
  }
  return fresh;
}

/** AWS allows two keys per user, so there must be room for the new one. */
function refuseSecondKey(
  listed: readonly Listed[],
  keys: readonly AccessKey[],
  user: string,
  ownKeyId: string,
): void {
  const other = keys.find(({ accessKeyId }) => accessKeyId !== ownKeyId);
  if (!other) return;
  const { accessKeyId, active, created } = other;
  const since = created === undefined ? "" : `, made ${rfc3339(created)}`;
  const users = listed.flatMap((each) =>
    "profile" in each && keyIn(each.profile, accessKeyId) ? [each.profile.name] : []
  );
  const used = users.length ? `, used by ${users.join(", ")}` : "";
  throw new Failure(
    "aws",
    `${user} already has two access keys, the AWS limit: the other one is ` +
      `${accessKeyId} (${active ? "active" : "inactive"}${since}${used})`,
    `if it is unused: ${deletes(user, accessKeyId)}`,
  );
}

/** Replaces the old key in every profile; returns those that have the new one. */
async function kept(
  store: Store,
  oldKeyId: string,
  fresh: Credentials,
  same: string,
): Promise<readonly string[]> {
  const names: string[] = [];
  try {
    await store.change(async () => {
      for (const each of await store.profiles()) {
        if ("damaged" in each) continue;
        const { profile } = each;
        const { replaced } = keyIn(profile, oldKeyId) ?? {};
        if (replaced) {
          await store.saveProfile({ ...profile, source: replaced(fresh) }, { replace: true });
        } else if (!keyIn(profile, fresh.accessKeyId)) continue;
        names.push(profile.name);
      }
    });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw told(error, goesOn(same));
  }
  return names;
}

function keyIn({ source }: Profile, accessKeyId: string): FirstKey | undefined {
  const { key } = factsOf(source);
  return key?.credentials?.accessKeyId === accessKeyId ? key : undefined;
}
