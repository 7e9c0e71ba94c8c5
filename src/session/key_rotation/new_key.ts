import type { AccessKey, Iam } from "../../aws/iam.ts";
import type { CallerIdentity, Sts } from "../../aws/sts.ts";
import type { Credentials } from "../../model/credentials.ts";
import { changed, Failure } from "../../model/failure.ts";
import type { System } from "../../system/system.ts";

/** Milliseconds to wait for a new key to become known; a minute is rarely needed. */
const patience = 60_000;
/** Milliseconds before the second check; doubles up to the longest. */
const waits = { first: 1_000, longest: 10_000 };
/** Consecutive successful checks required: AWS's servers learn of a key one by one. */
const looks = 2;

/**
 * @throws {Failure} what IAM returns. If the response was lost, the hint says what may be left; an
 * unexpected key is not deleted then, since it may belong to another program.
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

export function deletes(user: string, accessKeyId: string): string {
  const whose = user.includes(" ") ? "" : ` --user-name ${user}`;
  return `aws iam delete-access-key${whose} --access-key-id ${accessKeyId}`;
}

/**
 * Waits until STS accepts the new key as the same user's.
 * @throws {Failure} after a minute; `network` or `aws-passing` if there may be another reason
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

/** Deletes an unused new key; false unless IAM confirms it. */
export async function withdrawn(iam: Iam, { accessKeyId }: Credentials): Promise<boolean> {
  try {
    await iam.deleteAccessKey(accessKeyId);
    return true;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return false;
  }
}

/** @throws {Failure} saying that the old key still exists */
export async function retired(
  iam: Iam,
  fresh: Iam,
  oldKeyId: string,
  keepOld: boolean,
  { name, same }: { readonly name: string; readonly same: string },
): Promise<void> {
  try {
    await (keepOld ? iam.deactivateAccessKey(oldKeyId) : iam.deleteAccessKey(oldKeyId));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    // The response may be lost, and a deleted key cannot sign another request.
    const now = await fresh.listAccessKeys().catch(() => undefined);
    const there = now?.find(({ accessKeyId }) => accessKeyId === oldKeyId);
    if (now && (keepOld ? there?.active === false : !there)) return;
    throw told(
      new Failure(
        error.code,
        `${name} has a new key, but the old one is still active: ${error.message}`,
      ),
      `athm aws rotate-key ${same} retries this`,
    );
  }
}

/** The failure with a hint for what is left to do. */
export function told(failure: Failure, left?: string): Failure {
  return changed(failure, { hint: left });
}
