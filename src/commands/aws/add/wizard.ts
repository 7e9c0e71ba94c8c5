import { Failure } from "../../../model/failure.ts";
import type { Source } from "../../../model/profile.ts";
import { askQuestions, type QuestionContext } from "../../../line/question.ts";
import type { Values } from "../../../line/values.ts";
import { picked, type Picking } from "../../../session/picking.ts";
import type { SourceKind } from "../../../sources/source.ts";
import { sources } from "../../../sources/all_sources.ts";
import { keyGuard } from "../../../sources/key_input.ts";
import { folded } from "../../../screen/fold.ts";
import type { System } from "../../../system/system.ts";
import { quoteSh } from "../../../formats/shell.ts";
import { questionsFor } from "./questions.ts";
import { fitting, type Suggestions, suggestionsFor } from "./suggestions.ts";

export interface Answered {
  readonly kind: SourceKind;
  readonly source: Source;
  readonly values: Values;
}

/**
 * Prompts step by step. Skips what the command line sets.
 * @param picking how to pick from the source's list; absent with `--no-login`
 * @throws {Failure} `cancelled`
 */
export async function askStepByStep(
  name: string,
  line: Values,
  system: System,
  profiles: readonly string[],
  picking?: Picking,
): Promise<Answered> {
  const suggestions = await suggestionsFor(system, name).catch((error) => {
    if (!(error instanceof Failure)) throw error;
    system.say(`athm: note: ignoring the AWS files: ${error.message}`);
    return { answers: new Map() } as Suggestions;
  });
  const asking: QuestionContext = { system, suggested: suggestions.answers, profiles };
  const offered = sources.filter((each) => each.offered?.(profiles) ?? true);
  const { kind, typed } = await askKind(name, system, offered, suggestions.kind);
  const prompts = kind.questions?.filter((each) => !(each.picked && picking)) ?? [];
  const answers = await askQuestions(prompts, line, asking);
  const offering = picking && { ...picking, suggested: suggestions.answers };
  const first = offering ? await picked(kind, answers, system, offering) : answers;
  const source = await kind.settle(first, system, typed);
  // Starting with a key is the shortcut: skip the other prompts.
  if (typed !== undefined) return { kind, source, values: first };
  const values = await askQuestions(questionsFor(source), first, {
    ...asking,
    suggested: fitting(suggestions, source),
  });
  system.say(`athm: the same without prompts: ${shortcut(name, kind, values)}`);
  return { kind, source, values };
}

/** Chosen by number or name; an access key is accepted too, in any form. */
async function askKind(
  name: string,
  { terminal, say }: System,
  offered: readonly SourceKind[],
  suggested: string | undefined,
): Promise<{ kind: SourceKind; typed?: string }> {
  const preset = Math.max(0, offered.findIndex(({ kind }) => kind === suggested));
  const width = Math.max(...offered.map(({ kind }) => kind.length));
  const columns = terminal.size()?.columns ?? Infinity;
  const indent = " ".repeat(columns < 60 ? 5 : width + 7);
  const question = `athm: where do the first credentials of ${name} come from?`;
  say(folded(question, columns, columns).join("\n"));
  for (const [index, { kind, help }] of offered.entries()) {
    const line = `  ${index + 1}  ${kind.padEnd(width)}  ${help}`;
    say(folded(line, columns, columns - indent.length).join(`\n${indent}`));
  }
  for (;;) {
    const typed = (await terminal.ask(`Number, or paste an access key [${preset + 1}]: `, keyGuard))
      .trim();
    const found = typed === ""
      ? offered[preset]
      : offered.find(({ kind }, index) => typed === String(index + 1) || typed === kind);
    if (found) return { kind: found };
    for (const kind of offered) {
      if (await kind.answeredBy?.(typed)) return { kind, typed };
    }
    say(`athm: enter a number from 1 to ${offered.length}`);
  }
}

/** The equivalent command line, without keys, to keep or paste. */
function shortcut(name: string, kind: SourceKind, values: Values): string {
  const chosen = kind.chosenBy.filter((option) => values.has(option));
  const switched = chosen.length ? undefined : kind.chosenBy.at(-1);
  // A code is valid only once.
  const lasting = values.given.filter((option) => option !== "mfa-code");
  const words = lasting.flatMap((option) =>
    values.all(option).flatMap((value) => value === "" ? [`--${option}`] : [`--${option}`, value])
  );
  const all = ["athm", "aws", "add", name, ...switched ? [`--${switched}`] : [], ...words];
  return all.map((word) => /^[\w@%+=:,./~-]+$/.test(word) ? word : quoteSh(word)).join(" ");
}
