import { parsePolicyArn } from "./arn.ts";
import { formatDuration } from "./duration.ts";
import { usage } from "./failure.ts";
import { isJsonObject } from "./fields.ts";
import type { Tag } from "./profile.ts";

/*
 * Checks AWS's limits before sending a request, so that error messages can name command-line options.
 * Numbers and alphabets come from the STS service model, where `\w` means ASCII:
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 * Each function returns its argument or throws a `usage` failure.
 */

interface TextLimit {
  readonly least: number;
  readonly most: number;
  readonly pattern: RegExp;
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
  of: "uppercase letters and digits",
};
const tagAlphabet = {
  pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u,
  of: "letters, digits, spaces and _.:/=+-@",
};
const tagKey: TextLimit = { least: 1, most: 128, ...tagAlphabet };
const tagValue: TextLimit = { least: 0, most: 256, ...tagAlphabet };

const mostTags = 50;
const mostPolicyArns = 10;

/** Valid durations in seconds; a role may allow less. */
const durations = {
  GetSessionToken: { least: 900, most: 129_600 },
  AssumeRole: { least: 900, most: 43_200 },
  AssumeRoleWithSAML: { least: 900, most: 43_200 },
  GetWebIdentityToken: { least: 60, most: 3600 },
} as const;

/** A role session name: 2 to 64 of `[A-Za-z0-9_+=,.@-]`. @throws {Failure} `usage` */
export function checkSessionName(text: string, option = "--session-name"): string {
  return check(text, sessionName, option);
}

/** An external ID: 2 to 1224 of `[A-Za-z0-9_+=,.@:/-]`. @throws {Failure} `usage` */
export function checkExternalId(text: string, option = "--external-id"): string {
  return check(text, externalId, option);
}

/** A source identity: like a session name, but not `aws:…`. @throws {Failure} `usage` */
export function checkSourceIdentity(text: string, option = "--source-identity"): string {
  if (/^aws:/i.test(text)) {
    throw usage(`${option} must not start with aws:, which AWS reserves`);
  }
  return check(text, sessionName, option);
}

/** An MFA device ARN or hardware token serial number: 9 to 256 characters. @throws {Failure} `usage` */
export function checkMfaSerial(text: string, option = "--mfa-serial"): string {
  const wrong = /^arn:[a-z-]+:iam::[0-9]{12}:(user|role|group)\//.exec(text)?.[1];
  if (wrong) {
    throw usage(
      `${option} is the ARN of a ${wrong}, not of an MFA device`,
      wrong === "user"
        ? `use ${
          text.slice(0, 256).replace(/:user\/(?:.*\/)?/, ":mfa/")
        } if the device has the user's name; IAM lists it under the user's security credentials`
        : "use the ARN of an MFA device, such as arn:aws:iam::123456789012:mfa/NAME",
    );
  }
  return refuseSecurityKey(check(text, serialNumber, option), option);
}

/** An MFA code: 6 digits. The message does not quote it. @throws {Failure} `usage` */
export function checkTokenCode(text: string, option = "the MFA code"): string {
  if (!/^[0-9]{6}$/.test(text)) {
    throw usage(`${option} must be exactly 6 digits`);
  }
  return text;
}

/** In whole seconds. @throws {Failure} `usage` */
export function checkDuration(
  seconds: number,
  call: keyof typeof durations,
  option = "--duration",
): number {
  const { least, most } = durations[call];
  if (!Number.isInteger(seconds) || seconds < least || seconds > most) {
    throw usage(
      `${option}: ${formatDuration(seconds)} is out of range for ${call}: ` +
        `${formatDuration(least)} to ${formatDuration(most)} (${least} to ${most} seconds)`,
    );
  }
  return seconds;
}

/** Parses `K=V`; the key ends at the first `=`. @throws {Failure} `usage` */
export function parseTag(text: string, option = "--tag"): Tag {
  const cut = text.indexOf("=");
  if (cut < 1) throw usage(`${option} ${quote(text)} is not of the form KEY=VALUE`);
  return checkTag({ key: text.slice(0, cut), value: text.slice(cut + 1) }, option);
}

/** At most 50 valid tags with unique keys, ignoring case. @throws {Failure} `usage` */
export function checkTags(tags: readonly Tag[], option = "--tag"): readonly Tag[] {
  if (tags.length > mostTags) {
    throw usage(`${option}: a session has at most ${mostTags} tags, not ${tags.length}`);
  }
  const seen = new Set<string>();
  for (const tag of tags) {
    checkTag(tag, option);
    const key = tag.key.toLowerCase();
    if (seen.has(key)) {
      throw usage(`${option}: duplicate key ${quote(tag.key)} (AWS ignores case)`);
    }
    seen.add(key);
  }
  return tags;
}

