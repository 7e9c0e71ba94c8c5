/**
 * The limits that STS sets on its parameters, and its words for what is outside them.
 *
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
 *
 * @module
 */

import { AwsError, validationError } from "./answers.ts";

/** The limits of one parameter: of its length for text, of its value for a number. */
export interface Limit {
  readonly kind: "text" | "number" | "list";
  readonly min: number;
  readonly max: number;
  readonly required?: boolean;
  /** For text, as the service model writes it; applied to the whole text. */
  readonly pattern?: string;
}

/** Limits by the path of a parameter: `RoleArn`, `Tags.member.Key`, or `Tags` for the list itself. */
export type Limits = Readonly<Record<string, Limit>>;

const mfa: Limits = {
  SerialNumber: { kind: "text", min: 9, max: 256, pattern: "[\\w+=/:,.@-]*" },
  TokenCode: { kind: "text", min: 6, max: 6, pattern: "[\\d]*" },
};

const token: Limits = {
  MinimumSessionTokenSize: { kind: "number", min: 0, max: 4096 },
};

const sessionName: Limits = {
  RoleSessionName: { kind: "text", min: 2, max: 64, required: true, pattern: "[\\w+=,.@-]*" },
};

const policies: Limits = {
  // The model sets no maximum; what has to fit is the token.
  Policy: { kind: "text", min: 1, max: Infinity },
  PolicyArns: { kind: "list", min: 0, max: 10 },
  "PolicyArns.member.arn": { kind: "text", min: 20, max: 2048, required: true },
};

/** Unicode letters, spaces, digits and a few signs, as tag keys and values may hold. */
const tagPattern = "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*";

const tags: Limits = {
  Tags: { kind: "list", min: 0, max: 50 },
  "Tags.member.Key": { kind: "text", min: 1, max: 128, required: true, pattern: tagPattern },
  "Tags.member.Value": { kind: "text", min: 0, max: 256, pattern: tagPattern },
};

/** Parameters of each action, durations in seconds. */
export const limitsOf = {
  GetCallerIdentity: {},
  GetAccessKeyInfo: {
    AccessKeyId: { kind: "text", min: 16, max: 128, required: true, pattern: "[\\w]*" },
  },
  GetSessionToken: {
    DurationSeconds: { kind: "number", min: 900, max: 129_600 },
    ...mfa,
    ...token,
  },
  GetWebIdentityToken: {
    Audience: { kind: "list", min: 1, max: 10 },
    "Audience.member": { kind: "text", min: 1, max: 1000 },
    DurationSeconds: { kind: "number", min: 60, max: 3600 },
    SigningAlgorithm: { kind: "text", min: 5, max: 5, required: true },
    ...tags,
  },
  GetFederationToken: {
    Name: { kind: "text", min: 2, max: 32, required: true, pattern: "[\\w+=,.@-]*" },
    DurationSeconds: { kind: "number", min: 900, max: 129_600 },
    ...policies,
    ...token,
  },
  AssumeRole: {
    RoleArn: { kind: "text", min: 20, max: 2048, required: true },
    ...sessionName,
    DurationSeconds: { kind: "number", min: 900, max: 43_200 },
    ExternalId: { kind: "text", min: 2, max: 1224, pattern: "[\\w+=,.@:\\/-]*" },
    SourceIdentity: { kind: "text", min: 2, max: 64, pattern: "[\\w+=,.@-]*" },
    ...policies,
    ...tags,
    TransitiveTagKeys: { kind: "list", min: 0, max: 50 },
    "TransitiveTagKeys.member": { kind: "text", min: 1, max: 128, pattern: tagPattern },
    ...mfa,
    ...token,
  },
  AssumeRoleWithSAML: {
    RoleArn: { kind: "text", min: 20, max: 2048, required: true },
    PrincipalArn: { kind: "text", min: 20, max: 2048, required: true },
    SAMLAssertion: { kind: "text", min: 4, max: 100_000, required: true },
    DurationSeconds: { kind: "number", min: 900, max: 43_200 },
    ...policies,
    ...token,
  },
  AssumeRoleWithWebIdentity: {
    RoleArn: { kind: "text", min: 20, max: 2048, required: true },
    ...sessionName,
    WebIdentityToken: { kind: "text", min: 4, max: 20_000, required: true },
    DurationSeconds: { kind: "number", min: 900, max: 43_200 },
    ...policies,
    ...token,
  },
} as const satisfies Record<string, Limits>;

