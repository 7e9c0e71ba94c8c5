import type { Narrowing } from "./credentials.ts";
import { usage } from "./failure.ts";
import { isJsonObject } from "./fields.ts";
import { checkPolicy, checkPolicyArns } from "./limits.ts";
import { listed } from "./listed.ts";

/** Characters: far beyond what a session token holds. */
const longest = 16 * 1024;

/** A restriction to keep or to serve: its policies are as a named one has to be. @throws {Failure} `usage` */
export function checkNarrowing({ policy, policyArns }: Narrowing): void {
  if (policy !== undefined) checkNamedPolicy(policy, "--policy");
  if (policyArns) checkPolicyArns(policyArns);
}

/** A name of a service, then an action with wildcards. */
const actionPattern = /^(?:\*|[a-z0-9-]+:[A-Za-z0-9*?]+)$/i;

/**
 * A session policy worth keeping: valid JSON whose actions are spelled `service:Action`, and that
 * allows something. @throws {Failure} `usage`
 */
export function checkNamedPolicy(text: string, subject: string): string {
  if (text.length > longest) throw usage(`${subject} exceeds ${longest} characters`);
  checkPolicy(text, subject);
  const { Statement } = JSON.parse(text);
  const statements: readonly unknown[] = [Statement ?? []].flat();
  let allows = false;
  for (const statement of statements) {
    if (!isJsonObject(statement)) throw usage(`${subject}: a Statement must be an object`);
    const { Effect, Action, NotAction } = statement;
    if (Effect !== "Allow" && Effect !== "Deny") {
      throw usage(`${subject}: a Statement requires the Effect Allow or Deny`);
    }
    const actions: readonly unknown[] = [Action === undefined ? NotAction ?? [] : Action].flat();
    if (!actions.length) throw usage(`${subject}: a Statement requires an Action or NotAction`);
    const wrong = actions.find((each) => typeof each !== "string" || !actionPattern.test(each));
    if (wrong !== undefined) {
      throw usage(
        `${subject}: ${JSON.stringify(wrong).slice(0, 80)} is not an action`,
        "write actions as service:Action, such as s3:GetObject",
      );
    }
    allows ||= Effect === "Allow";
  }
  if (!allows) {
    throw usage(`${subject} allows nothing`, "add a Statement with the Effect Allow");
  }
  return text;
}

const known: ReadonlySet<string> = new Set([
  ...["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction"],
  ...["Resource", "NotResource", "Condition"],
]);

/**
 * The most that a policy allows, for a person who decides about it: the actions, the widest first,
 * without resources and conditions, which only restrict it further. Never throws.
 */
export function mostAllowed(policy: string): string {
  const statements = readStatements(policy);
  if (!statements) return "unknown: athm cannot read it";
  const allowed = statements.filter(({ Effect }) => Effect === "Allow")
    .flatMap(({ Action, NotAction }): string[] =>
      Action === undefined
        ? [`everything except ${[NotAction].flat().join(", ")}`]
        : [Action].flat()
    );
  // What is cut off must not be the widest.
  const width = (action: string) =>
    action.startsWith("everything") ? -1 : `${action}*`.search(/[*?]/);
  return listed([...new Set(allowed)].sort((a, b) => width(a) - width(b)));
}

interface Statement {
  readonly Effect: "Allow" | "Deny";
  readonly Action?: string | string[];
  readonly NotAction?: string | string[];
}

/** Nothing if AWS could read the policy in another way. */
function readStatements(policy: string): readonly Statement[] | undefined {
  try {
    checkNamedPolicy(policy, "policy");
    if (repeatsNames(policy)) return undefined;
    const { Version: _, Id: __, Statement, ...others } = JSON.parse(policy);
    const statements: readonly Statement[] = [Statement].flat();
    const names = statements.flatMap((each) => Object.keys(each));
    return Object.keys(others).length || names.some((name) => !known.has(name))
      ? undefined
      : statements;
  } catch {
    return undefined;
  }
}

/** True if an object of this JSON text has two members of one name, of which `JSON.parse` keeps one. */
function repeatsNames(json: string): boolean {
  const written = json.match(/"(?:[^"\\]|\\.)*"\s*:?/g)?.filter((text) => text.endsWith(":"));
  let kept = -1; // for the whole value, which has no name
  JSON.parse(json, function (this: unknown, _, value) {
    if (!Array.isArray(this)) kept++;
    return value;
  });
  return kept !== (written ?? []).length;
}
