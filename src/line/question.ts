import { Failure } from "../model/failure.ts";
import { looksSecret } from "../model/looks_secret.ts";
import { expanded } from "../system/home_folder.ts";
import type { System } from "../system/system.ts";
import type { Values } from "./values.ts";

export interface QuestionContext {
  readonly system: System;
  /** Answers suggested by the person's AWS files, by option. */
  readonly suggested: ReadonlyMap<string, string>;
  readonly profiles: readonly string[];
}

/** A prompt for the value of an option. */
export interface Question {
  readonly option: string;
  /** The prompt without the colon. */
  readonly text: string;
  readonly help?: string;
  /** Of a file: a leading `~/` is the home folder, as in a shell. */
  readonly isFile?: true;
  /** Enter alone skips it. */
  readonly optional?: true;
  /** Skip the prompt where the user picks from a list after signing in. */
  readonly picked?: true;
  /** Prompt only if there is a suggestion. */
  readonly onlySuggested?: true;
  readonly when?: (values: Values, asking: QuestionContext) => boolean | Promise<boolean>;
  /** The default if the AWS files suggest nothing. */
  readonly suggest?: (asking: QuestionContext) => string | undefined;
  /** @throws {Failure} with the reason if the answer is invalid */
  readonly check: (answer: string, asking: QuestionContext) => unknown | Promise<unknown>;
  /** Adds what the answer implies, so that athm does not prompt for it. */
  readonly implies?: (values: Values, system: System) => Promise<Values>;
}

/** People paste a key where athm asks for something else. */
const guard = { shows: (text: string) => !looksSecret(text) };

/** Prompts until the answer is valid. Enter accepts the default in brackets, a dash declines it. */
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
    const typed = (await terminal.ask(`${question.text}${none}${bracket}: `, guard)).trim();
    if (question.optional && (typed === "-" || (typed === "" && offered === undefined))) {
      return undefined;
    }
    if (looksSecret(typed)) {
      say("athm: this looks like a secret, which this prompt does not ask for");
      continue;
    }
    const answer = question.isFile && typed ? expanded(asking.system, typed) : typed || offered;
    if (answer === undefined) continue;
    const trouble = await troubleWith(answer, question, asking);
    if (!trouble) return answer;
    say(`athm: ${trouble.message}`);
    if (trouble.hint) say(`athm: hint: ${trouble.hint}`);
  }
}

/** Prompts for all options that were not given, and adds the answers as if typed. */
export async function askQuestions(
  questions: readonly Question[],
  values: Values,
  asking: QuestionContext,
): Promise<Values> {
  let all = values;
  for (const question of questions) {
    if (all.has(question.option) || await question.when?.(all, asking) === false) continue;
    const answer = await askQuestion(question, asking);
    if (answer === undefined) continue;
    all = all.with(question.option, answer);
    if (question.implies) all = await question.implies(all, asking.system);
  }
  return all;
}

/** Ignores a suggestion that is invalid or contains control characters. */
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
