import { Failure } from "../model/failure.ts";
import type { System } from "../system/system.ts";
import type { Values } from "./values.ts";

/** What questions are asked with. */
export interface QuestionContext {
  readonly system: Pick<System, "terminal" | "say" | "env">;
  /** Answers that the person's AWS files suggest, by option. */
  readonly suggested: ReadonlyMap<string, string>;
  /** Names of the profiles that there are. */
  readonly profiles: readonly string[];
}

/** A question for the value of an option, where a person is asked step by step. */
export interface Question {
  /** Without the dashes. */
  readonly option: string;
  /** What stands before the colon. */
  readonly text: string;
  /** A line that is said first, where one is needed. */
  readonly help?: string;
  /** Enter alone is an answer: none. */
  readonly optional?: true;
  /** Asked only where there is a suggestion. */
  readonly onlySuggested?: true;
  /** Only in these circumstances, by what was answered before. */
  readonly when?: (values: Values) => boolean;
  /** What Enter stands for where the AWS files suggest nothing. */
  readonly suggest?: (asking: QuestionContext) => string | undefined;
  /** @throws {Failure} with the reason when the answer is none */
  readonly check: (answer: string, asking: QuestionContext) => unknown | Promise<unknown>;
}

/**
 * The answer; one that is wrong is asked again with the reason. Enter takes what stands in brackets,
 * a dash declines it.
 *
 * @throws {Failure} `cancelled`
 */
export async function askQuestion(
  question: Question,
  asking: QuestionContext,
): Promise<string | undefined> {
  const { terminal, say } = asking.system;
  const offered = await offer(question, asking);
  if (offered === undefined && question.onlySuggested) return undefined;
  if (question.help) say(`athm: ${question.help}`);
  const none = question.optional ? offered ? ", - for none" : ", Enter for none" : "";
  const bracket = offered === undefined ? "" : ` [${offered}]`;
  for (;;) {
    const typed = (await terminal.ask(`${question.text}${none}${bracket}: `)).trim();
    if (question.optional && (typed === "-" || (typed === "" && offered === undefined))) {
      return undefined;
    }
    const answer = typed || offered;
    if (answer === undefined) continue;
    const trouble = await troubleWith(answer, question, asking);
    if (!trouble) return answer;
    say(`athm: ${trouble.message}`);
    if (trouble.hint) say(`athm: hint: ${trouble.hint}`);
  }
}

/** The answers to all questions whose option was not given, as if they had been on the line. */
export async function askQuestions(
  questions: readonly Question[],
  values: Values,
  asking: QuestionContext,
): Promise<Values> {
  let all = values;
  for (const question of questions) {
    if (all.has(question.option) || question.when?.(all) === false) continue;
    const answer = await askQuestion(question, asking);
    if (answer !== undefined) all = all.with(question.option, answer);
  }
  return all;
}

/** A suggestion that would be no answer, or holds what a terminal takes for orders, is none. */
async function offer(question: Question, asking: QuestionContext): Promise<string | undefined> {
  const offered = asking.suggested.get(question.option) ?? question.suggest?.(asking);
  const good = offered !== undefined && /^[\x20-\x7e]{1,2048}$/.test(offered) &&
    !await troubleWith(offered, question, asking);
  return good ? offered : undefined;
}

async function troubleWith(
  answer: string,
  question: Question,
  asking: QuestionContext,
): Promise<Failure | undefined> {
  try {
    await question.check(answer, asking);
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}
