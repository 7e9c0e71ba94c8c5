import { parseRoleArn } from "../../../model/arn.ts";
import { parseDuration } from "../../../model/duration.ts";
import { checkDuration, checkExternalId, checkMfaSerial } from "../../../model/limits.ts";
import { regionPartition } from "../../../model/partitions.ts";
import type { Source } from "../../../model/profile.ts";
import { factsOf, sourceOf } from "../../../sources/all_sources.ts";
import type { Question } from "../../../line/question.ts";
import type { Values } from "../../../line/values.ts";

const hasRole = (values: Values) => values.has("role-arn");

export const settingQuestions: readonly Question[] = [
  {
    option: "role-arn",
    text: "ARN of a role to assume",
    optional: true,
    check: (answer) => parseRoleArn(answer, "the ARN"),
  },
  {
    option: "external-id",
    text: "External ID required by the role",
    optional: true,
    onlySuggested: true,
    when: hasRole,
    check: (answer) => checkExternalId(answer, "the external ID"),
  },
  {
    option: "duration",
    text: "Session duration",
    optional: true,
    onlySuggested: true,
    when: hasRole,
    check: (answer) =>
      checkDuration(parseDuration(answer, "the duration"), "AssumeRole", "the duration"),
  },
  {
    option: "mfa-serial",
    text: "ARN of an MFA device",
    optional: true,
    check: (answer) => checkMfaSerial(answer, "the ARN"),
  },
  {
    option: "region",
    text: "Region",
    optional: true,
    suggest: ({ system: { env } }) => env.get("AWS_REGION") || env.get("AWS_DEFAULT_REGION"),
    check: (answer) => regionPartition(answer, "the region"),
  },
];

export function questionsFor(source: Source): readonly Question[] {
  const { lasting } = factsOf(source);
  const { firstRole } = sourceOf(source);
  // Temporary credentials cannot use MFA.
  return settingQuestions.filter(({ option }) => option !== "mfa-serial" || lasting)
    .map((question) => {
      if (question.option !== "role-arn" || firstRole === undefined) return question;
      if (firstRole === "provider") {
        return { ...question, text: "ARN of a role to assume after the provider's own" };
      }
      const { optional: _, ...demanded } = question;
      return demanded;
    });
}