/** Parameters as the query protocol sends them: `Tags.member.1.Key` and so on. */
export type Params = Readonly<Record<string, string>>;

/**
 * The members of a list, in order; each is a record of its fields, or `{ "": text }` for a list of
 * plain text.
 */
export function members(params: Params, list: string): Readonly<Record<string, string>>[] {
  const found = new Map<number, Record<string, string>>();
  for (const [name, value] of Object.entries(params)) {
    if (!name.startsWith(`${list}.member.`)) continue;
    const [index = "", field = ""] = name.slice(`${list}.member.`.length).split(".", 2);
    const member = found.get(Number(index)) ?? {};
    member[field] = value;
    found.set(Number(index), member);
  }
  return [...found].sort(([a], [b]) => a - b).map(([, member]) => member);
}

/** The path as the service writes it: `roleSessionName`, `tags.1.member.key`. */
function shown(path: string): string {
  return path.split(".").map((part) => part.charAt(0).toLowerCase() + part.slice(1)).join(".");
}

function complaint(limit: Limit, value: string | undefined): string | undefined {
  if (value === undefined) return limit.required ? "Member must not be null" : undefined;
  if (limit.kind === "number") {
    if (!/^-?\d+$/.test(value)) {
      throw new AwsError(400, "MalformedInput", "Unexpected characters in a number");
    }
    if (Number(value) < limit.min) {
      return `Member must have value greater than or equal to ${limit.min}`;
    }
    if (Number(value) > limit.max) {
      return `Member must have value less than or equal to ${limit.max}`;
    }
    return undefined;
  }
  // AWS counts characters, not UTF-16 units.
  const length = [...value].length;
  if (length < limit.min) return `Member must have length greater than or equal to ${limit.min}`;
  if (length > limit.max) return `Member must have length less than or equal to ${limit.max}`;
  if (limit.pattern && !new RegExp(`^(?:${limit.pattern})$`, "u").test(value)) {
    return `Member must satisfy regular expression pattern: ${limit.pattern}`;
  }
  return undefined;
}

/** The values that a limit applies to, each with the path that is said in a complaint. */
function valuesAt(params: Params, path: string): [string, string | undefined][] {
  const [list = "", rest] = path.split(".member");
  if (rest === undefined) return [[shown(path), params[path]]];
  const field = rest.slice(1);
  return members(params, list).map((member, index) => [
    `${shown(list)}.${index + 1}.member${field && "." + shown(field)}`,
    member[field],
  ]);
}

/** Throws a `ValidationError` that names every parameter outside its limits. */
export function checkLimits(params: Params, limits: Limits): void {
  const complaints: string[] = [];
  for (const [path, limit] of Object.entries(limits)) {
    if (limit.kind === "list") {
      const count = members(params, path).length;
      if (count < limit.min) {
        complaints.push(
          `Value at '${shown(path)}' failed to satisfy constraint: ` +
            `Member must have length greater than or equal to ${limit.min}`,
        );
      }
      if (count > limit.max) {
        complaints.push(
          `Value at '${shown(path)}' failed to satisfy constraint: ` +
            `Member must have length less than or equal to ${limit.max}`,
        );
      }
      continue;
    }
    for (const [place, value] of valuesAt(params, path)) {
      const words = complaint(limit, value);
      const what = value === undefined ? "null" : `'${value}'`;
      if (words) {
        complaints.push(`Value ${what} at '${place}' failed to satisfy constraint: ${words}`);
      }
    }
  }
  if (complaints.length > 0) {
    const errors = complaints.length === 1 ? "error" : "errors";
    throw validationError(
      `${complaints.length} validation ${errors} detected: ${complaints.join("; ")}`,
    );
  }
}
