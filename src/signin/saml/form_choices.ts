import { promptsDisabled } from "../../model/failure.ts";
import { execCommand, hint } from "../../model/hint.ts";
import { listed } from "../../model/listed.ts";
import type { SamlChoice } from "../../model/profile.ts";
import type { System } from "../../system/system.ts";
import type { FormOption } from "./html_controls.ts";
import { shown } from "./saml_response.ts";

/** Lets a person choose; returns the index of a label. @throws {Failure} `cancelled` */
export type Choose = (title: string, labels: readonly string[], start?: string) => Promise<number>;

/** A decision on a page. */
export interface FormQuestion<T extends FormOption> {
  readonly host: string;
  readonly title: string;
  readonly options: readonly T[];
  readonly start?: T | undefined;
  /** The option to use without a prompt. */
  readonly otherwise?: T | undefined;
  /** What must be unchanged for an earlier answer to apply, besides the options. */
  readonly about: readonly string[];
  /** Shows what has to be read before. */
  readonly show?: (() => Promise<void>) | undefined;
}

export interface FormChoices {
  /** The earlier choice, or the user's. @throws {Failure} `needs-person`, `cancelled` */
  pick<T extends FormOption>(question: FormQuestion<T>): Promise<T>;
  /** Whether an earlier answer was used. */
  readonly usedKept: boolean;
  /** The answers to keep, newest first. */
  kept(): readonly SamlChoice[];
}

/** Maximum number of kept answers, and of characters of a label on the screen. */
const most = { kept: 30, label: 80 };

export function newChoices(
  { terminal }: Pick<System, "terminal">,
  choose: Choose,
  before: readonly SamlChoice[],
): FormChoices {
  let kept = before;
  let usedKept = false;
  const met = new Set<string>();
  return {
    async pick({ host, title, options, start, otherwise, about, show }) {
      const labels = distinct(options.map(({ label }) => shown(label, most.label)));
      const question = await digest([host, ...about, ...labels]);
      // If a page asks again, it did not accept the answer.
      const isNew = !met.has(question);
      met.add(question);
      const answer = kept.find((each) => each.question === question)?.answer;
      const taken = isNew ? options[labels.indexOf(answer ?? "")] : undefined;
      if (taken) {
        usedKept = true;
        return taken;
      }
      if (!terminal.canAsk) {
        if (otherwise) return otherwise;
        throw promptsDisabled(
          `${host} requires a decision (${listed(labels.map((each) => JSON.stringify(each)), 5)})`,
          hint`run ${execCommand} on a terminal to decide, or sign in with --saml-via browser`,
        );
      }
      await show?.();
      const marked = answer ?? (start && labels[options.indexOf(start)]);
      const at = await choose(`${shown(title, most.label)} (${host}):`, labels, marked);
      const chosen = options[at];
      if (!chosen) throw new Error("an option was chosen that was not offered");
      const others = kept.filter((each) => each.question !== question);
      kept = [{ question, answer: labels[at] ?? "" }, ...others].slice(0, most.kept);
      return chosen;
    },
    get usedKept() {
      return usedKept;
    },
    kept: () => kept,
  };
}

/** Distinguishes options with the same label, such as two phones. */
function distinct(labels: readonly string[]): string[] {
  const found = new Set<string>();
  const counts = new Map<string, number>();
  for (const label of labels) {
    let count = counts.get(label) ?? 1;
    let unique = label;
    while (found.has(unique)) unique = `${label} (${++count})`;
    counts.set(label, count);
    found.add(unique);
  }
  return [...found];
}

/** Recognizes a question without keeping the page's text. */
async function digest(parts: readonly string[]): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(parts));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex().slice(0, 32);
}
