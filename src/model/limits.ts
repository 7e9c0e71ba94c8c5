import { parsePolicyArn } from "./arn.ts";
import { formatDuration } from "./duration.ts";
import { usage } from "./failure.ts";
import { isJsonObject } from "./json_object.ts";
import { refuseSecurityKey } from "./security_key.ts";
import type { Tag } from "./profile.ts";

/*
 * AWS's limits, checked before anything is sent, so that what is wrong is said in the words of the
 * command line. Numbers and alphabets are those of the STS service model:
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 * AWS's `\w` means ASCII. Each function gives back what it was given, or throws a `usage` failure.
 */

interface TextLimit {
  readonly least: number;
  readonly most: number;
  readonly pattern: RegExp;
  /** The alphabet in words. */
  readonly of: string;
}

const sessionName: TextLimit = {
  least: 2,
  most: 64,
  pattern: /^[A-Za-z0-9_+=,.@-]*$/,
  of: "letters, digits and _+=,.@-",
};
const externalId: TextLimit = {
  least: 2,
  most: 1224,
  pattern: /^[A-Za-z0-9_+=,.@:/-]*$/,
  of: "letters, digits and _+=,.@:/-",
};
const serialNumber: TextLimit = {
  least: 9,
  most: 256,
  pattern: /^[A-Za-z0-9_+=/:,.@-]*$/,
  of: "letters, digits and _+=/:,.@-",
};
const accessKeyId: TextLimit = {
  least: 16,
  most: 128,
  pattern: /^[A-Z0-9]*$/,
  of: "capital letters and digits",
};
const tagAlphabet = {
  pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u,
  of: "letters, digits, spaces and _.:/=+-@",
};
const tagKey: TextLimit = { least: 1, most: 128, ...tagAlphabet };
const tagValue: TextLimit = { least: 0, most: 256, ...tagAlphabet };

/** Most tags, and most transitive tags, of a session. */
const mostTags = 50;
/** Most characters of a session policy. */
const mostPolicy = 2048;
/** Most managed policies of a session. */
const mostPolicyArns = 10;

/** How long a session may be asked for, in seconds; a role may allow less. */
const durations = {
  GetSessionToken: { least: 900, most: 129_600 },
  AssumeRole: { least: 900, most: 43_200 },
  AssumeRoleWithSAML: { least: 900, most: 43_200 },
} as const;

/** A role session's name: 2 to 64 of `[A-Za-z0-9_+=,.@-]`. @throws {Failure} `usage` */
export function checkSessionName(text: string, option = "--session-name"): string {
  return check(text, sessionName, option);
}

/** An external id: 2 to 1224 of `[A-Za-z0-9_+=,.@:/-]`. @throws {Failure} `usage` */
export function checkExternalId(text: string, option = "--external-id"): string {
  return check(text, externalId, option);
}

/** A source identity: as a session's name, and not `aws:…`. @throws {Failure} `usage` */
export function checkSourceIdentity(text: string, option = "--source-identity"): string {
  if (/^aws:/i.test(text)) {
    throw usage(`${option} may not begin with aws:, which AWS keeps for itself`);
  }
  return check(text, sessionName, option);
}

/** An MFA device's ARN or a hardware token's number: 9 to 256 characters. @throws {Failure} `usage` */
export function checkMfaSerial(text: string, option = "--mfa-serial"): string {
  return refuseSecurityKey(check(text, serialNumber, option), option);
}

/** A code of an MFA device: 6 digits. It is not quoted. @throws {Failure} `usage` */
export function checkTokenCode(text: string, option = "the MFA code"): string {
  if (!/^[0-9]{6}$/.test(text)) {
    throw usage(`${option} is exactly 6 digits, and this is not`);
  }
  return text;
}

/**
 * A session's length in whole seconds: 900 to 129600 for GetSessionToken, 900 to 43200 for AssumeRole.
 *
 * @throws {Failure} `usage`
 */
export function checkDuration(
  seconds: number,
  call: keyof typeof durations,
  option = "--duration",
): number {
  const { least, most } = durations[call];
  if (!Number.isInteger(seconds) || seconds < least || seconds > most) {
    throw usage(
      `${option}: ${formatDuration(seconds)} is outside what ${call} allows: ` +
        `${formatDuration(least)} to ${formatDuration(most)} (${least} to ${most} seconds)`,
    );
  }
  return seconds;
}

/** `K=V` as a tag; the key ends at the first `=`. @throws {Failure} `usage` */
export function parseTag(text: string, option = "--tag"): Tag {
  const cut = text.indexOf("=");
  if (cut < 1) throw usage(`${option} ${quote(text)} is not of the form KEY=VALUE`);
  return checkTag({ key: text.slice(0, cut), value: text.slice(cut + 1) }, option);
}

/** Tags together: at most 50, each as AWS allows it, no key twice in any case. @throws {Failure} `usage` */
export function checkTags(tags: readonly Tag[], option = "--tag"): readonly Tag[] {
  if (tags.length > mostTags) {
    throw usage(`${option}: a session has at most ${mostTags} tags, not ${tags.length}`);
  }
  const seen = new Set<string>();
  for (const tag of tags) {
    checkTag(tag, option);
    const key = tag.key.toLowerCase();
    if (seen.has(key)) {
      throw usage(
        `${option}: the key ${quote(tag.key)} is given twice (AWS ignores upper and lower case)`,
      );
    }
    seen.add(key);
  }
  return tags;
}

