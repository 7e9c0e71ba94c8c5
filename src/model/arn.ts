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
  /** 12 digits; `aws` for AWS managed policies; empty if the service has none. */
  readonly account: string;
  readonly resource: string;
}

export interface NamedArn extends Arn {
  /** `/` or `/division/team/`. */
  readonly path: string;
  readonly name: string;
}

/** Who signed a request, as GetCallerIdentity returns it. */
export interface PrincipalArn extends Arn {
  readonly kind: "user" | "role" | "assumed-role" | "federated-user" | "root";
  /** The name of the user, role or federated user without its path; `root` for the root user. */
  readonly name: string;
  readonly sessionName?: string;
}

const length = { least: 20, most: 2048 };
const accountPattern = /^[0-9]{12}$/;
const namePattern = /^[A-Za-z0-9_+=,.@-]+$/;
const longest = { role: 64, policy: 128, path: 512 };

/** Each resource type as error messages call it. */
const called: Readonly<Record<string, string>> = {
  "user": "a user ARN",
  "role": "a role ARN",
  "group": "a group ARN",
  "policy": "a policy ARN",
  "assumed-role": "a role session ARN",
  "federated-user": "a federated user ARN",
  "instance-profile": "an instance profile ARN",
  "mfa": "an MFA device ARN",
  "root": "an account ARN",
  "saml-provider": "a SAML provider ARN",
  "oidc-provider": "an OIDC provider ARN",
};

/** Parses any ARN. @throws {Failure} `usage`, naming the option */
export function parseArn(text: string, option: string): Arn {
  const wrong = (why: string, hint?: string) => usage(`${option}: ${quote(text)} ${why}`, hint);
  if (text.length > length.most) {
    throw usage(`${option}: an ARN has at most ${length.most} characters, not ${text.length}`);
  }
  if (/[\s\p{C}]/u.test(text)) throw wrong("contains whitespace or control characters");
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
      `has an unknown partition: ${quote(partition)}${suggestion(partition, ids)}`,
      `valid partitions: ${ids.join(", ")}`,
    );
  }
  if (service === "") throw wrong("has no service");
  if (account !== "" && account !== "aws" && !accountPattern.test(account)) {
    throw wrong(`has an invalid account ID: expected 12 digits, got ${describe(account)}`);
  }
  if (resource === "") throw wrong("has no resource");
  if (text.length < length.least) throw wrong(`is shorter than ${length.least} characters`);
  return { partition, service, region, account, resource };
}

/** @throws {Failure} `usage`; the message names the actual resource type if it is known */
export function parseRoleArn(text: string, option = "--role-arn"): NamedArn {
  const arn = parseArn(text, option);
  if (arn.service === "sts" && arn.resource.startsWith("assumed-role/")) {
    const name = arn.resource.split("/")[1] ?? "";
    throw usage(
      `${option}: ${quote(text)} is ${called["assumed-role"]}, not a role ARN`,
      `use the role ARN: arn:${arn.partition}:iam::${arn.account}:role/${name} (with its path, if it has one)`,
    );
  }
  return namedArn(text, arn, "role", option);
}

/** AWS managed policies have the account `aws`. @throws {Failure} `usage` */
export function parsePolicyArn(text: string, option = "--policy-arn"): NamedArn {
  return namedArn(text, parseArn(text, option), "policy", option);
}

/** Parses the ARN of a principal that can sign requests. @throws {Failure} `usage` */
export function parsePrincipalArn(text: string, option = "caller ARN"): PrincipalArn {
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
  throw usage(`${option}: ${quote(text)} is not a user, role or session ARN`);
}

export function roleNameOf(text: string): string | undefined {
  const match =
    /^arn:[a-z-]+:(?:iam::[0-9]{12}:role\/(?:.*\/)?|sts::[0-9]{12}:assumed-role\/)([^/]+)/
      .exec(text);
  return match?.[1];
}

export function accountOf(text: string): string | undefined {
  return /^arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12}):/.exec(text)?.[1];
}

function namedArn(text: string, arn: Arn, type: "role" | "policy", option: string): NamedArn {
  const wrong = (why: string, hint?: string) => usage(`${option}: ${quote(text)} ${why}`, hint);
  const [found = "", ...rest] = arn.resource.split("/");
  const name = rest.pop() ?? "";
  if (arn.service !== "iam" || found !== type) {
    const isKnown = ["iam", "sts"].includes(arn.service) && Object.hasOwn(called, found);
    const what = isKnown ? called[found] : undefined;
    throw wrong(
      what ? `is ${what}, not a ${type} ARN` : `is not a ${type} ARN`,
      `a ${type} ARN looks like arn:${arn.partition}:iam::123456789012:${type}/example`,
    );
  }
  if (arn.region !== "") throw wrong("has a region, but IAM ARNs have none");
  const ownedByAws = type === "policy" && arn.account === "aws";
  if (!ownedByAws && !accountPattern.test(arn.account)) {
    throw wrong(`has an invalid account ID: expected 12 digits, got ${describe(arn.account)}`);
  }
  if (name === "") throw wrong(`has no ${type} name`);
  if (name.length > longest[type] || !namePattern.test(name)) {
    throw wrong(
      `has an invalid ${type} name: use 1 to ${longest[type]} letters, digits and _+=,.@-`,
    );
  }
  const path = rest.length === 0 ? "/" : `/${rest.join("/")}/`;
  if (path.length > longest.path || !/^[\x21-\x7e]+$/.test(path) || rest.includes("")) {
    throw wrong(`has an invalid path: use /part/part/ with at most ${longest.path} characters`);
  }
  return { ...arn, path, name };
}

/** Describes the text in the account field without guessing what was meant. */
function describe(account: string): string {
  if (account === "") return "nothing";
  if (/^[0-9]+$/.test(account)) return `${account.length} digits`;
  return quote(account);
}

function quote(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 119)}…` : text);
}
