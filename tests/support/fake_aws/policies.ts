/**
 * What a principal may do: its own permissions and, for a session that was given policies, what any
 * one of these allows. An explicit Deny anywhere wins.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
 *
 * @module
 */

import type { Principal, RoleSession } from "./accounts.ts";
import { accessDenied, AwsError, validationError } from "./answers.ts";
import { members, type Params } from "./limits.ts";

/** A statement, as far as the fake reads one: no conditions, and every resource. */
interface Statement {
  readonly Effect: "Allow" | "Deny";
  readonly Action: string | readonly string[];
}

interface Document {
  readonly Statement: Statement | readonly Statement[];
}

const allow = (...Action: string[]): Document => ({ Statement: { Effect: "Allow", Action } });

/** AWS's managed policies by name, in every partition. */
const managed: Readonly<Record<string, Document>> = {
  AdministratorAccess: allow("*"),
  ReadOnlyAccess: allow(
    ...["dynamodb:Get*", "dynamodb:List*", "ecr:Get*", "eks:Describe*", "iam:List*"],
    "sts:GetCallerIdentity",
  ),
  AmazonDynamoDBFullAccess: allow("dynamodb:*"),
};

type Policies = Pick<RoleSession, "policy" | "policyArns">;

/** The session policies of a call. @throws {AwsError} for what AWS rejects */
export function policiesOf(params: Params, partition: string): Policies {
  const policy = params["Policy"];
  if (policy !== undefined) documentOf(policy);
  const policyArns = members(params, "PolicyArns").map((member) => member["arn"] ?? "");
  for (const arn of policyArns) {
    const [, there] = /^arn:([a-z-]+):iam::(?:aws|\d{12}):policy\/.+$/.exec(arn) ?? [];
    if (there === undefined) throw validationError(`ARN ${arn} is not valid.`);
    if (there !== partition) {
      throw new AwsError(400, "InvalidParameterValue", `Policy ${arn} does not exist.`);
    }
  }
  return { policyArns, ...policy !== undefined && { policy } };
}

function documentOf(text: string): Document {
  const malformed = () =>
    new AwsError(400, "MalformedPolicyDocument", "This policy contains invalid Json");
  try {
    const document: unknown = JSON.parse(text);
    if (typeof document !== "object" || document === null) throw malformed();
    return document as Document;
  } catch {
    throw malformed();
  }
}

/** Whether a session has policies: without any, only its identity's permissions count. */
function sessionDocuments({ policy, policyArns }: Policies): readonly Document[] | undefined {
  const all = [
    ...policy === undefined ? [] : [documentOf(policy)],
    ...policyArns.map((arn) => managed[arn.split("/").at(-1) ?? ""] ?? allow()),
  ];
  return all.length ? all : undefined;
}

function statements({ Statement: some = [] }: Document): readonly Statement[] {
  return Array.isArray(some) ? some : [some as Statement];
}

function isLike(action: string, pattern: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[\\^$.+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "i").test(action);
}

function verdict(documents: readonly Document[], action: string): "Allow" | "Deny" | undefined {
  const effects = documents.flatMap(statements)
    .filter(({ Action }) => [Action].flat().some((pattern) => isLike(action, pattern)))
    .map(({ Effect }) => Effect);
  return effects.includes("Deny") ? "Deny" : effects[0];
}

/** Whether the principal may do `action`, such as `dynamodb:PutItem`. */
export function may(principal: Principal, action: string): boolean {
  const { session, allows = ["*"] } = principal;
  const own = verdict([allow(...allows)], action) === "Allow";
  const given = session && sessionDocuments(session);
  return own && (given === undefined || verdict(given, action) === "Allow");
}

/** @throws {AwsError} unless the principal may */
export function checkMay(principal: Principal, action: string): void {
  if (may(principal, action)) return;
  throw accessDenied(
    `User: ${principal.arn} is not authorized to perform: ${action} ` +
      "because no session policy allows the action",
  );
}
