import { usage } from "./failure.ts";
import { suggestion } from "./names.ts";
import { partitionById, partitions } from "./partitions.ts";

/**
 * The parts of `arn:partition:service:region:account:resource`.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
 */
export interface Arn {
  readonly partition: string;
  readonly service: string;
  /** Empty for IAM and STS. */
  readonly region: string;
  /** 12 digits; `aws` for policies of AWS's own; empty where a service has none. */
  readonly account: string;
  readonly resource: string;
}

/** An ARN of something in IAM that has a path and a name. */
export interface NamedArn extends Arn {
  /** `/` or `/division/team/`. */
  readonly path: string;
  readonly name: string;
}

/** Who signed a request, as GetCallerIdentity tells it. */
export interface PrincipalArn extends Arn {
  readonly kind: "user" | "role" | "assumed-role" | "federated-user" | "root";
  /** The user's, role's or federated user's name without path; `root` for the account's root user. */
  readonly name: string;
  /** The session's name, of an assumed role. */
  readonly sessionName?: string;
}

/** What AWS accepts as RoleArn, in characters. */
const length = { least: 20, most: 2048 };
const accountPattern = /^[0-9]{12}$/;
const namePattern = /^[A-Za-z0-9_+=,.@-]+$/;
const longest = { role: 64, policy: 128, path: 512 };

/** What a resource type is called in a sentence. */
const called: Readonly<Record<string, string>> = {
  "user": "a user's ARN",
  "role": "a role's ARN",
  "group": "a group's ARN",
  "policy": "a policy's ARN",
  "assumed-role": "the ARN of a role's session",
  "federated-user": "a federated user's ARN",
  "instance-profile": "an instance profile's ARN",
  "mfa": "an MFA device's ARN",
  "root": "an account's ARN",
  "saml-provider": "an identity provider's ARN",
  "oidc-provider": "an identity provider's ARN",
};

/**
 * Any ARN, in parts.
 *
 * @param option where it was given, for the message
 * @throws {Failure} `usage` when the text has not the form of an ARN of a known partition
 */
export function parseArn(text: string, option: string): Arn {
  const wrong = (why: string, hint?: string) => usage(`${option}: ${quote(text)} ${why}`, hint);
  if (text.length > length.most) {
    throw usage(`${option}: an ARN has at most ${length.most} characters, not ${text.length}`);
  }
  if (/[\s\p{C}]/u.test(text)) throw wrong("holds white space or control characters");
  const [prefix, partition = "", service = "", region = "", account = "", ...rest] = text.split(
    ":",
  );
  const resource = rest.join(":");
  if (prefix !== "arn" || rest.length === 0) {
    throw wrong("is not an ARN", "an ARN looks like arn:aws:iam::123456789012:role/example");
  }
  if (!partitionById(partition)) {
    const ids = partitions.map(({ id }) => id);
    throw wrong(
      `names no partition of AWS: ${quote(partition)}${suggestion(partition, ids)}`,
      `partitions are ${ids.join(", ")}`,
    );
  }
  if (service === "") throw wrong("names no service");
  if (account !== "" && account !== "aws" && !accountPattern.test(account)) {
    throw wrong(`names no account: an account is 12 digits, and this is ${describe(account)}`);
  }
  if (resource === "") throw wrong("names no resource");
  if (text.length < length.least) throw wrong(`is shorter than ${length.least} characters`);
  return { partition, service, region, account, resource };
}

/** The text that `parseArn` reads back as the same parts. */
export function formatArn(arn: Arn): string {
  return ["arn", arn.partition, arn.service, arn.region, arn.account, arn.resource].join(":");
}

/**
 * A role's ARN, in parts.
 *
 * @throws {Failure} `usage`, saying what the ARN is instead where that is known
 */