/**
 * Keys of tags that go on to the roles assumed after: AWS wants each among the tags that are passed.
 *
 * @throws {Failure} `usage`
 */
export function checkTransitiveTags(
  keys: readonly string[],
  tags: readonly Tag[],
  option = "--transitive-tag",
): readonly string[] {
  if (keys.length > mostTags) {
    throw usage(`${option}: a session has at most ${mostTags} transitive tags, not ${keys.length}`);
  }
  const passed = new Set(tags.map(({ key }) => key.toLowerCase()));
  const seen = new Set<string>();
  for (const key of keys) {
    check(key, tagKey, option);
    if (!passed.has(key.toLowerCase())) {
      throw usage(`${option} ${quote(key)} names no tag that is passed`, `--tag ${key}=VALUE`);
    }
    if (seen.has(key.toLowerCase())) throw usage(`${option}: the key ${quote(key)} is given twice`);
    seen.add(key.toLowerCase());
  }
  return keys;
}

/** A session policy: one JSON object of at most 2048 characters. @throws {Failure} `usage` */
export function checkPolicy(text: string, option = "--policy"): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which may be a file given by mistake.
    throw usage(`${option} is not valid JSON`);
  }
  if (!isJsonObject(parsed)) {
    throw usage(
      `${option} is JSON, but not an object: a policy looks like {"Version": "2012-10-17", …}`,
    );
  }
  if (text.length > mostPolicy) {
    const compact = JSON.stringify(parsed).length;
    throw usage(
      `${option}: a session policy has at most ${mostPolicy} characters, not ${text.length}`,
      compact <= mostPolicy ? `without its white space it has ${compact}` : undefined,
    );
  }
  if (!/^[\t\n\r\x20-\xff]+$/.test(text)) {
    throw usage(`${option} holds characters that AWS does not take in a policy (beyond U+00FF)`);
  }
  return text;
}

/** Managed policies for the session: at most 10. @throws {Failure} `usage` */
export function checkPolicyArns(
  arns: readonly string[],
  option = "--policy-arn",
): readonly string[] {
  if (arns.length > mostPolicyArns) {
    throw usage(
      `${option}: a session has at most ${mostPolicyArns} managed policies, not ${arns.length}`,
    );
  }
  for (const arn of arns) parsePolicyArn(arn, option);
  return arns;
}

/**
 * An access key id: 16 to 128 capital letters and digits. It is not quoted, since what was typed
 * in the wrong place may be the secret.
 *
 * @throws {Failure} `usage`
 */
export function checkAccessKeyId(text: string, option = "the access key id"): string {
  if (
    text.length < accessKeyId.least || text.length > accessKeyId.most ||
    !accessKeyId.pattern.test(text)
  ) {
    const swapped = text.length === 40 && /[a-z+/]/.test(text);
    throw usage(
      `${option} is ${range(accessKeyId)}, and this is not`,
      swapped
        ? "this looks like a secret access key: were the two swapped?"
        : "an access key id looks like AKIAIOSFODNN7EXAMPLE",
    );
  }
  return text;
}

/**
 * A secret access key: something, without white space. AWS documents no more than that.
 * The message never quotes it.
 *
 * @throws {Failure} `usage`
 */
export function checkSecretAccessKey(text: string, option = "the secret access key"): string {
  if (text === "") throw usage(`${option} is empty`);
  if (!/^[\x21-\x7e]+$/.test(text)) {
    throw usage(`${option} holds white space or characters that a secret access key never has`);
  }
  if (/^A(?:KIA|SIA)[A-Z0-9]{12,}$/.test(text) && text.length !== 40) {
    throw usage(`${option} looks like an access key id`, "were the two swapped?");
  }
  return text;
}

/**
 * A session token: it travels in headers and in variables, where nothing else than printable ASCII can.
 * The message never quotes it.
 *
 * @throws {Failure} `usage`
 */
export function checkSessionToken(text: string, option = "the session token"): string {
  if (/^[\x21-\x7e]{1,16384}$/.test(text)) return text;
  throw usage(
    `${option} has characters that no session token has, or more than 16384`,
    "was it cut off, or copied with line breaks?",
  );
}

/** Any text as a session's name that AWS accepts: other characters become `-`, 64 at most, 2 at least. */
export function legalSessionName(text: string): string {
  return text.replace(/[^A-Za-z0-9_+=,.@-]/gu, "-").slice(0, sessionName.most)
    .padEnd(sessionName.least, "-");
}

function checkTag(tag: Tag, option: string): Tag {
  if (/^aws:/i.test(tag.key)) {
    throw usage(`${option}: a key may not begin with aws:, which AWS keeps for itself`);
  }
  check(tag.key, tagKey, `${option}: a key`);
  check(tag.value, tagValue, `${option}: the value of ${quote(tag.key)}`);
  return tag;
}

function check(text: string, limit: TextLimit, option: string): string {
  const length = [...text].length;
  if (length < limit.least || length > limit.most) {
    throw usage(`${option} is ${range(limit)}, and this has ${length}`);
  }
  if (!limit.pattern.test(text)) {
    const odd = [...text].find((character) => !limit.pattern.test(character)) ?? "";
    throw usage(`${option} is ${range(limit)}; ${quote(odd)} is not one of them`);
  }
  return text;
}

function range({ least, most, of }: TextLimit): string {
  return `${least} to ${most} ${of}`;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text);
}
