import type { AccessKey, Iam } from "../../aws/iam.ts";
import type { CallerIdentity, Sts } from "../../aws/sts.ts";
import type { Credentials } from "../../model/credentials.ts";
import { changed, Failure } from "../../model/failure.ts";
import type { System } from "../../system/system.ts";

/** Milliseconds for which a new key may be unknown; that it takes a minute is rare. */
const patience = 60_000;
/** Milliseconds before the second look at a new key; they double up to the longest. */
const waits = { first: 1_000, longest: 10_000 };
/** Looks in a row that must know the new key: AWS's servers learn of it one by one. */
const looks = 2;

/**
 * A new key of the user's, who has the keys `before`.
 *
 * @throws {Failure} what IAM refuses; where the answer was lost, the hint says what may be left. A key
 * that is new is not deleted then: it may be somebody else's.
 */
export async function made(
  iam: Iam,
  user: string,
  before: readonly AccessKey[],
): Promise<Credentials> {
  try {
    return await iam.createAccessKey();
  } catch (error) {
    if (!(error instanceof Failure) || !error.passing) throw error;
    const now = await iam.listAccessKeys().catch(() => undefined);
    const others = now?.filter(({ accessKeyId }) =>
      !before.some((each) => each.accessKeyId === accessKeyId)
    );
    if (!others) {
      throw told(error, `the old key remains; check in IAM whether ${user} has a new one`);
    }
    const [other] = others;
    if (!other) throw error;
    throw told(
      error,
      `the old key remains; ${other.accessKeyId} is new and its secret is lost: ` +
        deletes(user, other.accessKeyId),
    );
  }
}

/** The command that deletes a key. */
export function deletes(user: string, accessKeyId: string): string {
  const whose = user.includes(" ") ? "" : ` --user-name ${user}`;
  return `aws iam delete-access-key${whose} --access-key-id ${accessKeyId}`;
}

/**
 * Waits until STS knows the new key as the same user's.
 *
 * @throws {Failure} when it does not within a minute: `network` or `aws-passing` where that may have
 * another reason
 */
export async function known(
  system: System,
  sts: Sts,
  { arn }: CallerIdentity,
  fresh: Credentials,
): Promise<void> {
  const end = system.monotonic() + patience;
  let wait = waits.first;
  let failure: Failure | undefined;
  for (let seen = 0; seen < looks;) {
    try {
      const identity = await sts.getCallerIdentity(fresh);
      if (identity.arn !== arn) throw new Failure("aws", `the new key does not belong to ${arn}`);
      seen++;
      if (seen < looks) await system.sleep(waits.first);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failure = error;
      seen = 0;
      if (system.monotonic() + wait > end) break;
      await system.sleep(wait);
      wait = Math.min(wait * 2, waits.longest);
      continue;
    }
    if (seen === looks) return;
  }
  const what = `the new key ${fresh.accessKeyId} did not become active within a minute`;
  throw new Failure(failure?.code ?? "aws", `${what}: ${failure?.message}`);
}

/** Deletes a new key that nothing uses yet; false where IAM does not say that it is gone. */
export async function withdrawn(iam: Iam, { accessKeyId }: Credentials): Promise<boolean> {
  try {
    await iam.deleteAccessKey(accessKeyId);
    return true;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return false;
  }
}

/**
 * The old key goes, or is made inactive.
 *
 * @param fresh asks with the new key
 * @throws {Failure} saying that the old key is still there
 */
export async function retired(
  iam: Iam,
  fresh: Iam,
  oldKeyId: string,
  keepOld: boolean,
  name: string,
): Promise<void> {
  try {
    await (keepOld ? iam.deactivateAccessKey(oldKeyId) : iam.deleteAccessKey(oldKeyId));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    // The answer may be lost, and who signed with the old key cannot ask any more.
    const now = await fresh.listAccessKeys().catch(() => undefined);
    const there = now?.find(({ accessKeyId }) => accessKeyId === oldKeyId);
    if (now && (keepOld ? there?.active === false : !there)) return;
    throw told(
      new Failure(
        error.code,
        `${name} has a new key, but the old one is still active: ${error.message}`,
      ),
      `athm aws rotate-key ${name}${keepOld ? " --keep-old" : ""} retries this`,
    );
  }
}

/** The failure with another hint: what is left to do. */
export function told(failure: Failure, left?: string): Failure {
  return changed(failure, { hint: left });
}