export function parseRoleArn(text: string, option = "--role-arn"): NamedArn {
  const arn = parseArn(text, option);
  if (arn.service === "sts" && arn.resource.startsWith("assumed-role/")) {
    const name = arn.resource.split("/")[1] ?? "";
    throw usage(
      `${option}: ${quote(text)} is ${called["assumed-role"]}, not a role's`,
      `the role's own is arn:${arn.partition}:iam::${arn.account}:role/${name}, after its path if it has one`,
    );
  }
  return namedArn(text, arn, "role", option);
}

/**
 * A managed policy's ARN, in parts; AWS's own policies have the account `aws`.
 *
 * @throws {Failure} `usage`
 */
export function parsePolicyArn(text: string, option = "--policy-arn"): NamedArn {
  return namedArn(text, parseArn(text, option), "policy", option);
}

/**
 * The ARN of someone who can sign requests, in parts.
 *
 * @throws {Failure} `usage`
 */
export function parsePrincipalArn(text: string, option = "the caller's ARN"): PrincipalArn {
  const arn = parseArn(text, option);
  const [type = "", ...rest] = arn.resource.split("/");
  const last = rest.at(-1) ?? "";
  const key = `${arn.service}:${type}`;
  if (arn.resource === "root" && arn.service === "iam") {
    return { ...arn, kind: "root", name: "root" };
  }
  if (key === "iam:user" && last) return { ...arn, kind: "user", name: last };
  if (key === "iam:role" && last) return { ...arn, kind: "role", name: last };
  if (key === "sts:federated-user" && last) return { ...arn, kind: "federated-user", name: last };
  if (key === "sts:assumed-role" && rest.length === 2 && rest[0] && last) {
    return { ...arn, kind: "assumed-role", name: rest[0], sessionName: last };
  }
  throw usage(`${option}: ${quote(text)} is not the ARN of a user, a role or a session`);
}

/** The name of the role that an ARN of a role or of a role's session speaks of; else nothing. */
export function roleNameOf(text: string): string | undefined {
  const match =
    /^arn:[a-z-]+:(?:iam::[0-9]{12}:role\/(?:.*\/)?|sts::[0-9]{12}:assumed-role\/)([^/]+)/
      .exec(text);
  return match?.[1];
}

/** The account of an ARN, where it names one. */
export function accountOf(text: string): string | undefined {
  return /^arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12}):/.exec(text)?.[1];
}

function namedArn(text: string, arn: Arn, type: "role" | "policy", option: string): NamedArn {
  const wrong = (why: string, hint?: string) => usage(`${option}: ${quote(text)} ${why}`, hint);
  const [found = "", ...rest] = arn.resource.split("/");
  const name = rest.pop() ?? "";
  if (arn.service !== "iam" || found !== type) {
    const what = arn.service === "iam" || arn.service === "sts" ? called[found] : undefined;
    throw wrong(
      what ? `is ${what}, not a ${type}'s` : `is not a ${type}'s ARN`,
      `a ${type}'s ARN looks like arn:${arn.partition}:iam::123456789012:${type}/example`,
    );
  }
  if (arn.region !== "") throw wrong("names a region, and those of IAM have none");
  const ownedByAws = type === "policy" && arn.account === "aws";
  if (!ownedByAws && !accountPattern.test(arn.account)) {
    throw wrong(`names no account: an account is 12 digits, and this is ${describe(arn.account)}`);
  }
  if (name === "") throw wrong(`names no ${type}`);
  if (name.length > longest[type] || !namePattern.test(name)) {
    throw wrong(
      `names no possible ${type}: a name is 1 to ${longest[type]} letters, digits and _+=,.@-`,
    );
  }
  const path = rest.length === 0 ? "/" : `/${rest.join("/")}/`;
  if (path.length > longest.path || !/^[\x21-\x7e]+$/.test(path) || rest.includes("")) {
    throw wrong(
      `has a path that is no path: it is /part/part/ of at most ${longest.path} characters`,
    );
  }
  return { ...arn, path, name };
}

/** What stands in the account's place, without guessing at what was meant. */
function describe(account: string): string {
  if (account === "") return "empty";
  if (/^[0-9]+$/.test(account)) return `${account.length} digits`;
  return quote(account);
}

function quote(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 119)}…` : text);
}