/** AWS requires a tag for each key to pass on. @throws {Failure} `usage` */
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
      throw usage(`${option} ${quote(key)} has no matching --tag`, `add --tag ${key}=VALUE`);
    }
    if (seen.has(key.toLowerCase())) throw usage(`${option}: duplicate key ${quote(key)}`);
    seen.add(key.toLowerCase());
  }
  return keys;
}

/**
 * A session policy: one JSON object, of any length. AWS compresses it into the session token together
 * with the tags, so only AWS can tell whether it fits. @throws {Failure} `usage`
 */
export function checkPolicy(text: string, option = "--policy"): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which may come from the wrong file.
    throw usage(`${option} is not valid JSON`);
  }
  if (!isJsonObject(parsed)) {
    throw usage(`${option} must be a JSON object, such as {"Version": "2012-10-17", …}`);
  }
  if (!/^[\t\n\r\x20-\xff]+$/.test(text)) {
    throw usage(`${option} contains characters that AWS does not allow in a policy (above U+00FF)`);
  }
  return text;
}

/** At most 10 managed policies. @throws {Failure} `usage` */
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

/** The message does not quote it: it may be the secret. @throws {Failure} `usage` */
export function checkAccessKeyId(text: string, option = "the access key ID"): string {
  if (
    text.length < accessKeyId.least || text.length > accessKeyId.most ||
    !accessKeyId.pattern.test(text)
  ) {
    const swapped = text.length === 40 && /[a-z+/]/.test(text);
    throw usage(
      `${option} must be ${range(accessKeyId)}`,
      swapped
        ? "this looks like a secret access key; check that the two are not swapped"
        : /\s/.test(text)
        ? "it contains whitespace: copy it again, in one piece"
        : "an access key ID looks like AKIAIOSFODNN7EXAMPLE",
    );
  }
  return text;
}

/** Printable ASCII: AWS documents no format. Never quoted. @throws {Failure} `usage` */
export function checkSecretAccessKey(text: string, option = "the secret access key"): string {
  if (text === "") throw usage(`${option} is empty`);
  if (!/^[\x21-\x7e]+$/.test(text)) {
    throw usage(
      `${option} contains whitespace or characters that a secret access key never has`,
      "copy it again, in one piece",
    );
  }
  if (/^A(?:KIA|SIA)[A-Z0-9]{12,}$/.test(text) && text.length !== 40) {
    throw usage(`${option} looks like an access key ID`, "check that the two are not swapped");
  }
  return text;
}

/** Printable ASCII, for headers and variables. Never quoted. @throws {Failure} `usage` */
export function checkSessionToken(text: string, option = "the session token"): string {
  if (/^[\x21-\x7e]{1,16384}$/.test(text)) return text;
  throw usage(
    `${option} contains invalid characters or is longer than 16384 characters`,
    "copy the whole token, without line breaks",
  );
}

/** Makes a valid session name of any text: 2 to 64 characters, with `-` for invalid ones. */
export function legalSessionName(text: string): string {
  return text.replace(/[^A-Za-z0-9_+=,.@-]/gu, "-").slice(0, sessionName.most)
    .padEnd(sessionName.least, "-");
}

function checkTag(tag: Tag, option: string): Tag {
  if (/^aws:/i.test(tag.key)) {
    throw usage(`${option}: a key must not start with aws:, which AWS reserves`);
  }
  check(tag.key, tagKey, `${option}: a key`);
  check(tag.value, tagValue, `${option}: the value of ${quote(tag.key)}`);
  return tag;
}

function check(text: string, limit: TextLimit, option: string): string {
  const length = [...text].length;
  if (length < limit.least || length > limit.most) {
    throw usage(`${option} must be ${range(limit)}, not ${length}`);
  }
  if (!limit.pattern.test(text)) {
    const odd = [...text].find((character) => !limit.pattern.test(character)) ?? "";
    throw usage(`${option} must be ${range(limit)}; ${quote(odd)} is not allowed`);
  }
  return text;
}

function range({ least, most, of }: TextLimit): string {
  return `${least} to ${most} characters (${of})`;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text);
}

/**
 * STS only accepts codes, which a passkey or security key (FIDO2, U2F) does not have.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_fido.html
 */
function refuseSecurityKey(text: string, option: string): string {
  if (!/^arn:[a-z-]+:iam::[0-9]{12}:u2f\//.test(text)) return text;
  throw usage(
    `${option} is a passkey or security key, but STS only accepts codes from an authenticator`,
    "register an authenticator app as well (IAM allows 8 devices per user) and use its arn:…:mfa/NAME; " +
      "security keys work when you sign in with a browser: --sso-start-url, --saml-url",
  );
}
